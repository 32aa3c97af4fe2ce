"""What players' events need from outside."""

from collections.abc import Awaitable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from domain.events import Position
from domain.player_events.event import PlayerEvent


class FailedEvent(NamedTuple):
    """What was sent as a player's event and is none: as it came, and where what does not fit."""

    value: bytes
    field: str
    reason: str
    subject: str


class PlayerEventLog(Protocol):
    """Keeps what players did."""

    def reserve(self, size: int) -> AbstractContextManager[None]:
        """Keep room for `size` bytes during the block, in which they are looked at.

        Raises `Unavailable` where there is none, since too much is on its way already.
        """

    def append(
        self,
        events: Sequence[PlayerEvent],
        failed: Sequence[FailedEvent] = (),
        traceparent: bytes | None = None,
    ) -> Awaitable[Position | None]:
        """Append events, and set aside what failed; what it gives waits until all are acknowledged.

        That is the place of the last event. Raises `Unavailable` when too much is on its way
        already, and then nothing is appended; waiting does so when not all is acknowledged in
        time, and then some may have been. Who waits need not keep the events until then.
        """
