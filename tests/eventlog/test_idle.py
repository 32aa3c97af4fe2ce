"""Aggregates to which nothing happens leave memory, and come back for a command or a deadline."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from application.log.fold import MOST_UNFOLDED
from application.log.pending import PendingCommand
from application.log.shard import Shard
from application.log.snapshots.evictions import Evictions
from application.log.snapshots.records import Found, SnapshotCodec, snapshot_key
from application.ports.commands import Answer, Envelope, Unavailable
from domain.aggregate import Aggregate, Command
from tests.eventlog.counter import COUNTERS, Count, CountBelow, Look, Ring, SetAlarm, TooHigh, Total
from tests.given import T0

IDLE_EVENTS = 3


@dataclass
class Kafka:
    """The log of a shard, and its topic of snapshots."""

    log: list[bytes] = field(default_factory=list)
    topic: list[tuple[str, bytes]] = field(default_factory=list)


class Process:
    """Follows the shard, and owns it when it is told to; looks for snapshots when it is told to."""

    def __init__(self, kafka: Kafka, name: str) -> None:
        self.kafka = kafka
        self.fetches: list[tuple[str, int]] = []
        self.restarts = self.seen = self.asked = 0
        self.name = name
        self.now = T0
        self.shard = Shard(
            COUNTERS,
            0,
            owner=name,
            url="",
            append=lambda key, value: kafka.log.append(value),
            restart=self.restart,
            publish=lambda commit: None,
            absent=self.absent,
            wanted=self.wanted,
        )
        fetch = self.fetches.append
        self.evictions = Evictions(
            COUNTERS, self.shard, lambda *asked: fetch(asked), idle_events=IDLE_EVENTS
        )

    def restart(self) -> None:
        self.restarts += 1
        self.evictions.drop("The shard is changing hands.")

    def absent(self, pending: PendingCommand, offsets: Sequence[int], monotonic: float) -> None:
        self.evictions.wait(pending, offsets, monotonic)

    def wanted(self, ids: Collection[str]) -> None:
        self.evictions.want(ids)

    def owns(self) -> "Process":
        self.read().shard.claim()
        return self.read()

    def read(self) -> "Process":
        """Read the log and the topic to their ends."""
        while self.shard.next_offset < len(self.kafka.log):
            self.shard.receive(self.shard.next_offset, self.kafka.log[self.shard.next_offset])
        for offset in range(self.seen, len(self.kafka.topic)):
            self.evictions.put(offset, *self.kafka.topic[offset])
        self.seen = len(self.kafka.topic)
        return self.tick()

    def tick(self) -> "Process":
        self.evictions.tick(0.0)
        self.shard.tick(self.now, 0.0)
        return self

    def ask(self, command: Command, command_id: str = "") -> list[Any]:
        """Ask, and give the list that the outcome will be in."""
        outcomes: list[Any] = []
        self.asked += 1
        envelope = Envelope(
            command_id=command_id or f"{self.name}-{self.asked}",
            command=command,
        )
        self.shard.execute(envelope, outcomes.append, now=self.now, monotonic=0.0)
        self.read()
        return outcomes

    def snapshot(self, id: str) -> "Process":
        """Let the snapshot be written as this process has it, and read."""
        aggregate = self.shard.fold.get(id)
        assert aggregate is not None
        value = SnapshotCodec(COUNTERS).encode(aggregate, self.shard.gate.next_seq)
        self.kafka.topic.append((snapshot_key(aggregate), value))
        return self.read()

    def idle(self, id: str = "x") -> "Process":
        """A counter that has counted to 2, and then left memory."""
        self.ask(Count(counter=id, times=2))
        self.snapshot(id).others_count()
        assert self.memory(id) is None
        return self

    def others_count(self, times: int = IDLE_EVENTS) -> "Process":
        """Let so much happen to another counter, and a snapshot of it come along."""
        self.ask(Count(counter="other", times=times))
        return self.snapshot("other")

    def memory(self, id: str) -> Aggregate | None:
        return self.shard.fold.get(id)

    def look(self, found: Found | str | None = "what is there") -> "Process":
        """Answer the oldest question for a record."""
        id, offset = self.fetches.pop(0)
        there = Found(*self.kafka.topic[offset]) if isinstance(found, str) else found
        self.evictions.fetched(id, offset, there, now=self.now, monotonic=0.0)
        return self.read()


def owner(kafka: Kafka | None = None) -> Process:
    return Process(kafka or Kafka(), "owner").owns()


def total(outcomes: list[Any]) -> int:
    (answer,) = outcomes
    assert isinstance(answer, Answer)
    assert isinstance(answer.reply, Total)
    return answer.reply.total


def looked(one: Process, asked: list[Any]) -> int:
    """The total that somebody is told who has waited for a look."""
    assert asked == []
    one.look()
    return total(asked)


# -- leaving ------------------------------------------------------------------------------------


def test_what_has_a_snapshot_leaves_memory_once_enough_has_happened_to_others() -> None:
    one = owner()
    one.ask(Count(counter="x"))
    one.snapshot("x").others_count(IDLE_EVENTS - 1)
    assert one.memory("x") is not None
    one.others_count(1)
    assert one.memory("x") is None


def test_what_has_changed_since_its_snapshot_stays() -> None:
    one = owner()
    one.ask(Count(counter="x"))
    one.snapshot("x").ask(Count(counter="x"))
    one.others_count()
    assert one.memory("x") is not None


def test_what_has_changed_and_was_written_again_leaves_with_its_new_snapshot() -> None:
    one = owner()
    one.ask(Count(counter="x"))
    one.snapshot("x").ask(Count(counter="x"))
    one.snapshot("x").others_count(2)
    assert one.memory("x") is not None  # it has been idle for less than its first snapshot has
    one.others_count()
    asked = one.ask(Look(counter="x"))
    assert looked(one, asked) == 2


def test_what_has_a_deadline_stays_until_that_has_passed() -> None:
    one = owner()
    one.ask(SetAlarm(counter="x", seconds=60))
    one.snapshot("x").others_count()
    assert one.memory("x") is not None
    one.ask(Ring(counter="x"))
    one.snapshot("x").others_count()
    assert one.memory("x") is None


def test_a_follower_lets_go_as_an_owner_does() -> None:
    kafka = Kafka()
    one, follower = owner(kafka), Process(kafka, "follower")
    one.idle()
    assert follower.read().memory("x") is None


# -- coming back --------------------------------------------------------------------------------


def test_a_command_waits_for_the_snapshot_and_is_decided_on_it() -> None:
    one = owner().idle()
    asked = one.ask(Count(counter="x"))
    assert asked == []
    assert looked(one, asked) == 3


def test_whoever_has_changed_something_need_not_wait_again() -> None:
    one = owner().idle()
    one.ask(Count(counter="x"))
    one.look()
    assert total(one.ask(Count(counter="x"))) == 4


def test_what_has_not_changed_leaves_again() -> None:
    one = owner().idle()
    asked = one.ask(CountBelow(counter="x", limit=1))
    one.look()
    assert isinstance(asked[0], TooHigh)
    assert one.memory("x") is None
    asked = one.ask(Look(counter="x"))
    assert looked(one, asked) == 2


def test_a_repeated_command_is_answered_as_before_without_a_look() -> None:
    one = owner()
    first = one.ask(Count(counter="x"), "once")
    again = one.idle().ask(Count(counter="x"), "once")
    assert (again[0].repeated, again[0].position) == (True, first[0].position)
    assert one.fetches == []


def test_who_waits_is_served_from_where_the_snapshot_has_been_written_again() -> None:
    one = owner().idle()
    asked = one.ask(Count(counter="x"))
    one.kafka.topic.append(one.kafka.topic[0])
    one.read().look(None)
    assert looked(one, asked) == 3


def test_an_older_snapshot_that_somebody_writes_late_changes_nothing() -> None:
    one = owner()
    one.ask(Count(counter="x"))
    late = one.snapshot("x").kafka.topic[0]
    one.idle()
    one.kafka.topic.append(late)
    asked = one.read().ask(Count(counter="x"))
    assert looked(one, asked) == 4


# -- while it is away ---------------------------------------------------------------------------


def away() -> tuple[Process, Process]:
    """An owner for whom a counter has come back and counts, and a follower for whom it has not."""
    kafka = Kafka()
    one, follower = owner(kafka), Process(kafka, "follower")
    one.idle()
    follower.read()
    one.ask(Count(counter="x"))
    one.look()
    assert follower.read().memory("x") is None
    return one, follower


def test_what_happens_to_it_at_another_owner_waits_for_it() -> None:
    _, follower = away()
    asked = follower.owns().ask(Count(counter="x"))
    assert looked(follower, asked) == 4


def test_what_a_newer_snapshot_has_seen_does_not_happen_again() -> None:
    one, follower = away()
    one.snapshot("x").ask(Count(counter="x"))
    asked = follower.read().owns().ask(Look(counter="x"))
    assert follower.fetches[0][1] == len(follower.kafka.topic) - 1
    assert looked(follower, asked) == 4


def test_what_much_happens_to_comes_back_before_the_next_snapshot() -> None:
    one, follower = away()
    one.ask(Count(counter="x", times=MOST_UNFOLDED))
    follower.read().look()
    back = follower.memory("x")
    assert back is not None
    assert back.version == 3 + MOST_UNFOLDED


def test_a_snapshot_of_what_has_not_been_read_yet_counts_later() -> None:
    one, _ = away()
    one.ask(Count(counter="x"))
    ahead = Process(Kafka([], [*one.kafka.topic]), "ahead")
    one.snapshot("x")
    ahead.kafka.log.extend(one.kafka.log[:-1])
    ahead.kafka.topic.append(one.kafka.topic[-1])
    assert ahead.read().shard.fold.version_of("x") == 3
    ahead.kafka.log.append(one.kafka.log[-1])
    assert ahead.read().shard.fold.version_of("x") == 4


def test_whoever_takes_over_rings_the_alarm_of_what_changed_while_it_was_away() -> None:
    kafka = Kafka()
    one, follower = owner(kafka), Process(kafka, "follower")
    one.idle()
    follower.read()
    one.ask(SetAlarm(counter="x", seconds=60))
    one.look()
    follower.owns().look()
    follower.now = T0 + timedelta(seconds=61)
    follower.tick().read()
    rung = follower.memory("x")
    assert (rung and rung.version, rung and rung.deadline) == (4, None)


# -- what may be wrong --------------------------------------------------------------------------


def test_a_snapshot_that_is_gone_is_not_taken_for_a_new_aggregate() -> None:
    one = owner().idle()
    asked = one.ask(Count(counter="x"))
    one.look(None)
    assert isinstance(asked[0], Unavailable)
    assert one.restarts == 0


def test_a_snapshot_that_stays_away_leads_to_the_log() -> None:
    one = owner().idle()
    one.ask(Count(counter="x"))
    one.look(None).ask(Count(counter="x"))
    one.look(None)
    assert one.shard.mistrusts_snapshots
    assert total(one.owns().ask(Count(counter="x"))) == 3


def test_a_snapshot_that_cannot_be_restored_leads_to_the_log() -> None:
    one = owner().idle()
    asked = one.ask(Count(counter="x"))
    one.look(Found(one.kafka.topic[0][0], b"{}"))
    assert isinstance(asked[0], Unavailable)
    assert one.shard.mistrusts_snapshots
