"""The log of one process and its readers, on a real Kafka."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from application.ports.commands import Answer, Envelope, Unavailable
from application.ports.reading import ShardId
from domain.aggregate import Command
from domain.category import Category
from domain.events import Recorded
from infra.eventlog.log import KafkaLog
from infra.eventlog.partition import partition_for
from infra.eventlog.reader import KafkaLogReader
from infra.kafka.clients import connection
from tests.conftest import Hall
from tests.eventlog.counter import Count, Counter, Look, SetAlarm, Total

PARTITIONS = 3


@pytest.fixture
def kafka(servers: Hall) -> str:
    return servers.kafka


@pytest.fixture
def category(kafka: str) -> Category:
    category = Category(f"counter-{uuid.uuid4().hex[:8]}", Counter)
    admin = AdminClient(connection(kafka))
    admin.create_topics([NewTopic(category.topic, PARTITIONS, 1)])[category.topic].result()
    return category


@pytest.fixture
async def log(kafka: str, category: Category) -> AsyncIterator[KafkaLog]:
    log = await start(kafka, category, "first")
    yield log
    await log.stop()


async def start(kafka: str, category: Category, owner: str) -> KafkaLog:
    log = KafkaLog(kafka, [category], {category.topic: PARTITIONS}, owner=owner, url="")
    await log.start()
    await until(lambda: log.ready)
    return log


async def until(condition: object, seconds: float = 20) -> None:
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  readiness is polled, as health does
            await asyncio.sleep(0.01)


async def ask(log: KafkaLog, command: Command, command_id: str) -> Answer:
    return await log.execute(Envelope(command_id=command_id, command=command))


async def count(log: KafkaLog, counter: str = "counter", command_id: str = "") -> Answer:
    return await ask(log, Count(counter=counter), command_id or uuid.uuid4().hex)


def reader_of(kafka: str, category: Category, only: ShardId | None = None) -> KafkaLogReader:
    group = f"test-{uuid.uuid4().hex}"
    return KafkaLogReader(kafka, [category], {category.topic: PARTITIONS}, group, only)


def read_all(reader: KafkaLogReader) -> list[Recorded]:
    ends = reader.ends()
    events: list[Recorded] = []
    while any(c.offset < ends[c.topic, c.partition] for c in reader.checkpoints()):
        events.extend(reader.read(500, 1).events)
    return events


async def test_a_command_is_answered_through_kafka(log: KafkaLog, category: Category) -> None:
    answers = await asyncio.gather(*(count(log) for _ in range(50)))
    assert [answer.reply for answer in answers] == [Total(n) for n in range(1, 51)]
    shard = partition_for("counter", PARTITIONS)
    assert str(answers[-1].position) == f"{category.topic}/{shard}@49"


async def test_a_new_process_continues_where_the_last_one_was(
    kafka: str, category: Category
) -> None:
    first = await start(kafka, category, "first")
    await asyncio.gather(*(count(first, f"counter-{n % 7}") for n in range(70)))
    remembered = await count(first, "counter-0", "remembered")
    await first.stop()

    second = await start(kafka, category, "second")
    repeated = await count(second, "counter-0", "remembered")
    assert repeated.repeated
    assert repeated.position == remembered.position
    assert (await ask(second, Look(counter="counter-0"), "look")).reply == Total(11)
    await second.stop()


async def test_who_is_overtaken_does_not_answer(kafka: str, category: Category) -> None:
    first = await start(kafka, category, "first")
    await count(first)
    first._running = False  # frozen: it no longer reads, and will not notice
    second = await start(kafka, category, "second")
    zombie = asyncio.ensure_future(count(first))
    assert (await count(second)).reply == Total(2)
    first._running = True
    first._turn()
    with pytest.raises(Unavailable):
        await zombie
    assert (await ask(second, Look(), "look")).reply == Total(2)
    await asyncio.gather(first.stop(), second.stop())


async def test_a_deadline_fires_by_itself(log: KafkaLog) -> None:
    events: list[str] = []

    async def listen() -> None:
        async for recorded in log.feed.subscribe("clock"):
            events.append(recorded.event.wire_name())
            if len(events) == 2:
                return

    listening = asyncio.ensure_future(listen())
    await asyncio.sleep(0)  # lets it subscribe
    await ask(log, SetAlarm(counter="clock", seconds=0.05), "alarm")
    await asyncio.wait_for(listening, 5)
    assert events == ["counter.alarmed.v1", "counter.rang.v1"]


async def test_a_reader_sees_what_was_answered_and_can_stop_and_go_on(
    kafka: str, category: Category, log: KafkaLog
) -> None:
    await asyncio.gather(*(count(log, f"counter-{n % 5}") for n in range(60)))
    reader = reader_of(kafka, category)
    reader.start(())
    first = reader.read(10, 10)
    whole = [*first.events, *read_all(reader)]
    assert len(whole) == 60

    again = reader_of(kafka, category)
    again.start(first.checkpoints)
    seen = {(c.topic, c.partition): c.next_seq for c in first.checkpoints}
    expected = [
        r for r in whole if r.position.seq >= seen.get((r.position.topic, r.position.partition), 0)
    ]
    rest = read_all(again)
    assert sorted(r.position for r in rest) == sorted(r.position for r in expected)
    reader.close()
    again.close()


async def test_a_reader_of_one_shard_reads_no_other(
    kafka: str, category: Category, log: KafkaLog
) -> None:
    await asyncio.gather(*(count(log, f"counter-{n % 5}") for n in range(20)))
    shard = category.topic, partition_for("counter-0", PARTITIONS)
    reader, whole = reader_of(kafka, category, shard), reader_of(kafka, category)
    reader.start(())
    whole.start(())
    assert read_all(reader) == [r for r in read_all(whole) if r.position[:2] == shard]
    assert reader.ends().keys() == {shard}
    reader.close()
    whole.close()


async def test_a_reader_of_one_aggregate_reads_no_other(
    kafka: str, category: Category, log: KafkaLog
) -> None:
    await asyncio.gather(*(count(log, f"counter-{n % 5}") for n in range(20)))
    shard = category.topic, partition_for("counter-0", PARTITIONS)
    reader = KafkaLogReader(
        kafka, [category], {category.topic: PARTITIONS}, "one", shard, "counter-0"
    )
    whole = reader_of(kafka, category, shard)
    reader.start(())
    whole.start(())
    everything = read_all(whole)
    assert read_all(reader) == [r for r in everything if r.event.originator_id == "counter-0"]
    assert reader.checkpoints() == whole.checkpoints(), "the gate has seen all the others"
    reader.close()
    whole.close()


async def test_a_reader_does_not_believe_who_owns_nothing(
    kafka: str, category: Category, log: KafkaLog
) -> None:
    await count(log)
    producer = Producer(connection(kafka))
    shard = partition_for("counter", PARTITIONS)
    for value in (
        b'{"record":"commit","epoch":1,"owner":"impostor","seq":1,"command_id":"x","metadata":{},'
        b'"events":[{"type":"counter.counted.v1","originator_id":"counter",'
        b'"originator_version":2,"timestamp":"2026-11-01T12:00:00Z","total":1000000}]}',
        b"garbage",
    ):
        producer.produce(category.topic, value, partition=shard)
    producer.flush()
    await count(log)
    reader = reader_of(kafka, category)
    reader.start(())
    assert [r.event.total for r in read_all(reader)] == [1, 2]  # type: ignore[attr-defined]
    reader.close()
