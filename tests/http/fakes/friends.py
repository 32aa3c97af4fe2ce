"""Friends as the read model would show them."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from domain.friends.view import Relation
from projections.friends.friends import (
    BlockedPage,
    BlockedPerson,
    Friend,
    FriendPage,
    Suggestion,
    next_after,
    of_blocks,
    of_friends,
)
from tests.http.fakes.log import FakeReadModel


class FakeFriends(FakeReadModel):
    """Friends, straight from the log."""

    async def page(
        self, user_id: str, relations: Sequence[Relation], *, after: str, limit: int
    ) -> FriendPage:
        chosen = [
            (other, row)
            for other, row in self._rows(of_friends, user_id, after)
            if row["relation"] in relations
        ]
        people = [Friend(user_id=other, **row) for other, row in chosen[:limit]]
        return FriendPage(people=people, after=next_after(chosen, limit))

    async def of(self, user_id: str) -> Sequence[tuple[str, Relation]]:
        return [(other, row["relation"]) for other, row in self._rows(of_friends, user_id, "")]

    async def blocked(self, user_id: str, *, after: str, limit: int) -> BlockedPage:
        chosen = self._rows(of_blocks, user_id, after)
        people = [BlockedPerson(user_id=other, **row) for other, row in chosen[:limit]]
        return BlockedPage(people=people, after=next_after(chosen, limit))

    async def suggested(self, user_id: str, *, limit: int) -> Sequence[Suggestion]:
        mine = {other: row["relation"] for other, row in self._rows(of_friends, user_id, "")}
        known = {user_id, *mine, *self._blocked(user_id)}
        common = Counter(
            other
            for friend, relation in mine.items()
            if relation == "friends"
            for other, row in self._rows(of_friends, friend, "")
            if row["relation"] == "friends"
            and other not in known
            and user_id not in self._blocked(other)
        )
        chosen = sorted(common.items(), key=lambda each: (-each[1], each[0]))[:limit]
        return [Suggestion(user_id=other, common=count) for other, count in chosen]

    def _blocked(self, user_id: str) -> set[str]:
        return {other for other, _ in self._rows(of_blocks, user_id, "")}

    def _rows(self, of: Any, user_id: str, after: str) -> list[tuple[str, Any]]:
        rows: dict[tuple[str, str], Any] = {}
        for recorded in self.log.events["social-log"]:
            rows |= of(recorded.event)
        return sorted(
            (other, row)
            for (one, other), row in rows.items()
            if one == user_id and row is not None and other > after
        )
