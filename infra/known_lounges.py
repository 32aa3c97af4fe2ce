"""What an erasure asks the read model of lounges for: whose there are, and who is where."""

from application.lounges.people import LoungesOfPerson
from infra.postgres.caught_up import away_or_missing, require_caught_up
from projections.lounges.queries import LoungeQueries
from projections.positions import Pool


class KnownLoungesInPostgres:
    """Implements `lounges.people.KnownLounges`."""

    def __init__(self, bootstrap: str, pool: Pool, lounges: LoungeQueries) -> None:
        self._bootstrap = bootstrap
        self._pool = pool
        self._lounges = lounges

    async def of_person(self, user_id: str) -> LoungesOfPerson:
        """See the port."""
        await require_caught_up(self._bootstrap, self._pool, self._lounges.name)
        with away_or_missing("Rooms cannot be looked up"):
            opened = await self._lounges.all_opened_by(user_id)
            inside = await self._lounges.inside(user_id)
        return LoungesOfPerson(opened, inside)
