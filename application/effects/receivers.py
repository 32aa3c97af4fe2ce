"""Where people are told of something, as adapters ask for it."""

from collections.abc import Awaitable, Callable
from typing import Protocol

AddressOf = Callable[[str], Awaitable[str | None]]
"""The e-mail address of a person's account, by the person's id; None where there is none.

Raises `Unavailable` where it cannot be looked up.
"""


class Telling(Protocol):
    """Tells those who are listening at this moment."""

    async def tell(self, channel: str, payload: str) -> int:
        """How many processes of the API heard it and have somebody who listens.

        `channel` is the id of a person, or as `listening.channel_of_room` has it. Raises `NotTold`
        and `PerhapsTold`.
        """

    async def close(self) -> None:
        """Let go of connections."""


class NotTold(Exception):
    """Nobody was told, and nobody will be."""


class PerhapsTold(Exception):
    """It is not known who was told."""
