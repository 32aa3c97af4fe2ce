"""Events as people may read them."""

from collections.abc import Callable
from typing import Any

import msgspec

from domain.events import DomainEvent, Recorded
from domain.personal import Sealed, fields_with_people

Open = Callable[[Sealed], str | None]
"""Gives a sealed text as it reads, or None where its subject has been erased."""


def opened(event: DomainEvent, open: Open) -> dict[str, Any]:
    """An event's own facts as they are in the log, with the sealed ones opened."""
    written = msgspec.to_builtins(event)
    return {
        name: open(fact) if isinstance(fact, Sealed) else written[name]
        for name, fact in event.facts().items()
        if name in written
    }


def concerns(recorded: Recorded, user_id: str, *, of_people: bool) -> bool:
    """Whether an event names somebody who may know of it, or somebody caused it.

    `of_people` says that its aggregate is a person, who is named by that.
    """
    event = recorded.event
    return event.as_told_to(user_id) is not None and (
        (of_people and event.originator_id == user_id)
        or recorded.metadata.actor == user_id
        or any(getattr(event, name) == user_id for name in fields_with_people(type(event)))
    )


def told_to(recorded: Recorded, user_id: str, open: Open) -> dict[str, Any]:
    """An event as somebody may read it whom it concerns: of others it tells ids, and no names."""

    def own(sealed: Sealed) -> str | None:
        return open(sealed) if sealed.subject == user_id else None

    event, metadata = recorded.event.as_told_to(user_id), recorded.metadata
    assert event is not None, "nobody is told what does not concern them"
    told = {
        "position": str(recorded.position),
        "type": event.wire_name(),
        "of": event.originator_id,
        "at": event.timestamp,
        "facts": opened(event, own),
    }
    if metadata.actor == user_id:
        told |= {
            "command_id": recorded.command_id,
            "metadata": msgspec.to_builtins(metadata),
        }
    return told
