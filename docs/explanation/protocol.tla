------------------------------ MODULE protocol ------------------------------
(* How Kafka arbitrates between the processes that want to own one shard.     *)
(*                                                                            *)
(* Each action is a step of application/log/shard.py or of the network, and    *)
(* the invariants are what the shard promises. `Without` names rules that are *)
(* taken away, to see that each is needed: tests/eventlog/test_protocol.py    *)
(* lets TLC explore every state within small bounds, with each rule missing   *)
(* in turn, and with none.                                                    *)

EXTENDS Naturals, Sequences, FiniteSets, TLC

CONSTANTS
    Processes,  \* who wants to own the shard
    Commands,   \* command ids; each command appends one event
    Epochs,     \* how many epochs there may be
    Records,    \* how many records the log may hold
    Lives,      \* how often a process may start
    Looks,      \* how many confirmed looks there may be
    Faults,     \* what may happen besides: "errors", "releases"
    Without     \* the rules that are taken away

VARIABLES
    log,       \* what is committed: every reader sees a prefix of it, and it only grows
    folds,     \* the fold of the first 0, 1, 2 … records of the log
    wire,      \* what was sent: it may arrive at any time, in any order, repeatedly, or never
    process,   \* what each process knows
    answered,  \* the commands that were answered with success
    looks,     \* how many confirmed looks there were
    broken     \* the promises that were broken, of which there should be none

vars == <<log, folds, wire, process, answered, looks, broken>>

Has(rule) == rule \notin Without
Range(s) == {s[i] : i \in 1..Len(s)}
IsPrefix(s, t) == Len(s) <= Len(t) /\ \A i \in 1..Len(s) : s[i] = t[i]
Least(S) == CHOOSE i \in S : \A j \in S : i <= j

-----------------------------------------------------------------------------
(* The gate, and the fold that it guards. *)

Empty == [epoch |-> 0, owner |-> <<>>, commands |-> <<>>]

Accepts(fold, r) ==
    IF r.kind = "claim"
    THEN r.epoch > fold.epoch \/ ~Has("a claim needs a higher epoch")
    ELSE /\ r.epoch = fold.epoch \/ ~Has("a commit needs the epoch of the claim")
         /\ r.owner = fold.owner \/ ~Has("a commit needs the owner of the claim")
         /\ r.seq = Len(fold.commands) \/ ~Has("a commit needs the next sequence number")

Fold(fold, r) ==
    IF ~Accepts(fold, r) THEN fold
    ELSE CASE r.kind = "claim" -> [fold EXCEPT !.epoch = r.epoch, !.owner = r.owner]
           [] r.kind = "commit" -> [fold EXCEPT !.commands = Append(@, r.command)]
           [] r.kind = "empty" -> fold

Truth == folds[Len(folds)]

-----------------------------------------------------------------------------
(* A process. While it follows, it is of no interest what it has read: it may *)
(* have read any part of the log by the time it claims.                       *)

Follower(life, claimed) ==
    [role |-> "follower", life |-> life, claimed |-> claimed]

(* With the first n records read; `memory` is the fold that it decides on. *)
Owner(me, n) ==
    [ role |-> "owner", life |-> me.life, claimed |-> me.claimed,
      read |-> n, memory |-> folds[n + 1].commands, next |-> Len(folds[n + 1].commands),
      flight |-> <<>> ]

Name(p) == <<p, process[p].life>>
Epoch(p) == process[p].claimed
Decides(p) == process[p].role = "owner"
Reads(p) == process[p].role \in {"owner", "released", "claims again"}

Init ==
    /\ log = <<>>
    /\ folds = <<Empty>>
    /\ wire = {}
    /\ process = [p \in Processes |-> Follower(1, 0)]
    /\ answered = {}
    /\ looks = 0
    /\ broken = {}

Become(p, me) == process' = [process EXCEPT ![p] = me]
StartedOver(p) == Follower(process[p].life, process[p].claimed)

-----------------------------------------------------------------------------
(* Taking and losing the shard *)

(* The epoch after one that it has read of; to be misled about the end is allowed. *)
MayClaim(p, epoch) ==
    /\ epoch <= Epochs
    /\ epoch \in {folds[n].epoch + 1 : n \in 1..Len(folds)} \cup {Epoch(p) + 1}
    /\ epoch > Epoch(p) \/ ~Has("nobody claims an epoch twice")

Claim(p, epoch) ==
    LET me == [process[p] EXCEPT !.claimed = epoch]
    IN  /\ \/ /\ me.role = "follower"
              /\ \/ Become(p, [me EXCEPT !.role = "candidate"])
                 \/ /\ ~Has("an owner has read its claim back")
                    /\ \E n \in 1..Len(folds) : Become(p, Owner(me, n - 1))
           \/ /\ me.role = "released"
              /\ ~Has("who claims has nothing in flight")
              /\ Become(p, [me EXCEPT !.role = "claims again"])
        /\ MayClaim(p, epoch)
        /\ wire' = wire \cup {[kind |-> "claim", epoch |-> epoch, owner |-> Name(p)]}
        /\ UNCHANGED <<log, folds, answered, looks, broken>>

(* Its claim has come back accepted, so it has folded all that came before. *)
TakeOver(p) ==
    LET own == {n \in 1..Len(log) : /\ log[n].kind = "claim" /\ log[n].owner = Name(p)
                                    /\ log[n].epoch = Epoch(p) /\ Accepts(folds[n], log[n])}
    IN  /\ process[p].role = "candidate"
        /\ own # {}
        /\ Become(p, Owner(process[p], Least(own)))
        /\ UNCHANGED <<log, folds, wire, answered, looks, broken>>

(* Told to let go, it goes on reading for those who wait. *)
Release(p) ==
    /\ "releases" \in Faults
    /\ Decides(p)
    /\ Become(p, IF process[p].flight = <<>> THEN StartedOver(p)
                 ELSE [process[p] EXCEPT !.role = "released"])
    /\ UNCHANGED <<log, folds, wire, answered, looks, broken>>

(* Kafka reports an error for a record, which may be in the log all the same. *)
(* So a candidate whose claim came too late may follow again.                 *)
Fail(p) ==
    /\ "errors" \in Faults
    /\ process[p].role = "candidate" \/ (Reads(p) /\ process[p].flight # <<>>)
    /\ Become(p, StartedOver(p))
    /\ UNCHANGED <<log, folds, wire, answered, looks, broken>>

Crash(p) ==
    /\ process[p].life < Lives
    /\ Become(p, Follower(process[p].life + 1, 0))
    /\ UNCHANGED <<log, folds, wire, answered, looks, broken>>

-----------------------------------------------------------------------------
(* Deciding *)

Send(p, me, r, before) ==
    /\ wire' = wire \cup {r}
    /\ Become(p, [me EXCEPT !.flight = Append(@, [record |-> r, before |-> before])])

Decide(p, command) ==
    LET me == process[p]
        commit == [ kind |-> "commit", epoch |-> Epoch(p), owner |-> Name(p), seq |-> me.next,
                    command |-> command, decidedOn |-> me.memory ]
    IN  /\ Decides(p)
        /\ command \notin Range(me.memory) \/ ~Has("command ids are remembered")
        /\ Send(p, [me EXCEPT !.memory = Append(@, command), !.next = @ + 1], commit, {})
        /\ answered' = IF Has("a success is answered after the read-back") THEN answered
                       ELSE answered \cup {command}
        /\ UNCHANGED <<log, folds, looks, broken>>

Stale(before, memory) ==
    IF before \subseteq Range(memory) THEN {} ELSE {"a confirmed look was stale"}

Look(p) ==
    LET me == process[p]
        empty == [ kind |-> "empty", epoch |-> Epoch(p), owner |-> Name(p), seq |-> me.next,
                   number |-> IF Has("no empty commit is like another") THEN looks ELSE 0 ]
    IN  /\ Decides(p)
        /\ looks < Looks
        /\ looks' = looks + 1
        /\ IF Has("a confirmed answer waits for an empty commit")
           THEN Send(p, me, empty, answered) /\ UNCHANGED broken
           ELSE broken' = broken \cup Stale(answered, me.memory) /\ UNCHANGED <<wire, process>>
        /\ UNCHANGED <<log, folds, answered>>

-----------------------------------------------------------------------------
(* Reading: only a claim that is accepted, or a record of its own, matters. *)

Own(p, r) == r.owner = Name(p) /\ r.epoch = Epoch(p)

Matters(p, n) == (log[n].kind = "claim" /\ Accepts(folds[n], log[n])) \/ Own(p, log[n])

ReadBack(p, me, r) ==
    /\ Become(p, IF me.role = "released" /\ Len(me.flight) = 1 THEN StartedOver(p)
                 ELSE [me EXCEPT !.flight = Tail(@)])
    /\ answered' = IF r.kind = "commit" THEN answered \cup {r.command} ELSE answered
    /\ broken' = broken \cup Stale(Head(me.flight).before, me.memory)

AfterClaim(p, me, r, ok) ==
    CASE ~ok -> me
      [] ok /\ Own(p, r) /\ me.role = "claims again"
           -> [me EXCEPT !.role = "owner", !.next = Len(folds[me.read + 1].commands)]
      [] ok /\ Own(p, r) -> me
      [] ok /\ ~Own(p, r) ->
           IF Has("who reads a newer claim owns no more") THEN StartedOver(p) ELSE me

Read(p) ==
    LET ahead == {n \in (process[p].read + 1)..Len(log) : Matters(p, n)}
        n == Least(ahead)
        r == log[n]
        me == [process[p] EXCEPT !.read = n]
        ok == Accepts(folds[n], r)
    IN  /\ Reads(p)
        /\ ahead # {}
        /\ IF me.flight # <<>> /\ Head(me.flight).record = r /\ ok
           THEN ReadBack(p, me, r)
           ELSE /\ Become(p, IF r.kind = "claim" THEN AfterClaim(p, me, r, ok) ELSE StartedOver(p))
                /\ UNCHANGED <<answered, broken>>
        /\ UNCHANGED <<log, folds, wire, looks>>

-----------------------------------------------------------------------------
(* The log *)

Arrive(r) ==
    LET happens == Accepts(Truth, r) /\ r.kind = "commit"
        if(problem, name) == IF happens /\ problem THEN {name} ELSE {}
    IN  /\ Len(log) < Records
        /\ log' = Append(log, r)
        /\ folds' = Append(folds, Fold(Truth, r))
        /\ broken' = IF ~happens THEN broken ELSE broken
               \cup if(r.decidedOn # Truth.commands, "a commit was decided on another fold")
               \cup if(r.command \in Range(Truth.commands), "a command happened twice")
        /\ UNCHANGED <<wire, process, answered, looks>>

Step ==
    \/ \E p \in Processes :
        \/ TakeOver(p) \/ Release(p) \/ Fail(p) \/ Crash(p) \/ Look(p) \/ Read(p)
        \/ \E epoch \in 1..Epochs : Claim(p, epoch)
        \/ \E command \in Commands : Decide(p, command)
    \/ \E r \in wire : Arrive(r)

Spec == Init /\ [][Step]_vars

-----------------------------------------------------------------------------
(* What is promised *)

NothingIsBroken == broken = {}

WhatWasAnsweredHappened == answered \subseteq Range(Truth.commands)

(* An owner answers looks and repeats from memory once nothing is in flight. *)
AnswersFromMemory(p) ==
    /\ Decides(p)
    /\ process[p].flight = <<>> \/ ~Has("an answer without events waits for what is in flight")

WhatIsSeenHappened ==
    \A p \in Processes : AnswersFromMemory(p) => IsPrefix(process[p].memory, Truth.commands)

WhatIsSeenIsFreshUntilTheShardIsTaken ==
    \A p \in Processes :
        AnswersFromMemory(p) /\ Truth.owner = Name(p) /\ Truth.epoch = Epoch(p)
            => answered \subseteq Range(process[p].memory)

WhoAnswersKnowsOfNoOtherOwner ==
    \A p \in Processes :
        AnswersFromMemory(p) => folds[process[p].read + 1].owner = Name(p)

Symmetry == Permutations(Processes) \cup Permutations(Commands)
=============================================================================
