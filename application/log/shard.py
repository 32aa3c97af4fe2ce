"""One shard: the partition of a log topic that this process owns, or wants to own.

Nothing here does I/O, reads a clock or knows of asyncio: records go out through `append` and come
back through `receive`, time comes in with every call. The same code therefore runs against
Kafka and against simulated logs and networks.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from application.log.answers import Answers, FirstAnswer
from application.log.deadlines import Deadlines
from application.log.fold import CannotFold, Evicted, Fold, SoleAggregate
from application.log.gate import Gate
from application.log.in_flight import InFlight, Sent
from application.log.pending import (
    Absent,
    BringBack,
    PendingCommand,
    nobody_brings_back,
    nothing_is_evicted,
)
from application.log.records import Claim, Codec, Commit, MalformedRecord
from application.log.snapshots.records import StoredCheckpoint
from application.ports.commands import Answer, Done, Envelope, NotOwned, Unavailable, Verdict
from domain.aggregate import Aggregate, Command, Reply
from domain.category import Category
from domain.events import DomainEvent, Metadata, Position
from domain.refusals import Refusal

MOST_IN_FLIGHT = 4_000
"""Commits a shard may have on their way. Beyond it callers are asked to come back, so that a
stalled broker costs refusals and not memory."""

READ_BACK_TIMEOUT_S = 0.8
"""Seconds a command may wait for its read-back before it is answered `Unavailable`."""


class Role(Enum):
    """What this process is to the shard."""

    FOLLOWER = "follower"
    CANDIDATE = "candidate"
    OWNER = "owner"


class IdempotencyKeyReused(Refusal, type="idempotency-key-reused", status=422):
    """A command id came back with a different request."""


class Shard:
    """Decides the commands of one shard, and folds what the gate accepts of its records.

    `append(key, value)` sends a record to the shard's end; `restart()` makes the records come
    again from the beginning, or from where `resume` says then, after which `receive` sees each of
    them in order; `publish` gets each accepted commit once. `absent` is told of commands for
    aggregates that were evicted, and `wanted` of those that are to be brought back, for the
    deadlines that they may have. A shard with a `sole` aggregate never restarts.

    Guarantee (docs/explanation/the-log.md): the accepted commits form one dense sequence, each
    decided on exactly the fold of those before it, and every command answered with success is in
    it, once.
    """

    def __init__(
        self,
        category: Category,
        partition: int,
        *,
        owner: str,
        url: str,
        append: Callable[[str, bytes], None],
        restart: Callable[[], None],
        publish: Callable[[Commit[DomainEvent]], None],
        absent: Absent = nothing_is_evicted,
        wanted: BringBack = nobody_brings_back,
        sole: SoleAggregate | None = None,
    ) -> None:
        self.topic = category.topic
        self.partition = partition
        self.owner = owner
        self.url = url
        self._category = category
        self._codec = Codec(category)
        self.broken: str | None = None
        self._append = append
        self._restart = restart
        self._publish = publish
        self._absent = absent
        self._wanted = wanted
        self._sole = sole
        self.mistrusts_snapshots = False
        self._published = -1
        self._claimed = 0
        self._confirmations = 0
        self._forget()

    def _forget(self) -> None:
        self.role = Role.FOLLOWER
        self.gate = Gate()
        self.owner_url = ""
        self.next_offset = 0
        self._epoch = 0
        self._next_seq = 0
        self._begin_with(Fold(self._category, self._sole))
        self._answers = Answers()
        self._in_flight = InFlight()
        self._deadlines = Deadlines()

    def resume(self, checkpoint: StoredCheckpoint, fold: Fold) -> None:
        """Begin at a checkpoint, and not at the beginning; before anything has been received."""
        self.gate = Gate(checkpoint.epoch, checkpoint.owner, checkpoint.next_seq)
        self.owner_url = checkpoint.url
        self.next_offset = checkpoint.offset
        self._begin_with(fold)

    def _begin_with(self, fold: Fold) -> None:
        self.fold = fold
        fold.wanted = self._wanted

    # -- taking and losing the shard ------------------------------------------------------------

    def claim(self) -> None:
        """Try to take the shard. To be called once everything up to its end has been received.

        No epoch is claimed twice, not even by who was misled about the end and has not read its
        own earlier claim again: the fold up to that one is not complete.
        """
        if self._in_flight:
            # Released, and then wanted again, while a commit is lost: it must not be built on.
            self.start_over("an earlier commit of this process has not come back")
            return
        if self.fold.doubt:
            self.mistrust(self.fold.doubt)
            return
        self.role = Role.CANDIDATE
        self._epoch = self._claimed = max(self.gate.epoch, self._claimed) + 1
        self._append(
            "", self._codec.encode(Claim(epoch=self._epoch, owner=self.owner, url=self.url))
        )

    def release(self) -> None:
        """Decide nothing new, so that another process can take the shard.

        What is in flight is still answered, and the fold goes on.
        """
        if self.role is Role.OWNER:
            self._step_down()

    def _step_down(self) -> None:
        self.role = Role.FOLLOWER
        self._deadlines = Deadlines()

    def start_over(self, reason: str) -> None:
        """Follow again, from the beginning: what is in flight is answered `Unavailable`."""
        in_flight = self._in_flight
        if self._sole is None:
            self._forget()
        else:
            self._roll_back(self._sole)
        in_flight.give_up(NotOwned, f"The shard is changing hands: {reason}.")
        if self._sole is None:
            self._restart()

    def _roll_back(self, sole: SoleAggregate) -> None:
        """Go on from where it is, without what is in flight."""
        for sent in self._in_flight:
            self._answers.forget(sent.record.command_id)
        self._in_flight = InFlight()
        self._step_down()
        sole.forget()

    @property
    def busy(self) -> bool:
        """Whether something is on its way through the log."""
        return bool(self._in_flight) or self.role is Role.CANDIDATE

    @property
    def in_flight(self) -> int:
        """How many commits are on their way."""
        return len(self._in_flight)

    # -- reading --------------------------------------------------------------------------------

    def receive(self, offset: int, value: bytes | None) -> None:
        """Take the next record of the shard, in the order of the log."""
        self.next_offset = offset + 1
        if self.broken:
            return
        if self._in_flight and self._in_flight[0].value == value:
            self._receive_own(self._in_flight[0].record)
            return
        try:
            record = self._codec.decode(value)
        except MalformedRecord:
            self.gate.refuse("malformed")
            return
        if isinstance(record, Claim):
            self._receive_claim(record)
        else:
            self._receive_commit(record)

    def _receive_own(self, record: Commit[DomainEvent]) -> None:
        """The record is, byte for byte, what was sent: nothing to decode, nothing to fold."""
        if not self.gate.commit(record.epoch, record.owner, record.seq, len(record.events)):
            self.start_over("a commit of this process was refused")
            return
        if record.events:
            self._tell(record)
        self._in_flight.arrived()

    def _receive_claim(self, claim: Claim) -> None:
        accepted = self.gate.claim(claim.epoch, claim.owner)
        if accepted:
            self.owner_url = claim.url
        ours = claim.owner == self.owner and claim.epoch == self._epoch
        if accepted and self.role is Role.CANDIDATE and ours:
            self._take_over()
        elif accepted and self._in_flight:
            # What is in flight is in the fold already, and will be refused.
            self.start_over(f"{claim.owner} has taken it")
        elif accepted and self.role is Role.OWNER:
            self._step_down()
        elif self.role is Role.CANDIDATE and self.gate.epoch >= self._epoch:
            self.role = Role.FOLLOWER

    def _receive_commit(self, commit: Any) -> None:
        accepted = self.gate.commit(commit.epoch, commit.owner, commit.seq, len(commit.events))
        ours = commit.epoch == self._epoch and commit.owner == self.owner
        if ours and (self._in_flight or self.role is Role.OWNER):
            self.start_over("a commit of this process came back out of order")
            accepted = accepted and self._sole is not None  # or else it is read again
        if accepted and commit.events:
            self._take(commit)

    def _take(self, commit: Any) -> None:
        try:
            self.fold.take(commit.events)
        except CannotFold as error:
            if self.fold.restored:
                self.mistrust(str(error))
                return
            # Serve the shard no longer: what would be decided on half a fold is worth nothing.
            self.broken = f"{self.topic}/{self.partition} holds {error}. Run a version that can."
            return
        self._answers.follow(commit)
        if commit.seq > self._published:
            self._tell(commit)

    def mistrust(self, reason: str) -> None:
        """Fold the log from its beginning, as the snapshots are not what it says."""
        self.mistrusts_snapshots = True
        self.start_over(reason)

    def _tell(self, commit: Commit[DomainEvent]) -> None:
        """Publish an accepted commit; once, also when the shard is read again."""
        self._published = commit.seq
        self._publish(commit)

    def _take_over(self) -> None:
        """The claim has come back accepted, so the fold up to here is complete."""
        self.role = Role.OWNER
        self._next_seq = self.gate.next_seq
        self._answers.know_ids()  # now, and not while the first command waits
        for aggregate in self.fold:
            self._deadlines.schedule(aggregate)
        if self.fold.unfolded:
            self._wanted(self.fold.unfolded)

    def bring_back(self, aggregate: Aggregate) -> None:
        """Have an aggregate in memory that was evicted; it is as its snapshot has it."""
        self.fold.bring_back(aggregate)
        if self.role is Role.OWNER:
            self._deadlines.schedule(aggregate)

    # -- deciding -------------------------------------------------------------------------------

    def execute(
        self,
        envelope: Envelope,
        done: Done,
        *,
        now: datetime,
        monotonic: float,
        looked: bool = False,
    ) -> None:
        """Decide a command; `done` is called exactly once, as soon as the verdict is certain.

        `looked` is for who has looked at the snapshots that `absent` was told of.
        """
        if problem := self._not_now(monotonic):
            done(problem)
        elif (seen := self._answers.first(envelope.command_id)) is not None:
            self._repeat(seen, PendingCommand(envelope, done))
        else:
            pending = PendingCommand(envelope, done)
            self._decide(pending, self.fold.advance(now), monotonic, looked)

    def _not_now(self, monotonic: float) -> Unavailable | None:
        if self.broken:
            return Unavailable(self.broken)
        if self.role is not Role.OWNER:
            return NotOwned(f"{self.topic}/{self.partition} is being taken over.")
        if self._in_flight.late(monotonic, READ_BACK_TIMEOUT_S):
            return Unavailable("Kafka has not confirmed earlier commands yet.")
        if len(self._in_flight) >= MOST_IN_FLIGHT:
            return Unavailable(f"{MOST_IN_FLIGHT} commands are already waiting for Kafka.")
        return None

    def _decide(
        self, pending: PendingCommand, now: datetime, monotonic: float, looked: bool
    ) -> None:
        command = pending.envelope.command
        try:
            aggregate = self.fold.aggregate_for(command, looked=looked)
            reply = self._reply_of(aggregate, command, now)
        except Evicted as evicted:
            self._absent(pending, evicted.offsets, monotonic)
            return
        except Refusal as refusal:
            self._answer_without_events(pending, refusal, monotonic)
            return
        events = aggregate.collect_events()
        if not events:
            answer = Answer(self._position(self._next_seq - 1), reply)
            self._answer_without_events(pending, answer, monotonic)
            return
        self.fold.keep(aggregate)
        self._deadlines.schedule(aggregate)
        envelope = pending.envelope
        commit = self._commit(envelope.command_id, envelope.metadata, events, reply, monotonic)
        commit.waiting.append((pending.done, Answer(self._position(self._next_seq - 1), reply)))

    def _reply_of(self, aggregate: Aggregate, command: Command, now: datetime) -> Reply:
        try:
            return aggregate.decide(command, now)
        except Refusal:
            raise
        except Exception:
            # If it had got as far as an event, memory is ahead of the log.
            if aggregate.collect_events():
                self.start_over("a decision broke off half-way")
            raise

    def _commit(
        self,
        command_id: str,
        metadata: Metadata,
        events: Sequence[DomainEvent],
        reply: Any,
        monotonic: float,
    ) -> Sent:
        record: Commit[DomainEvent] = Commit(
            epoch=self._epoch,
            owner=self.owner,
            seq=self._next_seq,
            command_id=command_id,
            metadata=metadata,
            events=events,
            reply=reply,
        )
        value = self._codec.encode(record)
        commit = Sent(record, value, monotonic)
        self._in_flight.append(commit)
        self._next_seq += len(events)
        if events:
            self._answers.remember(record)
        self._append(events[0].originator_id if events else "", value)
        return commit

    def _answer_without_events(
        self, pending: PendingCommand, verdict: Verdict, monotonic: float
    ) -> None:
        """A verdict that adds nothing is certain once all it was decided on has come back."""
        if pending.envelope.command.confirmed:
            # Unlike any before it, as the copy of an older one would prove nothing.
            self._confirmations += 1
            empty = f"confirmation/{self._confirmations}"
            self._commit(empty, Metadata(), (), None, monotonic)
        self._in_flight.answer(pending.done, verdict)

    def _repeat(self, seen: FirstAnswer, pending: PendingCommand) -> None:
        envelope = pending.envelope
        verdict: Verdict = Answer(self._position(seen.seq), seen.reply, repeated=True)
        if seen.fingerprint != envelope.metadata.fingerprint:
            verdict = IdempotencyKeyReused(
                f"The idempotency key of {envelope.command_id!r} was used for a different request; "
                "use a new key for a new request."
            )
        self._in_flight.answer(pending.done, verdict)

    def _position(self, seq: int) -> Position:
        return Position(self.topic, self.partition, seq)

    # -- time -----------------------------------------------------------------------------------

    def tick(self, now: datetime, monotonic: float) -> None:
        """Issue the commands that are due, and stop keeping people waiting for a silent log."""
        if self._in_flight.late(monotonic, READ_BACK_TIMEOUT_S):
            self._in_flight.give_up(Unavailable, "Kafka has not confirmed the command in time.")
        if self.role is Role.OWNER and self._deadlines.are_due(now):
            self._fire_deadlines(now, monotonic)

    def _fire_deadlines(self, now: datetime, monotonic: float) -> None:
        if self._not_now(monotonic):
            return
        for id in self._deadlines.due(now):
            aggregate = self.fold.get(id)
            if aggregate is None:
                continue  # it was finished, and evicted
            if aggregate.deadline is not None and aggregate.deadline <= now:
                self._fire(aggregate, now, monotonic)
            else:
                self._deadlines.schedule(aggregate)
            if self._not_now(monotonic):
                return

    def _fire(self, aggregate: Aggregate, now: datetime, monotonic: float) -> None:
        envelope = Envelope(
            command_id=f"deadline/{aggregate.id}/{aggregate.version}",
            command=aggregate.on_deadline(),
            metadata=Metadata(actor="deadline"),
        )
        self.execute(envelope, _ignore, now=now, monotonic=monotonic)


def _ignore(verdict: Verdict) -> None:
    """Nobody waits for a deadline's command; its events are in the log."""
