"""Offers of another game, which are forgotten where nobody takes them up."""

from collections.abc import Collection
from typing import Protocol

OFFER_LIFETIME_S = 60
"""Seconds; who has gone meanwhile is not seated at another table."""


class OfferStore(Protocol):
    """Knows who has offered what; raises what its client raises where it is away."""

    async def add(self, name: str, user_id: str, seconds: int) -> None:
        """Keep for so many seconds that a user has offered something."""

    async def users(self, name: str) -> Collection[str]:
        """Who has."""


class Offers:
    """Who has offered another game after one that is over."""

    def __init__(self, store: OfferStore) -> None:
        self._store = store

    async def offer(self, game_id: str, user_id: str) -> None:
        """Take note that a player would play again."""
        await self._store.add(f"rematch:{game_id}", user_id, OFFER_LIFETIME_S)

    async def of(self, game_id: str) -> Collection[str]:
        """The players who would."""
        return await self._store.users(f"rematch:{game_id}")
