"""Appending a few records of players' events, from outside the API."""

from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from domain.player_events.event import PlayerEvent
from infra.eventlog.clients import producer_config
from infra.player_events.producer import record_of

SECONDS = 30


def publish(bootstrap: str, records: Sequence[PlayerEvent]) -> None:
    """Append records, those of one player in this order; durable on return.

    Raises `KafkaException`; some may have been appended all the same.
    """
    failed: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error:
            failed.append(error)

    producer = Producer(producer_config(bootstrap) | {"partitioner": "murmur2"})
    for each in records:
        topic, key, value, headers = record_of(each, [])
        producer.produce(topic, value, key, headers=headers, on_delivery=delivered)
    left = producer.flush(SECONDS)
    if failed or left:
        raise KafkaException(
            failed[0] if failed else KafkaError(KafkaError._MSG_TIMED_OUT)  # noqa: SLF001
        )
