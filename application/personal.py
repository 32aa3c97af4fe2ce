"""Events as people may read them."""

from collections.abc import Callable
from typing import Any

import msgspec

from domain.events import DomainEvent
from domain.personal import Sealed

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
