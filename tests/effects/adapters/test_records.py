"""Records in topics of others: with the effect's id, and never in one of the hall's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from application.topics import Topic
from domain.effects.actions import TopicRecord
from infra.effects.topic import TopicRecords
from infra.kafka.clients import consumer_config
from infra.kafka.topics import create_missing, existing
from interfaces.bootstrap.topics import declared
from tests.conftest import Hall, free_port
from tests.effects.given import an_effect

SOON_S = 0.5


@pytest.fixture
def topic(servers: Hall) -> TopicRecord:
    """A topic of somebody else's."""
    name = f"of-others-{uuid4().hex[:8]}"
    create_missing(servers.kafka, [Topic(name, 1, "messages")], 1)
    while name not in existing(servers.kafka):
        pass  # a broker hears of it a moment later
    return TopicRecord(topic=name, key="ada")


@pytest.fixture
async def records(servers: Hall) -> AsyncIterator[TopicRecords]:
    adapter = TopicRecords(servers.kafka, {topic.name for topic in declared(12)})
    yield adapter
    await adapter.close()


def all_in(hall: Hall, topic: TopicRecord, count: int) -> list[tuple[Any, Any, dict[str, Any]]]:
    """The first records of a topic."""
    with closing(Consumer(consumer_config(hall.kafka, "of-others"))) as consumer:
        consumer.assign([TopicPartition(topic.topic, 0, OFFSET_BEGINNING)])
        found: list[Any] = consumer.consume(count, 10)
    return [(each.key(), each.value(), dict(each.headers() or ())) for each in found]


async def test_a_record_says_what_happened_and_which_effect_it_is(
    servers: Hall, topic: TopicRecord, records: TopicRecords
) -> None:
    effect = an_effect(topic)
    assert (await records.perform(effect)).outcome == "accepted"
    ((key, value, headers),) = all_in(servers, topic, 1)
    assert (key, value) == (b"ada", effect.event)
    assert headers == {"effect-id": effect.id.encode(), "position": b"waitroom-log/3@17"}


async def test_many_are_on_their_way_at_once_and_stay_in_order(
    servers: Hall, topic: TopicRecord, records: TopicRecords
) -> None:
    await records.perform(an_effect(topic, 0))
    effects = [an_effect(topic, seq) for seq in range(1, 200)]
    told = await asyncio.gather(*map(records.perform, effects))
    assert {each.outcome for each in told} == {"accepted"}
    found = [value for _, value, _ in all_in(servers, topic, 200)]
    assert found[1:] == [each.event for each in effects]


async def test_a_topic_that_is_not_there_is_not_made(servers: Hall, records: TopicRecords) -> None:
    delivery = await records.perform(an_effect(TopicRecord(topic="not-there", key="k")))
    assert (delivery.outcome, delivery.again) == ("rejected", True)
    assert "not-there" not in existing(servers.kafka)


async def test_the_hall_s_own_topics_are_nobody_s_to_write_to(
    servers: Hall, records: TopicRecords
) -> None:
    for name in (*(each.name for each in declared(12)), "__consumer_offsets"):
        delivery = await records.perform(an_effect(TopicRecord(topic=name, key="k")))
        assert (delivery.outcome, delivery.again) == ("rejected", False), name


async def test_a_record_that_is_too_large_is_final(
    topic: TopicRecord, records: TopicRecords
) -> None:
    delivery = await records.perform(an_effect(topic, user="x" * 2_000_000))
    assert (delivery.outcome, delivery.again) == ("rejected", False)


async def test_brokers_that_are_away_have_not_got_it() -> None:
    adapter = TopicRecords(f"127.0.0.1:{free_port(1)}", (), SOON_S)
    delivery = await adapter.perform(an_effect(TopicRecord(topic="of-others", key="k")))
    assert (delivery.outcome, delivery.again) == ("rejected", True)
    await adapter.close()


async def test_a_record_that_is_not_acknowledged_in_time_is_unknown(
    servers: Hall, topic: TopicRecord
) -> None:
    adapter = TopicRecords(servers.kafka, ())
    assert (await adapter.perform(an_effect(topic, 1))).outcome == "accepted"
    assert adapter._polling is not None
    await adapter._polling
    producer = adapter._open()
    patient = adapter._poll

    async def deaf() -> None:
        """Hear nothing of what Kafka has acknowledged."""

    adapter._poll = deaf  # type: ignore[method-assign]
    adapter._seconds, patience_s = SOON_S, adapter._seconds
    delivery = await adapter.perform(an_effect(topic, 2))
    assert (delivery.outcome, delivery.again) == ("unknown", True)
    adapter._seconds = patience_s
    adapter._poll = patient  # type: ignore[method-assign]
    producer.poll(0)
    assert (await adapter.perform(an_effect(topic, 2))).outcome == "accepted"
    ids = [headers["effect-id"] for _, _, headers in all_in(servers, topic, 3)]
    assert ids == [an_effect(topic, seq).id.encode() for seq in (1, 2, 2)]
    await adapter.close()
