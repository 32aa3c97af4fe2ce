"""What an event is, and what a reader of the log gets to see of one."""

from datetime import datetime
from typing import NamedTuple

import msgspec


class DomainEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", gc=False):
    """A past fact about one aggregate; satisfies `eventsourcing.domain.DomainEventProtocol`.

    A subclass pins its wire name with `tag=`, for example `tag="waitroom.joined.v1"`.
    The log keeps that name for ever, so it never changes; a changed shape is a new version.
    What was read from JSON holds no cycle, so the garbage collector need not look at it.
    """

    originator_id: str
    originator_version: int
    timestamp: datetime

    @classmethod
    def wire_name(cls) -> str:
        """The permanent name of this event in the log."""
        return str(cls.__struct_config__.tag)


class Metadata(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Who caused a command, and why; stored beside the events it led to.

    `actor` is the token's subject, `correlation_id` groups all that follows from one request,
    `causation_id` names the event or message that this command reacts to, `traceparent` is the
    W3C trace context, and `fingerprint` tells whether a repeated idempotency key came with the
    same request.
    """

    actor: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    fingerprint: str | None = None


class Position(NamedTuple):
    """The place of an event: shard (`topic`, `partition`) and the shard's sequence number.

    Written `waitroom-log/3@17`. A shard that holds nothing yet is at `seq` -1.
    """

    topic: str
    partition: int
    seq: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}@{self.seq}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Read the written form; raises `ValueError` with a sentence when it is not one."""
        shard, _, seq = text.rpartition("@")
        topic, _, partition = shard.rpartition("/")
        if not (topic and partition.isdecimal() and seq.removeprefix("-").isdecimal()):
            raise ValueError(
                f"{text!r} is not a position; write it as an answer's Position header does, "
                "for example waitroom-log/3@17."
            )
        return cls(topic, int(partition), int(seq))


class Recorded(NamedTuple):
    """An event that the gate accepted, with its place in the log and its circumstances."""

    event: DomainEvent
    position: Position
    command_id: str
    metadata: Metadata
