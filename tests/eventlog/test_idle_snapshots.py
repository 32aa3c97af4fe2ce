"""What is written of aggregates that may be idle, and what is begun with."""

import pytest

from application.log.fold import CannotFold, Fold
from application.log.snapshots.checkpoints import Checkpoints, Written
from application.log.snapshots.index import SnapshotIndex
from application.log.snapshots.records import (
    BEGINNING,
    CHECKPOINT_KEY,
    Found,
    SnapshotCodec,
    StoredCheckpoint,
)
from application.log.snapshots.restored import SnapshotsWrong
from application.ports.reading import Checkpoint
from domain.aggregate import Command
from domain.events import Metadata, Position, Recorded
from tests.eventlog.counter import COUNTERS, Count, Counter, Ring, SetAlarm
from tests.given import T0

IDLE_EVENTS = 3


def checkpoint(seq: int) -> bytes:
    place = StoredCheckpoint(offset=seq, epoch=1, owner="owner", url="", next_seq=seq)
    return SnapshotCodec(COUNTERS).encode_checkpoint(place)


class Topic:
    """A topic of snapshots, what has happened, and a writer that reads both."""

    def __init__(self) -> None:
        self.records: list[Written] = []
        self.counters: dict[str, Counter] = {}
        self.events: list[Recorded] = []
        self.taken = 0
        self.writer = Checkpoints(
            COUNTERS, SnapshotIndex(COUNTERS), Fold(COUNTERS), BEGINNING, IDLE_EVENTS
        )

    def happens(self, command: Command) -> "Topic":
        id = command.aggregate_id
        counter = self.counters.setdefault(id, Counter(id))
        counter.decide(command, T0)
        for event in counter.collect_events():
            position = Position("counter-log", 0, len(self.events))
            self.events.append(Recorded(event, position, f"{position}", Metadata()))
        return self

    def written(self) -> "Topic":
        """Let the writer have its turn."""
        news, self.taken = self.events[self.taken :], len(self.events)
        self.writer.take(news, Checkpoint("counter-log", 0, self.taken, 1, "owner", self.taken), "")
        for id, offset in self.writer.absent():
            key, value = self.records[offset]
            self.writer.bring_back(id, Found(key, value or b""))
        self.append(*self.writer.lacking())
        self.append(*self.writer.conclude())
        return self

    def append(self, *records: Written) -> None:
        for key, value in records:
            self.records.append((key, value))
            self.writer.put(len(self.records) - 1, key, value)

    def keys(self) -> set[str]:
        """The keys that have a value, but for the checkpoint's."""
        newest = dict(self.records)
        return {key for key, value in newest.items() if value is not None} - {"/checkpoint"}

    def index(self) -> SnapshotIndex:
        index = SnapshotIndex(COUNTERS)
        for offset, (key, value) in enumerate(self.records):
            index.put(offset, key, value)
        return index

    def restored(self) -> Fold:
        """The fold of who begins with the topic, and reads all that has happened."""
        begin, fold = self.index().restore()
        for recorded in self.events[begin.offset :]:
            fold.take((recorded.event,))
        assert fold.doubt is None
        return fold

    def next_writer(self) -> "Topic":
        index = self.index()
        begin, fold = index.restore()
        self.writer, self.taken = Checkpoints(COUNTERS, index, fold, begin), begin.offset
        return self.written()

    def idle(self, id: str = "x") -> "Topic":
        """Something has happened to a counter twice, and then to another one."""
        self.happens(Count(counter=id, times=2)).written()
        self.happens(Count(counter="other", times=IDLE_EVENTS)).written()
        assert self.writer.fold.get(id) is None
        return self


def test_a_snapshot_is_written_under_its_version_and_the_one_before_is_taken_away() -> None:
    topic = Topic().happens(Count(counter="x")).written()
    assert topic.keys() == {"x/whole@1"}
    assert topic.happens(Count(counter="x")).written().keys() == {"x/whole@2"}


def test_what_the_writer_has_let_go_of_is_brought_back_when_something_happens_to_it() -> None:
    topic = Topic().idle()
    topic.happens(Count(counter="x")).written()
    assert topic.keys() == {"x/whole@3", "other/whole@3"}
    assert topic.restored().version_of("x") == 3


def test_a_writer_whose_snapshot_is_gone_says_so() -> None:
    topic = Topic().idle().happens(Count(counter="x"))
    with pytest.raises(CannotFold, match="'x' is not where it was"):
        topic.writer.bring_back("x", None)


def test_what_has_a_deadline_is_in_the_memory_of_who_begins() -> None:
    topic = Topic().idle().happens(SetAlarm(counter="x", seconds=60)).written()
    assert topic.keys() >= {"x"}
    fold = topic.restored()
    found = fold.get("x")
    assert found is not None
    assert found.deadline is not None
    assert fold.get("other") is None


def test_until_a_deadline_has_passed_the_snapshot_from_before_stays_for_who_has_let_go() -> None:
    topic = Topic().idle().happens(SetAlarm(counter="x", seconds=60)).written()
    assert topic.keys() == {"x/whole@2", "x", "other/whole@3"}
    assert topic.happens(Ring(counter="x")).written().keys() == {"x/whole@4", "other/whole@3"}


def test_who_begins_loads_nothing_that_may_be_idle() -> None:
    fold = Topic().idle().restored()
    assert (len(fold), fold.version_of("x"), fold.version_of("other")) == (0, 2, 3)


def test_a_snapshot_that_is_missing_is_noticed() -> None:
    topic = Topic().idle()
    topic.append(("x/whole@2", None), (CHECKPOINT_KEY, checkpoint(topic.taken)))
    with pytest.raises(CannotFold, match="make 3 events together, and not 5"):
        topic.restored()


def test_a_former_version_that_nobody_can_read_is_passed_over_and_then_taken_away() -> None:
    topic = Topic().idle()
    topic.records.append(("x/whole@1", b'{"record":"snapshot","state":{"type":"counter.v0"}}'))
    assert topic.restored().version_of("x") == 2
    assert topic.next_writer().keys() == {"x/whole@2", "other/whole@3"}


def test_the_newest_version_has_to_be_readable() -> None:
    topic = Topic().idle()
    topic.records.append(("x/whole@2", b'{"record":"snapshot","state":{"type":"counter.v0"}}'))
    with pytest.raises(SnapshotsWrong, match="cannot be read"):
        topic.restored()


def test_what_another_writer_has_left_behind_is_taken_away_by_the_next() -> None:
    topic = Topic().happens(Count(counter="x")).written()
    left = topic.records[0]
    topic.happens(Count(counter="x")).written()
    topic.records.append(left)
    assert topic.keys() == {"x/whole@1", "x/whole@2"}
    assert topic.next_writer().keys() == {"x/whole@2"}


def test_snapshots_from_before_keys_named_versions_are_begun_with_and_replaced() -> None:
    topic = Topic().happens(Count(counter="x"))
    topic.records.append(("x", SnapshotCodec(COUNTERS).encode(topic.counters["x"], seq=1)))
    found = topic.restored().get("x")
    assert found is not None
    assert found.version == 1
    assert topic.next_writer().keys() == {"x/whole@1"}
