"""Who is signed in at which browser."""

from datetime import datetime
from typing import Literal, Protocol

import msgspec

Way = Literal["guest", "link", "provider", "mail"]
"""By a name that somebody chose, by a link that the hall has printed, by an identity provider, by a
mail to an address."""


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is signed in at a browser, until they sign out or it expires."""

    user_id: str
    name: str
    """What people call them."""
    scope: Literal["player", "admin"]
    way: Way
    expires_at: datetime


class SignIns(Protocol):
    """Keeps sign-ins by a digest of the secret that the browser has, and never the secret.

    Raises what its client raises where it is away.
    """

    async def begin(self, digest: bytes, sign_in: SignIn, once: str | None = None) -> bool:
        """Keep a sign-in; False where somebody has signed in with this `once` before."""

    async def find(self, digest: bytes) -> SignIn | None:
        """A sign-in that has neither ended nor expired."""

    async def end(self, digest: bytes) -> None:
        """End a sign-in, if there is one."""
