"""Owners and writers of checkpoints come and go, on a real Kafka."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Self

import msgspec
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from application.log.shard import Shard
from application.log.snapshots import checkpoints
from application.log.snapshots.idle import IDLE_EVENTS
from application.ports.commands import Answer, Envelope
from domain.aggregate import Command
from domain.category import Category
from infra.eventlog.log import KafkaLog
from infra.eventlog.partition import partition_for
from infra.eventlog.reader import KafkaLogReader
from infra.eventlog.snapshots import writer
from infra.eventlog.snapshots.reader import SnapshotReader
from infra.eventlog.snapshots.writer import CheckpointWriter
from infra.kafka.clients import connection
from infra.kafka.topics import settings_of
from tests.conftest import Hall
from tests.eventlog.counter import Count, Counter, Total
from tests.eventlog.tally import Add, Close, IsClosed, Tally
from tests.eventlog.test_log import until

PARTITIONS = 2
REMEMBERED = 20
TALLIES = [f"tally-{number}" for number in range(12)]


@pytest.fixture
def kafka(servers: Hall) -> str:
    return servers.kafka


@pytest.fixture
def category(kafka: str) -> Category:
    category = Category(f"tally-{uuid.uuid4().hex[:8]}", Tally, Counter)
    new = [
        NewTopic(category.topic, PARTITIONS, 1),
        NewTopic(category.snapshots_topic, PARTITIONS, 1, config=settings_of("snapshots", 1)),
    ]
    admin = AdminClient(connection(kafka))  # named, as its futures need it
    for created in admin.create_topics(new).values():
        created.result()
    return category


@pytest.fixture(autouse=True)
def first_offsets(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """By owner, the first offset that any of its shards was given."""
    monkeypatch.setattr(checkpoints, "REMEMBERED_COMMANDS", REMEMBERED)
    monkeypatch.setattr(checkpoints, "ANSWERS_BETWEEN_MARKS", 3)
    monkeypatch.setattr(writer, "POLL_BATCH", 5)
    first: dict[str, int] = {}
    receive = Shard.receive

    def noting(shard: Shard, offset: int, value: bytes | None) -> None:
        first[shard.owner] = min(first.get(shard.owner, offset), offset)
        receive(shard, offset, value)

    monkeypatch.setattr(Shard, "receive", noting)
    return first


class Owner:
    """A process that owns the shards of a category, or follows them until it is to own them."""

    def __init__(self, kafka: str, category: Category, name: str, *, owns: bool = True) -> None:
        self.name = name
        self.owns = owns
        self.log = KafkaLog(
            kafka,
            [category],
            {category.topic: PARTITIONS},
            owner=name,
            url="",
            wants=lambda *_: self.owns,
        )

    async def __aenter__(self) -> Self:
        await self.log.start()
        if self.owns:
            await until(lambda: self.log.ready)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.log.stop()

    async def ask(self, command: Command, command_id: str = "") -> Answer:
        envelope = Envelope(command_id=command_id or uuid.uuid4().hex, command=command)
        return await self.log.execute(envelope)

    async def total(self, tally: str) -> int:
        reply = (await self.ask(Add(tally=tally))).reply
        assert isinstance(reply, Total)
        return reply.total

    async def count(self, counter: str, times: int = 1) -> int:
        reply = (await self.ask(Count(counter=counter, times=times))).reply
        assert isinstance(reply, Total)
        return reply.total

    async def others_count(self) -> None:
        """Let so much happen in every shard that whatever it does not happen to is idle."""
        for number in range(6 * IDLE_EVENTS // 100):
            await self.count(f"other-{number % 6}", times=100)

    async def fill(self) -> None:
        """Count in every tally, a hundred times in all, and close a third of them."""
        for number in range(100):
            await self.ask(Add(tally=TALLIES[number % len(TALLIES)], box=number % 2))
        for tally in TALLIES[::3]:
            await self.ask(Close(tally=tally))

    def in_memory(self, tally: str) -> bool:
        return any(shard.fold.get(tally) for shard in self.log.shards)

    @property
    def restored(self) -> bool:
        return all(shard.fold.restored for shard in self.log.shards)


class Worker:
    """A writer of checkpoints, with what it holds."""

    def __init__(self, kafka: str, category: Category) -> None:
        partitions = {category.topic: PARTITIONS}
        self.reader = KafkaLogReader(kafka, [category], partitions, f"test-{uuid.uuid4().hex}")
        self.snapshots = SnapshotReader(kafka, [category], partitions)
        self.writer = CheckpointWriter(
            kafka, [category], self.reader, self.snapshots, every_events=7, every_seconds=1
        )

    def work(self) -> None:
        """Write whatever there is to write by now, and leave."""
        ends = self.reader.ends()

        def done() -> bool:
            return all(c.offset >= ends[c.topic, c.partition] for c in self.reader.checkpoints())

        self.writer.resume()
        while not done():
            self.writer.step()
        self.writer.write()
        for each in (self.writer, self.snapshots, self.reader):
            each.close()


async def work(kafka: str, category: Category) -> None:
    await asyncio.to_thread(Worker(kafka, category).work)


async def test_an_owner_begins_at_the_checkpoint_and_knows_everything(
    kafka: str, category: Category, first_offsets: dict[str, int]
) -> None:
    async with Owner(kafka, category, "first") as first:
        await first.fill()
        remembered = await first.ask(Add(tally="tally-1"), "remembered")
    await work(kafka, category)
    async with Owner(kafka, category, "second") as second:
        assert second.restored
        assert first_offsets["second"] > 0
        repeated = await second.ask(Add(tally="tally-1"), "remembered")
        assert (repeated.repeated, repeated.position) == (True, remembered.position)
        assert await second.total("tally-1") == 11
        assert await second.total("tally-4") == 9
        with pytest.raises(IsClosed):
            await second.ask(Add(tally="tally-0"))


async def test_what_has_ended_leaves_memory_and_comes_back_when_it_is_asked_for(
    kafka: str, category: Category
) -> None:
    async with Owner(kafka, category, "first") as first:
        await first.fill()
        assert first.in_memory("tally-0")
        await work(kafka, category)
        await until(lambda: not any(first.in_memory(tally) for tally in TALLIES[::3]))
        assert first.in_memory("tally-1")
        closed = await asyncio.gather(*(first.ask(Close(tally=tally)) for tally in TALLIES[::3]))
        assert [answer.reply for answer in closed] == [Total(9), Total(9), Total(8), Total(8)]
        with pytest.raises(IsClosed):
            await first.ask(Add(tally="tally-0"))
    async with Owner(kafka, category, "second") as second:
        assert not second.in_memory("tally-0")
        assert (await second.ask(Close(tally="tally-0"))).reply == Total(9)


async def test_what_is_idle_leaves_memory_and_comes_back_wherever_it_is_asked_for(
    kafka: str, category: Category
) -> None:
    counters = [f"counter-{number}" for number in range(8)]
    follower = Owner(kafka, category, "follower", owns=False)
    async with Owner(kafka, category, "first") as first, follower:
        await asyncio.gather(*(first.count(counter, times=2) for counter in counters))
        await work(kafka, category)
        await first.others_count()
        await work(kafka, category)
        for each in (first, follower):
            await until(lambda each=each: not any(map(each.in_memory, counters)))
        assert await asyncio.gather(*map(first.count, counters)) == [3] * 8
        assert first.in_memory("counter-0")
        await first.log.stop()
        follower.owns = True
        await until(lambda: follower.log.ready)
        assert await asyncio.gather(*map(follower.count, counters)) == [4] * 8
    await work(kafka, category)
    async with Owner(kafka, category, "second") as second:
        assert second.restored
        assert not any(map(second.in_memory, counters))
        assert await asyncio.gather(*map(second.count, counters)) == [5] * 8


async def test_a_writer_goes_on_where_the_last_one_was(kafka: str, category: Category) -> None:
    async with Owner(kafka, category, "first") as first:
        await first.fill()
        await work(kafka, category)
        for _ in range(30):
            await first.ask(Add(tally="tally-1"))
    await work(kafka, category)
    async with Owner(kafka, category, "second") as second:
        assert second.restored
        assert await second.total("tally-1") == 40


@pytest.fixture(params=["unknown version", "lost", "outdated"])
def harm(request: pytest.FixtureRequest, kafka: str, category: Category) -> Callable[[], None]:
    """Something that makes the snapshots of `tally-1` useless."""
    values = {
        "unknown version": _snapshot("tally.snapshot.v9", version=9),
        "lost": None,
        "outdated": _snapshot("tally.snapshot.v1", version=1),
    }

    def harm() -> None:
        producer = Producer(connection(kafka))
        partition = partition_for("tally-1", PARTITIONS)
        value = values[request.param]
        producer.produce(category.snapshots_topic, value, "tally-1", partition=partition)
        assert producer.flush(10) == 0

    return harm


def _snapshot(type: str, version: int) -> bytes:
    state = {"type": type, "closed_at": None}
    return msgspec.json.encode(
        {
            "record": "snapshot",
            "originator_id": "tally-1",
            "originator_version": version,
            "seq": version,
            "parts": {},
            "state": state,
        }
    )


async def test_snapshots_that_are_wrong_are_passed_over_and_then_written_anew(
    kafka: str, category: Category, harm: Callable[[], None], first_offsets: dict[str, int]
) -> None:
    async with Owner(kafka, category, "first") as first:
        await first.fill()
    await work(kafka, category)
    harm()
    async with Owner(kafka, category, "second") as second:
        assert not second.restored
        assert first_offsets["second"] == 0
        assert await second.total("tally-1") == 10
        assert await second.total("tally-2") == 10
    await work(kafka, category)
    async with Owner(kafka, category, "third") as third:
        assert third.restored
        assert first_offsets["third"] > 0
        assert await third.total("tally-1") == 11
