"""Appending records durably, or hearing that it did not succeed."""

import pytest
from confluent_kafka import KafkaException

from domain.events import Position
from infra.kafka.append import Appender, AppendFailed, NewRecord, append_durably
from infra.kafka.records import consume
from tests.conftest import Hall, free_port

TOPIC = "QUEUE_LEFT"


def test_records_are_there_when_it_returns_and_one_key_keeps_its_order(empty: Hall) -> None:
    records = [NewRecord(TOPIC, "ada", str(n).encode(), headers=[("n", str(n))]) for n in range(9)]

    arrived = append_durably(empty.kafka, records, 30)

    found = {
        Position(r.topic, r.partition, r.offset): (r.value, r.headers["n"])
        for r in consume(empty.kafka, TOPIC, limit=None, follow=False)
        if r.key == "ada"
    }
    assert [found[position] for position in arrived] == [(str(n), str(n)) for n in range(9)]
    assert len({position.partition for position in arrived}) == 1


def test_what_waits_for_others_to_go_first_is_not_lost(empty: Hall) -> None:
    few = {"queue.buffering.max.messages": 2}
    records = [NewRecord(TOPIC, None, b"{}", 0) for _ in range(50)]
    assert len(append_durably(empty.kafka, records, 30, **few)) == 50


def test_without_kafka_one_error_says_how_many_are_not_there() -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    appender = Appender(nowhere, 0.2, log_level=0)
    for value in (b"1", b"2"):
        appender.append(TOPIC, "ada", value, 0)
    with pytest.raises(AppendFailed) as raised:
        appender.flush()
    appender.close()
    assert (raised.value.count, raised.value.reason) == (2, "no answer within 0.2 s")


def test_a_topic_that_is_not_there_has_no_partitions(empty: Hall) -> None:
    appender = Appender(empty.kafka, 10)
    with pytest.raises(KafkaException, match="UNKNOWN_TOPIC"):
        appender.partitions_of("nowhere")
