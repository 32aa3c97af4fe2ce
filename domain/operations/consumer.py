"""A consumer of topics, and the positions that an operator lets it pass over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from domain.aggregate import Aggregate, Command, decides, evolves
from domain.events import DomainEvent
from domain.keys import NewKey
from domain.personal import OpenText, ThingId
from domain.refusals import Refusal
from domain.snapshot import Snapshot, State

MOST_SKIPPED = 1_000
"""Positions that one consumer passes over. Who needs more has not one bad record, but a bad
consumer."""

PositionText = Annotated[
    str,
    msgspec.Meta(max_length=300, pattern=r"^[^/@\s]+/[0-9]+@[0-9]+$", examples=["game-log/3@17"]),
]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


class SkipPosition(Command, frozen=True, kw_only=True, tag="consumer.skip"):
    """Let a consumer pass over what is at a position, as if it were not there."""

    consumer: NewKey
    position: PositionText
    reason: Reason

    @property
    def aggregate_id(self) -> str:
        """The consumer."""
        return self.consumer


class PositionSkipped(DomainEvent, frozen=True, kw_only=True, tag="consumer.position-skipped.v1"):
    """An operator let the consumer pass over a position."""

    position: ThingId
    reason: OpenText


class ConsumerView(msgspec.Struct, frozen=True, kw_only=True):
    """The positions that a consumer passes over, with the reason for each."""

    consumer: str
    skipped: dict[str, str]


class ConsumerState(State, frozen=True, kw_only=True, tag="consumer.snapshot.v1"):
    """Positions and reasons, in the order of the decisions."""

    skipped: Sequence[tuple[str, str]]


class TooManySkipped(Refusal, type="too-many-skipped"):
    """The consumer passes over so much already that something else must be wrong."""


class Consumer(Aggregate):
    """A consumer of topics; its stream key is the name of the worker."""

    states = (ConsumerState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._skipped: dict[str, str] = {}

    @decides(SkipPosition)
    def skip(self, command: SkipPosition, _now: datetime) -> ConsumerView:
        """Pass over a position; one that is passed over stays so. Raises `TooManySkipped`."""
        if command.position not in self._skipped:
            if len(self._skipped) >= MOST_SKIPPED:
                raise TooManySkipped(
                    f"{self.id!r} passes over {MOST_SKIPPED} positions already; mend the consumer."
                )
            self._record(PositionSkipped, position=command.position, reason=command.reason)
        return self.view

    @evolves(PositionSkipped)
    def _on_skipped(self, event: PositionSkipped) -> None:
        self._skipped[event.position] = event.reason

    @property
    def view(self) -> ConsumerView:
        """What it passes over."""
        return ConsumerView(consumer=self.id, skipped=dict(self._skipped))

    def state(self) -> ConsumerState:
        """What it passes over."""
        return ConsumerState(skipped=list(self._skipped.items()))

    def _restore(self, snapshot: Snapshot) -> None:
        assert isinstance(snapshot.state, ConsumerState)
        self._skipped = dict(snapshot.state.skipped)
