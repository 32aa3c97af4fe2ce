"""Browsers that somebody asked to be told at, while no page of the hall is open there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """Where a browser is pushed to, and what it alone reads: its key, and a secret (RFC 8291).

    `id` is a digest of the endpoint, so a browser that comes again is the same.
    """

    id: str
    endpoint: str
    p256dh: bytes
    auth: bytes


class KnownSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one without opening it."""

    id: str
    made_at: datetime


class Browsers(Protocol):
    """Where people asked to be pushed to; every method raises `Unavailable`."""

    async def of(self, person: str) -> Sequence[Subscription]:
        """All of a person that can be read."""

    async def forget(self, id: str) -> None:
        """Remove one, which its push service does not know any more."""


class OwnBrowsers(Browsers, Protocol):
    """The same, as people give and take them themselves."""

    async def add(self, person: str, subscription: Subscription) -> KnownSubscription:
        """Push to this browser; if it was somebody else's, it is no longer."""

    async def known(self, person: str) -> Sequence[KnownSubscription]:
        """All of a person, the newest first."""

    async def remove(self, person: str, id: str) -> bool:
        """Push there no more; whether it was this person's."""
