"""On what rules can stand: each topic, what its events are called, and which fields they have."""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from application.outbox import Outbox
from application.topics import Topic
from domain.category import Category
from domain.events import DomainEvent
from domain.personal import Sealed


class Holds(Enum):
    """What a field of an event holds."""

    PLAIN = "a text, a number, a time, or yes or no"
    SEALED = "a text that is sealed, which nobody opens for a rule"
    MORE = "a list or an object"


Fields = Mapping[str, Holds]

TYPE_FIELD = "event_type"
"""In which messages of public topics say what they are, where their topic has several kinds."""


class SourceTopic(NamedTuple):
    """A topic on which a rule can stand, one of the log where it is `gated`.

    `types` are what its events are called, each with its fields; a topic whose messages are all
    alike has one, which is called nothing.
    """

    topic: str
    partitions: int
    gated: bool
    types: Mapping[str, Fields]


def of_log(category: Category, partitions: int) -> SourceTopic:
    """A topic of the log."""
    types = {event.wire_name(): fields_of(event) for event in category.evolvers}
    return SourceTopic(category.topic, partitions, gated=True, types=types)


def fields_of(event: type[DomainEvent]) -> Fields:
    """The fields of an event."""
    hints = get_type_hints(event, include_extras=True)
    return {name: _holds(hints[name]) for name in event.__struct_fields__}


def _holds(hint: Any) -> Holds:
    kinds = set(_kinds(hint))
    if Sealed in kinds:
        return Holds.SEALED
    return Holds.MORE if any(map(_is_more, kinds)) else Holds.PLAIN


def _kinds(hint: Any) -> Iterator[Any]:
    """The classes that a field may be of."""
    origin = get_origin(hint)
    if origin is None or (isinstance(origin, type) and issubclass(origin, Iterable)):
        yield hint if origin is None else origin
    elif hasattr(hint, "__metadata__"):
        yield from _kinds(hint.__origin__)
    else:
        yield from (kind for each in get_args(hint) for kind in _kinds(each))


def _is_more(kind: Any) -> bool:
    if not isinstance(kind, type) or issubclass(kind, str):  # a literal is what it says
        return False
    return issubclass(kind, Iterable) or hasattr(kind, "__struct_fields__")


def of_outbox(outbox: Outbox) -> Iterator[SourceTopic]:
    """The public topics of an outbox."""
    for topic in outbox.topics:
        yield _of_topic(topic, outbox)


def _of_topic(topic: Topic, outbox: Outbox) -> SourceTopic:
    types = {
        name: dict.fromkeys(fields, Holds.PLAIN)
        for name, fields in outbox.tells[topic.name].items()
    }
    return SourceTopic(topic.name, topic.partitions, gated=False, types=types)
