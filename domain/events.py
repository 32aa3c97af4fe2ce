"""What an event is, and what a reader of the log gets to see of one."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, NamedTuple, Self

import msgspec


class DomainEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", gc=False):
    """A past fact about one aggregate; satisfies `eventsourcing.domain.DomainEventProtocol`.

    A subclass pins its wire name with `tag=`, for example `tag="waitroom.joined.v1"`.
    The log keeps that name for ever, so it never changes; a changed shape is a new version: a
    class of its own, which names the version before it as `former` and makes one of those into
    one of its own in `upcast`. Only the newest is written, and the only one that readers get.

    What was read from JSON holds no cycle, so the garbage collector need not look at it.
    """

    originator_id: str
    originator_version: int
    timestamp: datetime

    former: ClassVar[type["DomainEvent"] | None] = None

    @classmethod
    def upcast(cls, former: Any) -> Self:
        """An event of this version that tells what one of the former tells; pure."""
        raise NotImplementedError(f"{cls.__name__} does not say how it reads {former!r}.")

    @classmethod
    def upcasts(cls) -> "Iterator[tuple[type[DomainEvent], Callable[[Any], Self]]]":
        """Every former version, the latest first, and what makes one of it into one of these."""
        if cls.former is not None:
            yield cls.former, cls.upcast
            for older, step in cls.former.upcasts():
                yield older, partial(cls._upcast_by, step)

    @classmethod
    def _upcast_by(cls, step: "Callable[[Any], DomainEvent]", event: "DomainEvent") -> Self:
        return cls.upcast(step(event))

    def facts(self) -> dict[str, Any]:
        """What it tells beyond what every event does, by field."""
        common = DomainEvent.__struct_fields__
        return {name: getattr(self, name) for name in self.__struct_fields__ if name not in common}

    def as_told_to(self, person: str) -> "DomainEvent | None":
        """The event as somebody whom it names may know of it; None where they may not at all."""
        return self

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
