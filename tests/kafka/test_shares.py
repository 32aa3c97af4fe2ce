"""What a reader takes from its consumer group: who is to read, and never where."""

from collections.abc import Callable, Iterable, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from confluent_kafka import OFFSET_INVALID, TopicPartition

from application.ports.reading import Checkpoint, ShardId, ShardsMoved
from infra.kafka import reader, share
from infra.kafka.reader import TopicReader
from infra.kafka.share import Share

SHARDS = [("told", partition) for partition in range(3)]
Parts = Sequence[TopicPartition]


class Read(NamedTuple):
    """A record that was fetched."""

    at: int
    place: int

    def topic(self) -> str:
        return "told"

    def partition(self) -> int:
        return self.at

    def offset(self) -> int:
        return self.place

    def error(self) -> None:
        return None


class Group:
    """A consumer whose group says what a test says."""

    made: list["Group"]

    def __init__(self, config: dict[str, Any]) -> None:
        self.made.append(self)
        self.fetching: dict[int, int] = {}
        self.closed = False
        self.waiting: list[Read] = []
        self.places: dict[int, int] = {}
        self.amid: Callable[[], None] = lambda: None

    def subscribe(
        self,
        topics: list[str],
        on_assign: Callable[["Group", Parts], None],
        on_revoke: Callable[["Group", Parts], None],
    ) -> None:
        assert topics == ["told"]
        self._on_assign, self._on_revoke = on_assign, on_revoke

    def give(self, *given: int) -> None:
        self._on_assign(self, [TopicPartition("told", partition) for partition in given])

    def take(self) -> None:
        self._on_revoke(self, [])

    def commit(self, offsets: Parts, asynchronous: bool) -> None:
        pass

    def list_topics(self, topic: str, timeout: float) -> Any:
        found = SimpleNamespace(error=None, partitions=[p for _, p in SHARDS])
        return SimpleNamespace(topics={topic: found})

    def poll(self, timeout: float) -> "Read | None":
        return self.waiting.pop(0) if self.waiting else None

    def consume(self, limit: int, timeout: float) -> list["Read"]:
        self.amid()
        there, self.waiting = self.waiting, []
        return there

    def position(self, places: Parts) -> Parts:
        for place in places:
            place.offset = self.places.get(place.partition, OFFSET_INVALID)
        return places

    def assign(self, partitions: Parts) -> None:
        self.fetching = {each.partition: each.offset for each in partitions}

    def unassign(self) -> None:
        self.fetching = {}

    def close(self) -> None:
        self.closed = True
        self.take()


class Watched:
    """A topic that has everything from its beginning."""

    def __init__(self, *_: object) -> None:
        pass

    def beginnings(self, shards: Iterable[ShardId]) -> dict[ShardId, int]:
        return dict.fromkeys(shards, 0)


@pytest.fixture(autouse=True)
def _groups(monkeypatch: pytest.MonkeyPatch) -> None:
    Group.made = []
    monkeypatch.setattr(share, "Consumer", Group)
    monkeypatch.setattr(reader, "Watermarks", Watched)


def member(*, divides: bool = True) -> tuple[Share, Group]:
    made = Share({}, divides=divides)
    made.read_held(SHARDS, {})
    return made, Group.made[-1]


def test_nothing_is_fetched_of_what_the_group_gives_until_somebody_says_from_where() -> None:
    share, group = member()
    group.give(0, 2)

    assert group.fetching == {}
    assert set(share.held) == {("told", 0), ("told", 2)}
    with pytest.raises(ShardsMoved):
        share.check()
    share.read_held(SHARDS, {("told", 0): 7, ("told", 2): 9})
    share.check()
    assert group.fetching == {0: 7, 2: 9}


def test_what_the_group_takes_is_held_no_more() -> None:
    share, group = member()
    group.give(0)
    share.read_held(SHARDS, {("told", 0): 7})
    group.take()

    assert (group.fetching, set(share.held)) == ({}, set())
    with pytest.raises(ShardsMoved):
        share.check()


def test_what_does_not_divide_is_held_whole_by_who_has_the_first_part() -> None:
    share, group = member(divides=False)
    group.give(1, 2)
    assert list(share.held) == []
    group.give(0)
    assert list(share.held) == SHARDS


def test_who_reads_alone_is_no_member_any_more() -> None:
    share, group = member()
    group.give(0)
    share.read_all({("told", 0): 0, ("told", 1): 0})

    assert group.closed
    share.check()
    assert Group.made[-1].fetching == {0: 0, 1: 0}
    assert list(share.held) == []


def reading(*given: int) -> tuple[TopicReader[Any], Group]:
    """A member that has taken up what it was given, at 10."""
    made = TopicReader[Any]("nowhere:9092", "tellers", {"told": "told"}, list, divides=True)
    made.take_up(())
    group = Group.made[-1]
    group.give(*given)
    made.take_up([Checkpoint("told", partition, 10, 0, "", 10) for partition in given])
    return made, group


def test_what_was_fetched_while_shards_moved_is_given_to_nobody() -> None:
    made, group = reading(0, 1)
    group.waiting = [Read(0, 10), Read(0, 11)]
    group.amid = lambda: group.give(1)

    with pytest.raises(ShardsMoved):
        made.read(100, 0)

    assert made.held() == [("told", 1)]


def test_a_place_that_the_client_remembers_from_before_is_not_believed() -> None:
    made, group = reading(0, 1)
    group.waiting = [Read(0, 10)]
    group.places = {0: 11, 1: 1_000}

    assert [(c.partition, c.offset) for c in made.read(100, 0).checkpoints] == [(0, 11)]

    group.waiting = [Read(1, 10)]
    group.places = {0: 11, 1: 11}
    assert [(c.partition, c.offset) for c in made.read(100, 0).checkpoints] == [(1, 11)]
