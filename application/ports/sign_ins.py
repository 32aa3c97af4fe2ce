"""Who is signed in at which browser."""

from datetime import datetime
from typing import Literal, Protocol

import msgspec

Way = Literal["guest", "link", "provider", "passkey", "mail"]
"""By a name that somebody chose, by a link that the hall has printed, by an identity provider, by a
passkey of an account, by a mail to an address."""

OfPeople = Literal["player", "admin"]
"""Scopes in which people sign in. An id may be a player's and an operator's, who are two people."""


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is signed in at a browser, until they sign out or it expires."""

    id: str
    """What it is called in lists; it opens nothing."""
    user_id: str
    name: str
    """What people call them."""
    scope: OfPeople
    way: Way
    device: str
    """Which browser and system it is, coarsely, or nothing."""
    began_at: datetime
    expires_at: datetime


class SeenSignIn(SignIn, frozen=True, kw_only=True):
    """A sign-in, and when the browser was last seen, give or take ten minutes."""

    seen_at: datetime


class SignIns(Protocol):
    """Keeps sign-ins by a digest of the secret that the browser has, and never the secret.

    Raises what its client raises where it is away.
    """

    async def begin(self, digest: bytes, sign_in: SignIn, once: str | None = None) -> bool:
        """Keep a sign-in; False where somebody has signed in with this `once` before."""

    async def find(self, digest: bytes) -> SignIn | None:
        """A sign-in that has neither ended nor expired; its browser has been seen."""

    async def end(self, digest: bytes) -> None:
        """End a sign-in, if there is one."""

    async def of_user(self, user_id: str, scope: OfPeople) -> list[SeenSignIn]:
        """All of somebody that are good, the one that was seen last first."""

    async def end_of(
        self,
        user_id: str,
        scope: OfPeople,
        *,
        only: str | None = None,
        but: str | None = None,
    ) -> list[bytes]:
        """End all of somebody, or `only` the one of this id, or all `but` it: their digests."""


class Endings(Protocol):
    """Tells every process of the API at once which sign-ins have ended.

    Nothing rests on it: who has not heard looks again after a while.
    """

    async def tell(self, digests: list[bytes]) -> None:
        """Tell; does nothing where it cannot."""
