"""Events are appended to the topic, keyed by player, and acknowledged before anybody is told."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from confluent_kafka import Consumer, TopicPartition

from application.player_events.ports import FailedEvent
from application.player_events.topics import PLAYER_EVENTS
from application.ports.commands import Unavailable
from domain.events import Position
from domain.personal import sealed_in
from domain.player_events.event import TOPIC, PlayerEvent
from infra.eventlog.partition import partition_for
from infra.kafka.clients import connection
from infra.player_events import producer as module
from infra.player_events.producer import FAILED_EVENTS, EventProducer
from infra.player_events.sealed_letters import SEALED_VALUE_BYTES
from tests.conftest import Hall, free_port
from tests.http.fakes.subjects import FakeSeals
from tests.people import a_name, headers_of, records_of

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def an_event(player: str = "ada", **changes: Any) -> PlayerEvent:
    fields: dict[str, Any] = {
        "event_id": str(uuid4()),
        "event_type": "player_score",
        "player_id": player,
        "game_id": "tetris",
        "timestamp": NOW,
        "ingested_at": NOW,
        "data": msgspec.Raw(b'{"score":150}'),
    }
    return PlayerEvent(**fields | changes)


def record_at(hall: Hall, topic: str, partition: int, offset: int) -> Any:
    config = {**connection(hall.kafka), "group.id": "test", "enable.auto.commit": False}
    consumer = Consumer(config)
    try:
        consumer.assign([TopicPartition(topic, partition, offset)])
        message = consumer.poll(20)
        assert message is not None
        assert message.error() is None
        return message
    finally:
        consumer.close()


SEALS = FakeSeals()


def opened(text: Any) -> str | None:
    """What stands in a letter, for who has the key."""
    sealed = sealed_in(text.decode())
    assert sealed is not None
    return SEALS.open(sealed)


@pytest.fixture
async def events(hall: Hall) -> AsyncIterator[EventProducer]:
    producer = EventProducer(hall.kafka, SEALS)
    producer.start()
    yield producer
    await producer.stop()


async def test_a_record_says_what_the_event_says(hall: Hall, events: EventProducer) -> None:
    event, trace = an_event(player := f"ada-{uuid4().hex}"), b"00-trace-01"
    place = await events.append([event], traceparent=trace)
    assert place is not None
    assert place[:2] == (TOPIC, partition_for(player, PLAYER_EVENTS.partitions))
    record = record_at(hall, *place)
    assert record.key() == player.encode()
    assert msgspec.json.decode(record.value(), type=PlayerEvent) == event
    assert dict(record.headers()) == {
        "event_type": b"player_score",
        "event_id": event.event_id.encode(),
        "traceparent": trace,
    }


async def test_events_of_one_player_keep_their_order(hall: Hall, events: EventProducer) -> None:
    player = f"ada-{uuid4().hex}"
    sent = [an_event(player, data=msgspec.Raw(b"%d" % number)) for number in range(100)]
    last = await events.append(sent)
    assert last is not None
    first = record_at(hall, TOPIC, last.partition, last.seq - 99)
    assert bytes(msgspec.json.decode(first.value(), type=PlayerEvent).data) == b"0"


async def test_what_failed_is_kept_with_its_reason(hall: Hall, events: EventProducer) -> None:
    failed = FailedEvent(b"{}", "$.event_type", "missing", f"server-{uuid4().hex}")
    place = await events.append([], [failed])
    assert place is not None
    headers = dict(record_at(hall, *place).headers())
    assert headers.keys() == {"player", "reason"}
    assert headers["player"] == failed.subject.encode()
    assert opened(headers["reason"]) == "$.event_type: missing"
    assert opened(record_at(hall, *place).value()) == "{}"
    assert events.in_flight == 0


async def test_nothing_takes_no_time(events: EventProducer) -> None:
    assert await events.append([]) is None


async def test_more_than_may_be_on_its_way_is_refused_whole(
    events: EventProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IN_FLIGHT_EVENTS", 2)
    with pytest.raises(Unavailable, match="wait for Kafka"):
        await events.append([an_event()] * 3)
    assert isinstance(await events.append([an_event()] * 2), Position)
    monkeypatch.setattr(module, "IN_FLIGHT_BYTES", 100)
    with pytest.raises(Unavailable, match="wait for Kafka"):
        await events.append([an_event()])
    assert events.in_flight == 0


async def test_kafka_that_is_away_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DELIVERY_TIMEOUT_MS", 500)
    producer = EventProducer(f"127.0.0.1:{free_port()}", SEALS)
    producer.start()
    with pytest.raises(Unavailable, match="did not take"):
        await producer.append([an_event()])
    assert producer.in_flight == 0
    await producer.stop()


async def test_room_that_is_kept_is_nobody_else_s(
    events: EventProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IN_FLIGHT_BYTES", 1_000)
    with events.reserve(900):
        with pytest.raises(Unavailable, match="wait for Kafka already"), events.reserve(101):
            pytest.fail("there is no room")
        with pytest.raises(Unavailable):
            await events.append([an_event()])
    await events.append([an_event()])


async def test_what_cannot_be_handed_over_takes_no_room(events: EventProducer) -> None:
    too_large = an_event(data=msgspec.Raw(b'"' + b"x" * 1_100_000 + b'"'))
    for _ in range(20):
        with pytest.raises(Unavailable, match="did not take"):
            await events.append([an_event(), too_large, an_event()])

    assert events.in_flight == 0
    assert isinstance(await events.append([an_event()]), Position)


async def test_what_failed_is_kept_also_where_it_is_too_large(
    hall: Hall, events: EventProducer
) -> None:
    subject = a_name("large")
    failed = FailedEvent(b"x" * 1_010_000, "$", "too large", subject)
    with records_of(hall, FAILED_EVENTS, subject) as letters:
        await events.append([an_event()], [failed])
        (letter,) = letters(1)

    assert headers_of(letter)["cut"] == "1010000"
    assert opened(letter.value()) == "x" * SEALED_VALUE_BYTES
