"""What happened, as rules see it: the same for events of the log and records of public topics."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from application.effects.ports import Facts
from domain.events import DomainEvent, Position, Recorded
from domain.personal import Sealed


class Happening(NamedTuple):
    """An event, or a message of a public topic, at its place.

    `type` is what its topic calls it, or empty where all there are alike. `facts` hold nothing that
    is sealed. `at` is when it happened, as far as its topic tells.
    """

    position: Position
    type: str
    at: datetime | None
    facts: Facts


def of_event(recorded: Recorded) -> Happening:
    """What an event of the log tells in the open."""
    event = recorded.event
    return Happening(recorded.position, event.wire_name(), event.timestamp, open_facts(event))


def open_facts(event: DomainEvent) -> Mapping[str, Any]:
    """The facts of an event as they stand in the log, without what is sealed."""
    written = msgspec.to_builtins(event)
    sealed = {name for name, fact in event.facts().items() if isinstance(fact, Sealed)}
    return {name: fact for name, fact in written.items() if name not in sealed and name != "type"}


def of_message(position: Position, at: datetime, value: bytes | None, type_field: str) -> Happening:
    """What a message of a public topic tells; one that is no object tells nothing."""
    try:
        facts = msgspec.json.decode(value or b"{}", type=dict[str, Any])
    except msgspec.DecodeError:
        facts = {}
    return Happening(position, str(facts.get(type_field, "")), at, facts)
