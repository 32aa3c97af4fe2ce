"""Aggregates that have come to their end leave memory, and come back for a command."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from application.log.pending import PendingCommand
from application.log.shard import Shard
from application.log.snapshots.evictions import LOOKUP_TIMEOUT_S, Evictions
from application.log.snapshots.records import Found, SnapshotCodec, final_key
from application.ports.commands import Answer, Envelope, Unavailable
from domain.aggregate import Command
from domain.compact import CompactIndex
from tests.eventlog.counter import Total
from tests.eventlog.tally import TALLIES, Add, Close, IsClosed, Tally
from tests.given import T0


@dataclass
class Owner:
    """An owner of a shard of tallies, whose snapshots are read when told to."""

    log: list[bytes] = field(default_factory=list)
    topic: list[tuple[str, bytes]] = field(default_factory=list)
    fetches: list[tuple[str, int]] = field(default_factory=list)
    outcomes: list[Any] = field(default_factory=list)
    monotonic: float = 0.0

    def __post_init__(self) -> None:
        self.sent: list[bytes] = []
        self.shard = Shard(
            TALLIES,
            0,
            owner="owner",
            url="",
            append=lambda key, value: self.sent.append(value),
            restart=lambda: self.evictions.drop("The shard is changing hands."),
            publish=lambda commit: None,
            absent=self.absent,
        )
        self.evictions = Evictions(TALLIES, self.shard, lambda *asked: self.fetches.append(asked))
        self.shard.claim()
        self.deliver()

    def absent(self, pending: PendingCommand, offsets: Sequence[int], monotonic: float) -> None:
        self.evictions.wait(pending, offsets, monotonic)

    def deliver(self) -> None:
        while self.sent:
            self.log.append(self.sent.pop(0))
            self.shard.receive(len(self.log) - 1, self.log[-1])

    def ask(self, command: Command, command_id: str = "") -> list[Any]:
        """Ask, and give the list that the outcome will be in."""
        outcomes: list[Any] = []
        self.shard.execute(
            Envelope(
                command_id=command_id or f"command-{len(self.log)}-{len(self.outcomes)}",
                command=command,
            ),
            outcomes.append,
            now=T0,
            monotonic=self.monotonic,
        )
        self.deliver()
        self.outcomes.append(outcomes)
        return outcomes

    def closed(self, id: str, *, times: int = 3) -> "Owner":
        """A tally that was counted in and closed."""
        for _ in range(times):
            self.ask(Add(tally=id))
        self.ask(Close(tally=id))
        return self

    def snapshot(self, id: str) -> "Owner":
        """Let the final snapshot be written and read."""
        tally = self.shard.fold.get(id)
        assert tally is not None
        value = SnapshotCodec(TALLIES).encode(tally, self.shard.gate.next_seq)
        self.topic.append((final_key(id), value))
        self.evictions.put(len(self.topic) - 1, final_key(id), value)
        return self

    def tick(self) -> "Owner":
        self.evictions.tick(self.monotonic)
        return self

    def evicted(self, id: str = "x") -> "Owner":
        self.closed(id).snapshot(id).tick()
        assert self.shard.fold.get(id) is None
        return self

    def read(self, found: Found | str | None = "what is there") -> None:
        """Answer the oldest question for a record."""
        id, offset = self.fetches.pop(0)
        there = Found(*self.topic[offset]) if isinstance(found, str) else found
        self.evictions.fetched(id, offset, there, now=T0, monotonic=self.monotonic)


def test_a_finished_aggregate_stays_until_its_snapshot_has_been_seen() -> None:
    owner = Owner().closed("x").tick()
    assert owner.shard.fold.get("x") is not None
    owner.snapshot("x").tick()
    assert owner.shard.fold.get("x") is None


def test_a_snapshot_of_what_has_not_been_read_yet_evicts_later() -> None:
    ahead = Owner().closed("x")
    behind = Owner(log=[], topic=[])
    ahead.snapshot("x")
    behind.evictions.put(0, *ahead.topic[0])
    behind.tick().closed("x", times=2).tick()
    assert behind.shard.fold.get("x") is not None
    behind.closed("y", times=1).tick()
    assert behind.shard.fold.get("x") is None


def test_a_command_for_an_evicted_aggregate_waits_and_is_decided_on_the_snapshot() -> None:
    owner = Owner().evicted()
    added, closed = owner.ask(Add(tally="x")), owner.ask(Close(tally="x"))
    assert (added, closed) == ([], [])
    owner.read()
    assert isinstance(added[0], IsClosed)
    assert isinstance(closed[0], Answer)
    assert closed[0].reply == Total(3)
    assert owner.shard.fold.get("x") is None


def test_who_waits_for_one_aggregate_looks_once_and_keeps_the_order() -> None:
    owner = Owner().evicted()
    order: list[str] = []
    for name in "abcde":
        done = partial(lambda name, _: order.append(name), name)
        envelope = Envelope(command_id=name, command=Close(tally="x"))
        owner.evictions.wait(PendingCommand(envelope, done), [0], 0.0)
    assert len(owner.fetches) == 1
    owner.read()
    assert order == list("abcde")


def test_others_do_not_wait() -> None:
    owner = Owner().evicted()
    waiting = owner.ask(Close(tally="x"))
    assert isinstance(owner.ask(Add(tally="y"))[0], Answer)
    assert waiting == []


def test_an_id_that_is_only_like_an_evicted_one_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = Owner().evicted()
    monkeypatch.setattr(CompactIndex, "find", lambda index, key: iter([0]))
    asked = [owner.ask(Add(tally="new")) for _ in range(3)]
    owner.read()
    owner.deliver()
    assert [each[0].reply for each in asked] == [Total(1), Total(2), Total(3)]


def test_a_repeated_command_is_answered_as_before_without_a_look() -> None:
    owner = Owner()
    first = owner.ask(Add(tally="x"), "once")
    owner.evicted()
    again = owner.ask(Add(tally="x"), "once")
    assert (again[0].position, again[0].repeated) == (first[0].position, True)
    assert owner.fetches == []


def test_a_snapshot_that_was_written_again_is_found_at_its_new_place() -> None:
    owner = Owner().evicted()
    owner.topic.append(owner.topic[0])
    owner.evictions.put(1, *owner.topic[1])
    asked = owner.tick().ask(Close(tally="x"))
    assert owner.fetches == [("x", 1)]
    owner.read()
    assert isinstance(asked[0], Answer)


def test_a_snapshot_that_is_nowhere_is_not_taken_for_a_new_aggregate() -> None:
    owner = Owner().evicted()
    asked = owner.ask(Add(tally="x"))
    owner.read(None)
    assert isinstance(asked[0], Unavailable)


def test_who_waits_for_too_long_is_told_to_come_back() -> None:
    owner = Owner().evicted()
    asked = owner.ask(Add(tally="x"))
    owner.monotonic = LOOKUP_TIMEOUT_S + 0.01
    owner.tick()
    assert isinstance(asked[0], Unavailable)
    owner.read()  # too late
    assert len(asked) == 1


def test_a_shard_that_starts_over_keeps_nobody_waiting() -> None:
    owner = Owner().evicted()
    asked = owner.ask(Add(tally="x"))
    owner.shard.start_over("somebody has taken it")
    assert isinstance(asked[0], Unavailable)


def test_a_bug_in_one_decision_keeps_nobody_else_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    owner = Owner().evicted()
    asked = owner.ask(Add(tally="x")), owner.ask(Add(tally="x"))
    monkeypatch.setattr(Tally, "decide", breaks)
    with pytest.raises(ZeroDivisionError):
        owner.read()
    assert all(isinstance(each[0], Unavailable) for each in asked)
