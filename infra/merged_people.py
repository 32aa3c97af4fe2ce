"""What a merge asks read models for: who has played what, and who was merged into whom."""

from collections.abc import Sequence

from infra.postgres.caught_up import away_or_missing, require_caught_up
from projections.accounts.accounts import AccountQueries
from projections.games.game_records import GameQueries
from projections.positions import Pool


class PlayedGamesInPostgres:
    """Implements `games.people.PlayedGames`."""

    def __init__(self, bootstrap: str, pool: Pool, games: GameQueries) -> None:
        self._bootstrap = bootstrap
        self._pool = pool
        self._games = games

    async def seats_of(self, player: str, but_with: str, limit: int) -> list[str]:
        """See the port."""
        await require_caught_up(self._bootstrap, self._pool, self._games.name)
        with away_or_missing("Games cannot be looked up"):
            return await self._games.seats_of(player, but_with, limit)


class GuestsInPostgres:
    """Implements `accounts.people.GuestList`."""

    def __init__(self, bootstrap: str, pool: Pool, accounts: AccountQueries) -> None:
        self._bootstrap = bootstrap
        self._pool = pool
        self._accounts = accounts

    async def guests_of(self, user_id: str) -> Sequence[str]:
        """See the port."""
        await require_caught_up(self._bootstrap, self._pool, self._accounts.name)
        with away_or_missing("It is not known who was merged into the account"):
            return await self._accounts.guests_of(user_id)
