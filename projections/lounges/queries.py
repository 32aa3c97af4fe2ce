"""What the read model of lounges answers."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from psycopg.rows import class_row, tuple_row

from domain.lounges.commands import Access
from domain.lounges.view import LoungeStander
from domain.personal import Sealed
from projections.lounges.changes import StandingKind
from projections.lounges.lounges import NAME
from projections.positions import PostgresQueries


class LoungeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A lounge as it stands; its name is sealed."""

    room_id: str
    owner: str
    name: Sealed | None
    capacity: int
    access: Access
    plan: str
    opened_at: datetime
    players: int
    entries: int
    closed: bool


class LoungePage(msgspec.Struct, frozen=True, kw_only=True):
    """Some lounges, the newest first; `before` asks for the next ones, None at the end."""

    lounges: Sequence[LoungeRow]
    before: str | None


class LoungeStanding(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is in a room: a moderator, invited, or until when muted or barred."""

    user_id: str
    kind: StandingKind
    until: datetime | None


class EntriesOfDay(msgspec.Struct, frozen=True, kw_only=True):
    """How often people came into a room on a day, by UTC."""

    day: date
    entries: int


COLUMNS = """
    room_id, owner, name, capacity, access, plan, opened_at, players, entries, closed
"""

PUBLIC = f"""
    SELECT {COLUMNS} FROM lounges
    WHERE access = 'public' AND NOT closed
        AND (%(before)s::text IS NULL OR (opened_at, room_id) < (
            SELECT opened_at, room_id FROM lounges WHERE room_id = %(before)s))
    ORDER BY opened_at DESC, room_id DESC LIMIT %(limit)s
"""  # noqa: S608  constants of this module

ONE = f"SELECT {COLUMNS} FROM lounges WHERE room_id = %s"  # noqa: S608  a constant of this module

MOST_OPENED = 100
"""Rooms of somebody that are listed, the newest."""

OPENED = f"""
    SELECT {COLUMNS} FROM lounges WHERE owner = %s AND NOT closed
    ORDER BY opened_at DESC, room_id DESC LIMIT {MOST_OPENED}
"""  # noqa: S608  constants of this module

ALL_OPENED = "SELECT room_id FROM lounges WHERE owner = %s AND NOT closed ORDER BY room_id"

INSIDE = "SELECT room_id FROM lounge_people WHERE user_id = %s ORDER BY since DESC, room_id"

PEOPLE = """
    SELECT user_id, since, x, y FROM lounge_people WHERE room_id = %s ORDER BY since, user_id
"""

STANDINGS = """
    SELECT user_id, kind, until FROM lounge_standings
    WHERE room_id = %s AND (until IS NULL OR until > now()) ORDER BY kind, user_id
"""

DAYS = "SELECT day, entries FROM lounge_entries WHERE room_id = %s ORDER BY day DESC LIMIT %s"


class LoungeQueries(PostgresQueries):
    """Lounges, as far as they are folded."""

    name = NAME

    async def public(self, *, before: str | None, limit: int) -> LoungePage:
        """Lounges for everybody that are open, those that were opened last first."""
        rows = await self._lounges(PUBLIC, {"before": before, "limit": limit + 1})
        more = len(rows) > limit
        return LoungePage(lounges=rows[:limit], before=rows[limit - 1].room_id if more else None)

    async def lounge(self, room_id: str) -> LoungeRow | None:
        """One of them."""
        return next(iter(await self._lounges(ONE, [room_id])), None)

    async def people(self, room_id: str) -> Sequence[LoungeStander]:
        """Who is in one, in the order in which they came."""
        return await self._select(PEOPLE, [room_id], class_row(LoungeStander))

    async def standings(self, room_id: str) -> Sequence[LoungeStanding]:
        """What people are in one, without those for whom it is over."""
        return await self._select(STANDINGS, [room_id], class_row(LoungeStanding))

    async def opened_by(self, user_id: str) -> Sequence[LoungeRow]:
        """The newest lounges of somebody that are open, up to `MOST_OPENED`."""
        return await self._lounges(OPENED, [user_id])

    async def all_opened_by(self, user_id: str) -> Sequence[str]:
        """All of them, by their ids."""
        return [room for (room,) in await self._select(ALL_OPENED, [user_id], tuple_row)]

    async def inside(self, user_id: str) -> Sequence[str]:
        """In which lounges somebody is, the one into which they came last first."""
        return [room for (room,) in await self._select(INSIDE, [user_id], tuple_row)]

    async def entries(self, room_id: str, *, limit: int) -> Sequence[EntriesOfDay]:
        """How often people came into one, the latest day first."""
        return await self._select(DAYS, [room_id, limit], class_row(EntriesOfDay))

    async def _lounges(self, query: str, asked: object) -> Sequence[LoungeRow]:
        rows = await self._select(query, asked, tuple_row)
        names = LoungeRow.__struct_fields__
        return [msgspec.convert(dict(zip(names, row, strict=True)), LoungeRow) for row in rows]
