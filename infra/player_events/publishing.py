"""Appending a few records of players' events, from outside the API."""

from collections.abc import Sequence

from domain.events import Position
from domain.player_events.event import PlayerEvent
from infra.kafka.append import NewRecord, append_durably
from infra.player_events.producer import record_of

DELIVERY_TIMEOUT_S = 30


def publish(bootstrap: str, records: Sequence[PlayerEvent]) -> list[Position]:
    """Append records, those of one player in this order; durable on return, and where they stand.

    Raises `KafkaException`; some may have been appended all the same.
    """
    made = (record_of(each, []) for each in records)
    new = (NewRecord(topic, key, value, headers=headers) for topic, key, value, headers in made)
    return append_durably(bootstrap, new, DELIVERY_TIMEOUT_S)
