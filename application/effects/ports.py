"""What performs effects, each of one kind."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from application.ports.deliveries import Delivery
from domain.effects.actions import Action
from domain.events import Position


class Effect(NamedTuple):
    """What is to be done because of one event.

    `id` is the same however often it is tried, and that of no other: the rule's name and the
    event's position. `action` has no placeholders any more. `event` is what happened, as JSON:
    `id`, `rule`, `position`, `type`, `timestamp` and `data`.
    """

    id: str
    rule: str
    position: Position
    action: Action
    event: bytes


class Adapter(Protocol):
    """Performs effects of one kind; for one event loop."""

    async def perform(self, effect: Effect) -> Delivery:
        """Do it, and say what became of it, within a time that is bounded.

        Raises nothing that the other side does. Whatever is raised all the same counts as unknown.
        """

    async def close(self) -> None:
        """Let go of connections."""


Adapters = Mapping[str, Adapter]
"""By the kind of the action."""

Facts = Mapping[str, Any]
"""What an event tells, by field."""
