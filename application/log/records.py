"""The two kinds of record on a log topic, as JSON that people can read in Kafka tools."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec

from domain.category import Category
from domain.events import DomainEvent, Metadata, Position, Recorded

NO_REPLY = msgspec.Raw(b"null")
NOT_READ = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Not of the shape, not JSON, not even text, or nested without end; none of it is ever ours."""

Event = TypeVar("Event")


class Claim(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="claim"):
    """Takes a shard for `owner`, who answers forwarded commands at `url`."""

    epoch: int
    owner: str
    url: str


class Commit(
    msgspec.Struct,
    Generic[Event],
    frozen=True,
    kw_only=True,
    gc=False,  # there is no cycle in it
    tag_field="record",
    tag="commit",
):
    """All events of one command; `seq` is the shard's sequence number of the first.

    `reply` is what the command was answered, so that a repeat gets the same answer from any
    later owner.
    """

    epoch: int
    owner: str
    seq: int
    command_id: str
    metadata: Metadata
    events: Sequence[Event]
    reply: Any = None


class StoredCommit(Commit[Event], frozen=True, kw_only=True, gc=False, tag="commit"):
    """A commit as it is read: the reply stays JSON until somebody repeats the command."""

    reply: msgspec.Raw = NO_REPLY


class UnreadableEvent(DomainEvent, frozen=True, kw_only=True, tag="unreadable"):
    """Stands in for an accepted event that this version of the code cannot read.

    It keeps its place in the shard, so the gate is not affected; projections park its stream,
    and an owner refuses to serve a shard that holds one. Never written.
    """

    reason: str
    raw: bytes


class MalformedRecord(ValueError):
    """A record that is neither a claim nor a commit; the gate ignores it."""


def recorded_events(topic: str, partition: int, commit: Commit[DomainEvent]) -> Sequence[Recorded]:
    """The events of an accepted commit, each with its position in the shard."""
    return [
        Recorded(
            event, Position(topic, partition, commit.seq + i), commit.command_id, commit.metadata
        )
        for i, event in enumerate(commit.events)
    ]


class Codec:
    """Encodes and decodes the records of one category's topic.

    Reads every version of every event, and gives each as its newest, whichever it was written in.
    """

    def __init__(self, category: Category) -> None:
        self._upcasts = category.upcasts
        self._encode = msgspec.json.Encoder().encode
        self._decode = _decoder(category.event_types)
        self._decode_event = msgspec.json.Decoder(category.event_types).decode
        self._decode_skimmed = _decoder(msgspec.Raw)

    def encode(self, record: Claim | Commit[DomainEvent]) -> bytes:
        """The record's JSON."""
        return self._encode(record)

    def decode(self, value: bytes | None) -> Claim | StoredCommit[DomainEvent]:
        """Read a record; events nobody knows come back as `UnreadableEvent`.

        Raises `MalformedRecord` when the value is no record at all.
        """
        try:
            record: Claim | StoredCommit[DomainEvent] = self._decode(value or b"")
        except NOT_READ:
            return self._decode_leniently(value or b"")
        if self._upcasts and isinstance(record, StoredCommit):
            for event in record.events:
                if type(event) in self._upcasts:
                    return self._newest(record)
        return record

    def skim(self, value: bytes | None) -> Claim | StoredCommit[Any]:
        """Read a record without looking into its events, which stay JSON.

        Enough for the gate: raises `MalformedRecord` for exactly the values that `decode` does.
        """
        try:
            return self._decode_skimmed(value or b"")  # type: ignore[no-any-return]
        except NOT_READ as error:
            raise MalformedRecord(f"The value is neither a claim nor a commit: {error}.") from error

    def _newest(self, commit: StoredCommit[DomainEvent]) -> StoredCommit[DomainEvent]:
        events = [self._upcast(event) for event in commit.events]
        return msgspec.structs.replace(commit, events=events)

    def _upcast(self, event: DomainEvent) -> DomainEvent:
        upcast = self._upcasts.get(type(event))
        if upcast is None:
            return event
        try:
            return upcast(event)
        except Exception as error:  # noqa: BLE001 - one event that fails must not hide all others
            raw = msgspec.json.encode(event)
            return _unreadable(raw, f"{event.wire_name()}: {type(error).__name__}: {error}")

    def _decode_leniently(self, value: bytes) -> Claim | StoredCommit[DomainEvent]:
        record = self.skim(value)
        if isinstance(record, Claim):
            return record
        return StoredCommit(
            epoch=record.epoch,
            owner=record.owner,
            seq=record.seq,
            command_id=record.command_id,
            metadata=record.metadata,
            events=[self._read_event(raw) for raw in record.events],
            reply=record.reply,
        )

    def _read_event(self, raw: msgspec.Raw) -> DomainEvent:
        try:
            return self._upcast(self._decode_event(raw))
        except NOT_READ as error:
            return _unreadable(bytes(raw), str(error))


def _decoder(event: Any) -> Callable[[bytes], Any]:
    # The event types are known at run time only, so the type has to be put together there.
    return msgspec.json.Decoder(Claim | StoredCommit.__class_getitem__(event)).decode  # type: ignore[attr-defined]


class _Identity(msgspec.Struct):
    """As much of an event as every version of it has."""

    originator_id: str = ""
    originator_version: int = 0
    timestamp: datetime = datetime.fromtimestamp(0, UTC)


def _unreadable(raw: bytes, reason: str) -> UnreadableEvent:
    try:
        known = msgspec.json.decode(raw, type=_Identity)
    except NOT_READ:
        known = _Identity()
    return UnreadableEvent(
        originator_id=known.originator_id,
        originator_version=known.originator_version,
        timestamp=known.timestamp,
        reason=reason,
        raw=raw,
    )
