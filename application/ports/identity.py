"""Whoever knows people by their accounts elsewhere."""

from typing import NamedTuple, Protocol


class ProviderRefused(Exception):
    """A sentence on why somebody was not signed in by the identity provider."""


class Attempt(NamedTuple):
    """What belongs to one attempt to sign in, and to no other."""

    state: str
    """Comes back in the address, and says which attempt it was."""
    nonce: str
    """Comes back in what the provider signs."""
    verifier: str
    """Is told to the provider only at the end; a digest of it at the beginning (PKCE)."""


class Visitor(NamedTuple):
    """Somebody as the provider knows them."""

    subject: str
    """Never changes, and is nobody else's at this provider."""
    name: str


class IdentityProvider(Protocol):
    """Signs people in elsewhere; raises `ProviderRefused`, also where it is away."""

    name: str
    """What people call it."""

    issuer: str

    async def address(self, attempt: Attempt) -> str:
        """Where a browser goes to sign in."""

    async def visitor(self, attempt: Attempt, code: str) -> Visitor:
        """Who has come back with this code."""
