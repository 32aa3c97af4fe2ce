"""What an erasure asks the read model of friends for: who is something to somebody."""

from collections.abc import Sequence

from domain.friends.view import Relation
from infra.postgres.caught_up import away_or_missing, require_caught_up
from projections.friends.friends import FriendQueries
from projections.positions import Pool


class KnownFriendsInPostgres:
    """Implements `friends.people.KnownFriends`."""

    def __init__(self, bootstrap: str, pool: Pool, friends: FriendQueries) -> None:
        self._bootstrap = bootstrap
        self._pool = pool
        self._friends = friends

    async def of(self, user_id: str) -> Sequence[tuple[str, Relation]]:
        """See the port."""
        await require_caught_up(self._bootstrap, self._pool, self._friends.name)
        with away_or_missing("Friends cannot be looked up"):
            return await self._friends.of(user_id)
