"""What people are to each other, as the family of friends knows it, for features that ask."""

from collections.abc import Sequence

from application.ports.commands import Unavailable
from application.ports.people import Execute
from application.ports.relationships import Between
from domain.events import Position
from domain.friends.commands import LookAtRelationship
from domain.friends.view import RelationshipView
from projections.friends.friends import FriendQueries

CATCH_UP_S = 2.0
"""For which the read model is waited for; it is milliseconds behind."""

PAGE_PEOPLE = 1_000


class RelationshipsOfFriends:
    """Implements `ports.relationships.Relationships`."""

    def __init__(self, friends: FriendQueries) -> None:
        self._friends = friends

    async def between(self, one: str, other: str, execute: Execute) -> Between:
        """See the port."""
        answer = await execute(LookAtRelationship(user_id=one, other_id=other))
        view = answer.told(RelationshipView)
        return Between(view.friends, view.blockers)

    async def blocked_by(self, user_id: str, position: Position | None) -> Sequence[str]:
        """See the port; raises `ReadModelMissing`, too."""
        if position is not None and not await self._friends.wait_for(position, CATCH_UP_S):
            raise Unavailable(f"Blocks are not known as far as {position}.")
        found: list[str] = []
        after: str | None = ""
        while after is not None:
            page = await self._friends.blocked(user_id, after=after, limit=PAGE_PEOPLE)
            found += [each.user_id for each in page.people]
            after = page.after
        return found
