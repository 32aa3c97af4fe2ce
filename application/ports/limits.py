"""How often somebody may ask or try, and what happens once."""

from typing import Protocol, Self


class Limited(Exception):
    """Somebody asks too often; the same request is worth repeating after `retry_after` seconds.

    `limit` is how many are allowed, a second if the message does not say otherwise, `remaining` how
    many of them are left, and `reset_after` in how many seconds all of them will be.
    """

    def __init__(
        self,
        message: str,
        *,
        limit: int,
        remaining: int,
        reset_after: float,
        retry_after: float,
    ) -> None:
        super().__init__(message)
        self.limit = limit
        self.remaining = remaining
        self.reset_after = reset_after
        self.retry_after = retry_after

    @classmethod
    def after_tries(cls, message: str, most: int, seconds: int) -> Self:
        """Somebody has had all of their `most` tries within so many seconds."""
        return cls(message, limit=most, remaining=0, reset_after=seconds, retry_after=seconds)


class Limits(Protocol):
    """Bounds how often somebody may ask."""

    async def admit(self, key: str, cost: int = 1) -> None:
        """Return when `key` may have `cost` more; raises `Limited`."""


class Once(Protocol):
    """Knows what has been done already."""

    async def first(self, name: str, seconds: int) -> bool:
        """Whether nobody has asked for this name within so many seconds; from now on somebody has.

        Raises where that cannot be known at the moment.
        """


class Tries(Protocol):
    """Counts what may be tried some times only."""

    async def may_try(self, name: str, most: int, seconds: int) -> bool:
        """Whether this is one of the first `most` tries under a name within so many seconds.

        Raises where that cannot be known at the moment.
        """
