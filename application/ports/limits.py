"""How often somebody may ask."""

from typing import Protocol


class Limited(Exception):
    """Somebody asks too often; the same request is worth repeating after `retry_after` seconds.

    `limit` is how many a second are allowed, `remaining` how many of them are left, and
    `reset_after` in how many seconds all of them will be.
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


class Limits(Protocol):
    """Bounds how often somebody may ask."""

    async def admit(self, key: str, cost: int = 1) -> None:
        """Return when `key` may have `cost` more; raises `Limited`."""
