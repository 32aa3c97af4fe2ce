"""What the workers of one process read together; the client and its topic are in memory."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, NamedTuple

import pytest
from confluent_kafka import TopicPartition

from application.ports.reading import ShardId
from infra.kafka import joint_fetch
from infra.kafka.fetching import Fetched, Fetching
from infra.kafka.joint_fetch import JointFetch, Partaker

A, B = ("events", 0), ("events", 1)
START = {A: 0, B: 0}


class Record(NamedTuple):
    """A record, or what the client complains of."""

    shard: ShardId
    at: int
    wrong: str | None = None

    def topic(self) -> str:
        return self.shard[0]

    def partition(self) -> int:
        return self.shard[1]

    def error(self) -> str | None:
        return self.wrong


class Client:
    """A consumer of a topic that a test writes to; it gives few records at a time."""

    def __init__(self, at_a_time: int = 1_000) -> None:
        self.topic: dict[ShardId, list[Record]] = {A: [], B: []}
        self.fetches = 0
        self.complaints: list[Record] = []
        self._at: dict[ShardId, int] = {}
        self._at_a_time = at_a_time
        self._lock = Lock()

    def write(self, shard: ShardId, count: int = 1) -> None:
        first = len(self.topic[shard])
        self.topic[shard] += [Record(shard, at) for at in range(first, first + count)]

    def assign(self, places: Sequence[TopicPartition]) -> None:
        self._at = {(place.topic, place.partition): place.offset for place in places}

    def unassign(self) -> None:
        self._at = {}

    def poll(self, timeout: float) -> Record | None:
        found = self.consume(1, timeout)
        return found[0] if found else None

    def consume(self, limit: int, timeout: float) -> list[Record]:
        assert self._lock.acquire(blocking=False), "two threads use one consumer"
        try:
            if self.complaints:
                return [self.complaints.pop()]
            found: list[Record] = []
            for shard, at in self._at.items():
                part = self.topic[shard][at : at + min(limit, self._at_a_time) - len(found)]
                self._at[shard] += len(part)
                found += part
            self.fetches += bool(found)
            return found
        finally:
            self._lock.release()

    def position(self, places: Sequence[TopicPartition]) -> list[TopicPartition]:
        shards = [(place.topic, place.partition) for place in places]
        return [TopicPartition(*shard, self._at[shard]) for shard in shards]


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def fetch(client: Client) -> JointFetch[Record]:
    return JointFetch(lambda: client, Fetching(list))  # type: ignore[arg-type, return-value]


def joined(
    fetch: JointFetch[Record], offsets: dict[ShardId, int] | None = None
) -> Partaker[Record]:
    place = fetch.join(offsets or START)
    assert place is not None
    return place


def read(place: Partaker[Record], limit: int = 1_000) -> list[tuple[ShardId, int]]:
    """What a place reads now."""
    fetched = place.read(limit, 0)
    assert fetched is not None
    return [(record.shard, record.at) for record in fetched.events]


def test_what_is_there_is_fetched_once_for_all(client: Client, fetch: JointFetch[Record]) -> None:
    places = [joined(fetch) for _ in range(4)]
    client.write(A, 3)
    client.write(B, 2)

    found = [read(place) for place in places]

    assert found == [found[0]] * 4
    assert len(found[0]) == 5
    assert client.fetches <= 2, "the first record, and the rest"
    assert [place.reached for place in places] == [{A: 3, B: 2}] * 4


def test_who_is_slow_takes_in_one_piece_what_waits(
    client: Client, fetch: JointFetch[Record]
) -> None:
    quick, slow = joined(fetch), joined(fetch)
    for _ in range(3):
        client.write(A, 2)
        assert len(read(quick)) == 2

    assert read(slow) == [(A, at) for at in range(6)]
    assert slow.reached == quick.reached


def test_one_piece_is_no_larger_than_asked_for_where_it_can_be_less(
    client: Client, fetch: JointFetch[Record]
) -> None:
    quick, slow = joined(fetch), joined(fetch)
    for _ in range(3):
        client.write(A, 2)
        read(quick)

    assert [len(read(slow, limit=4)), len(read(slow, limit=4))] == [4, 2]


def test_nothing_is_kept_that_everybody_has_taken(
    client: Client, fetch: JointFetch[Record]
) -> None:
    quick, slow = joined(fetch), joined(fetch)
    client.write(A, 2)
    read(quick)
    assert len(fetch._waiting) == 1
    read(slow)
    assert not fetch._waiting

    client.write(A, 2)
    read(quick)
    slow.leave()
    assert not fetch._waiting


def test_who_is_too_far_behind_reads_by_himself(
    client: Client, fetch: JointFetch[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joint_fetch, "MOST_WAITING", 4)
    quick, slow, third = joined(fetch), joined(fetch), joined(fetch)
    for _ in range(3):
        client.write(A, 2)
        assert len(read(quick)) == len(read(third)) == 2

    assert slow.read(100, 0) is None
    client.write(B)
    assert read(third) == read(quick) == [(B, 0)], "for the others it goes on"


def test_where_the_feed_has_come_further_nobody_joins(
    client: Client, fetch: JointFetch[Record]
) -> None:
    place = joined(fetch)
    client.write(A, 2)
    read(place)

    assert fetch.join({A: 1, B: 5}) is None
    assert fetch.join({A: 2, B: 0}) is not None


def test_who_is_ahead_is_given_what_he_has_read_and_knows_it(
    client: Client, fetch: JointFetch[Record]
) -> None:
    joined(fetch)
    client.write(A, 3)
    ahead = joined(fetch, {A: 2, B: 0})

    assert ahead.is_behind({A: 2, B: 0})
    assert read(ahead) == [(A, 0), (A, 1), (A, 2)]
    assert not ahead.is_behind({A: 2, B: 0})


def test_what_the_client_complains_of_everybody_finds_out_himself(
    client: Client, fetch: JointFetch[Record]
) -> None:
    one, other = joined(fetch), joined(fetch)
    client.complaints.append(Record(A, 0, "the place is gone"))

    assert one.read(10, 0) is None
    assert other.read(10, 0) is None


def test_a_fetch_that_fails_fails_for_one_and_the_others_read_by_themselves(
    client: Client, fetch: JointFetch[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = joined(fetch), joined(fetch)

    def fail(timeout: float) -> Any:
        raise RuntimeError("no broker")

    monkeypatch.setattr(client, "poll", fail)
    with pytest.raises(RuntimeError, match="no broker"):
        one.read(10, 0)
    assert other.read(10, 0) is None


def test_a_feed_that_all_have_left_begins_where_the_next_one_stands(
    client: Client, fetch: JointFetch[Record]
) -> None:
    client.write(A, 5)
    joined(fetch).leave()

    assert read(joined(fetch, {A: 3, B: 0})) == [(A, 3), (A, 4)]


def test_whatever_the_threads_do_each_reads_all_in_its_order_once() -> None:
    client = Client(at_a_time=7)
    fetch: JointFetch[Record] = JointFetch(lambda: client, Fetching(list))  # type: ignore[arg-type, return-value]
    places = [joined(fetch) for _ in range(4)]
    client.write(A, 2_000)
    client.write(B, 1_000)

    def read_all(place: Partaker[Record]) -> list[Record]:
        found: list[Record] = []
        while len(found) < 3_000:
            fetched = place.read(len(found) % 50 + 1, 1)
            assert fetched is not None
            found += fetched.events
        return found

    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(read_all, places):
            for shard in (A, B):
                in_shard = [record.at for record in found if record.shard == shard]
                assert in_shard == list(range(len(client.topic[shard])))


def test_nothing_there_is_told_after_the_time_that_somebody_waits(
    fetch: JointFetch[Record],
) -> None:
    joined(fetch)
    assert joined(fetch).read(10, 0.01) == Fetched()
