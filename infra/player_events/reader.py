"""How workers read players' events: the whole topic, in batches."""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec
from confluent_kafka import Message

from application.door import are_sound, flaw
from domain.player_events.event import TOPIC, PlayerEvent
from domain.player_events.unreadable import UnreadableRecord
from infra.kafka.reader import TopicReader

FETCH_MIN_BYTES = 256 * 1024
"""For so many, Kafka does not wait for more. Without that, it answers each of the three consumers
for every single event (measured at 2,000 events a second: 58 % of a core, with it 42)."""

ID_CHARACTERS = 36
"""Of a UUID in its canonical form, which is in small letters: one id counts once."""

decode = msgspec.json.Decoder(PlayerEvent).decode


class PlayerEventReader(TopicReader[PlayerEvent | UnreadableRecord]):
    """Reads the topic `player.events.raw`.

    A batch is `limit` records, or what arrived within `spacing` seconds. What waits in a buffer is
    not lost with the process, since whoever reads stores the position with the data. A record that
    is no event comes as an `UnreadableRecord`.

    `topic` is another one of such records, for measurements; positions call it `TOPIC` still.
    """

    def __init__(
        self,
        bootstrap: str,
        group: str,
        spacing: float = 0.02,
        topic: str = TOPIC,
        *,
        divides: bool = False,
        only: Collection[int] | None = None,
    ) -> None:
        fetch = {
            "fetch.min.bytes": FETCH_MIN_BYTES,
            "fetch.wait.max.ms": max(1, round(1_000 * spacing)),
        }
        super().__init__(
            bootstrap, group, {TOPIC: topic}, events_in, divides=divides, only=only, **fetch
        )


def events_in(records: Sequence[Message]) -> list[PlayerEvent | UnreadableRecord]:
    """The events that some records of the topic hold.

    Names are what they are: they are looked at where they come in, and what has been counted is
    counted again by whoever reads the topic anew.
    """
    events = [_event_in(record) for record in records]
    if are_sound([bytes(event.data) for event in events if isinstance(event, PlayerEvent)]):
        return events
    return [_sound(event, record) for event, record in zip(events, records, strict=True)]


def _event_in(record: Message) -> PlayerEvent | UnreadableRecord:
    try:
        event = decode(record.value() or b"")
        if len(event.event_id) != ID_CHARACTERS or event.event_id != event.event_id.lower():
            event.event_id = _canonical(event.event_id)
    # UnicodeDecodeError is a ValueError, and so is an id that is no UUID.
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return _unreadable(record, str(error))
    event.partition, event.offset = record.partition() or 0, record.offset() or 0
    return event


def _sound(
    event: PlayerEvent | UnreadableRecord, record: Message
) -> PlayerEvent | UnreadableRecord:
    if isinstance(event, PlayerEvent) and (wrong := flaw(bytes(event.data))):
        return _unreadable(record, f"$.data: {wrong}")
    return event


def _canonical(id: str) -> str:
    try:
        return str(UUID(id))
    except ValueError:
        raise ValueError(f"$.event_id: {id[:40]!r} is no uuid") from None


def _unreadable(record: Message, reason: str) -> UnreadableRecord:
    return UnreadableRecord(
        record.partition() or 0,
        record.offset() or 0,
        (record.key() or b"").decode(errors="replace"),
        record.value(),
        reason,
    )
