"""Friends as the read model would show them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from application.ports.listening import OnlineStatus
from domain.friends.view import Relation
from projections.friends.friends import (
    BlockedPage,
    BlockedPerson,
    Friend,
    FriendPage,
    HiddenPage,
    Suggestion,
    next_after,
    of_blocks,
    of_friends,
    of_hidden,
)
from tests.http.fakes.listening import FakeListening
from tests.http.fakes.log import FakeReadModel


class FakePresence:
    """Implements `listening.WhoIsOnline`: whoever listens is there."""

    def __init__(self, listening: FakeListening) -> None:
        self._listening = listening
        self.last: dict[str, datetime] = {}

    async def look(self, people: Sequence[str]) -> Mapping[str, OnlineStatus]:
        there = self._listening.channels
        return {each: OnlineStatus(each in there, self.last.get(each)) for each in people}

    async def forget(self, user_id: str) -> int:
        return 0 if self.last.pop(user_id, None) is None else 1


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

    async def hidden(self, user_id: str, *, after: str, limit: int) -> HiddenPage:
        hidden: dict[str, datetime | None] = {}
        for recorded in self.log.events["social-log"]:
            hidden |= of_hidden(recorded.event)
        chosen = [
            (other, hidden.get(other))
            for other, row in self._rows(of_friends, user_id, after)
            if row["relation"] == "friends"
        ]
        return HiddenPage(dict(chosen[:limit]), next_after(chosen, limit))

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
