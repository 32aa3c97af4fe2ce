"""Where people are told of something, as adapters ask for it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

AddressOf = Callable[[str], Awaitable[str | None]]
"""The e-mail address of a person's account, by the person's id; None where there is none.

Raises `Unavailable` where it cannot be looked up.
"""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """Where a browser is pushed to, and what it alone reads: its key, and a secret (RFC 8291)."""

    id: str
    endpoint: str
    p256dh: bytes
    auth: bytes


class Subscriptions(Protocol):
    """Where people asked to be pushed to."""

    async def of(self, person: str) -> Sequence[Subscription]:
        """All of a person; raises `Unavailable` where they cannot be looked up."""

    async def forget(self, subscription: str) -> None:
        """Remove one that its push service does not know any more."""


class Telling(Protocol):
    """Tells those who are listening at this moment."""

    async def tell(self, channel: str, payload: bytes) -> int:
        """How many processes of the API heard it and have somebody who listens.

        `channel` is `person:<id>` or `room:<id>`. Raises `Unavailable` where nobody was asked, and
        `TimeoutError` where it is not known who heard it.
        """
