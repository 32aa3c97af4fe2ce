"""Lounges as the read model would show them."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from application.lounges.people import LoungesOfPerson
from domain.lounges.view import LoungeStander
from projections.lounges.changes import LoungeChanges
from projections.lounges.lounges import lounge_row, there
from projections.lounges.queries import (
    EntriesOfDay,
    LoungePage,
    LoungeRow,
    LoungeStanding,
)
from tests.http.fakes.log import FakeReadModel


class FakeLounges(FakeReadModel):
    """Lounges, straight from the log."""

    async def public(self, *, before: str | None, limit: int) -> LoungePage:
        rows = self._rows()
        ids = [each.room_id for each in rows]
        first = 0 if before is None else ids.index(before) + 1 if before in ids else len(ids)
        left = [each for each in rows[first:] if each.access == "public" and not each.closed]
        page, more = left[:limit], len(left) > limit
        return LoungePage(lounges=page, before=page[-1].room_id if more else None)

    async def lounge(self, room_id: str) -> LoungeRow | None:
        return next((each for each in self._rows() if each.room_id == room_id), None)

    async def people(self, room_id: str) -> Sequence[LoungeStander]:
        people = there(self._changes.people)
        inside = [
            LoungeStander(user_id=user, **row) for (room, user), row in people if room == room_id
        ]
        return sorted(inside, key=lambda each: (each.since, each.user_id))

    async def standings(self, room_id: str) -> Sequence[LoungeStanding]:
        found = [
            LoungeStanding(user_id=user, kind=kind, **row)
            for (room, user, kind), row in there(self._changes.standings)
            if room == room_id and room not in self._changes.closed
            if row["until"] is None or row["until"] > self.log.now
        ]
        return sorted(found, key=lambda each: (each.kind, each.user_id))

    async def opened_by(self, user_id: str) -> Sequence[LoungeRow]:
        return [each for each in self._rows() if each.owner == user_id and not each.closed]

    async def inside(self, user_id: str) -> Sequence[str]:
        people = [
            (room, row) for (room, user), row in there(self._changes.people) if user == user_id
        ]
        people.sort(key=lambda each: each[1]["since"], reverse=True)
        return [room for room, _ in people]

    async def entries(self, room_id: str, *, limit: int) -> Sequence[EntriesOfDay]:
        days: Counter[date] = Counter()
        for (room, day), count in self._changes.days.items():
            days[day] += count if room == room_id else 0
        return [EntriesOfDay(day=day, entries=days[day]) for day in sorted(+days, reverse=True)][
            :limit
        ]

    async def of_person(self, user_id: str) -> LoungesOfPerson:
        opened = [each.room_id for each in await self.opened_by(user_id)]
        return LoungesOfPerson(opened, await self.inside(user_id))

    @property
    def _changes(self) -> LoungeChanges:
        return LoungeChanges(self.log.events["social-log"])

    def _rows(self) -> list[LoungeRow]:
        """Those that were opened last come first."""
        changes = self._changes
        rows: list[dict[str, Any]] = [
            lounge_row(room, event) for room, event in changes.opened.items()
        ]
        for row in rows:
            room = row["room_id"]
            row |= {"players": changes.players.get(room, 0), "closed": room in changes.closed}
            row["entries"] = changes.entries.get(room, 0)
        return [msgspec.convert(row, LoungeRow) for row in reversed(rows)]
