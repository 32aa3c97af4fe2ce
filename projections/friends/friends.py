"""`friends`: what people are to each other, in PostgreSQL.

- `friends`: for each of two people a row, as they see it: friends, or who has asked whom.
- `blocks`: who wants nothing of whom.
- `hidden_people`: of whom nobody is told whether they are there.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString, NamedTuple

import msgspec
import psycopg
from psycopg.rows import tuple_row

from domain.events import DomainEvent, Recorded
from domain.friends.events import (
    FriendRequested,
    FriendshipEnded,
    PersonBlocked,
    PersonUnblocked,
    PresenceHidden,
    PresenceShown,
    RequestAccepted,
    RequestCancelled,
    RequestDeclined,
    RequestWithheld,
)
from domain.friends.view import Relation
from domain.personal import Sealed
from projections.people import TableSays
from projections.positions import PostgresQueries
from projections.projection import Table

NAME = "friends"


class Friend(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is to whom is asking, and since when; the note of a request that waits."""

    user_id: str
    relation: Relation
    since: datetime
    note: Sealed | None = None


class FriendPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some people by their ids; with `after`, the next page begins."""

    people: list[Friend]
    after: str | None


class BlockedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom who is asking has blocked, and since when."""

    user_id: str
    since: datetime


class BlockedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some blocked people by their ids; with `after`, the next page begins."""

    people: list[BlockedPerson]
    after: str | None


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom friends know: of how many friends they are a friend, too."""

    user_id: str
    common: int


class HiddenPage(NamedTuple):
    """Some friends by their ids, and since when each is hidden, or None."""

    since: Mapping[str, datetime | None]
    after: str | None


PUT = """
    INSERT INTO friends SELECT * FROM json_populate_recordset(NULL::friends, %s::json)
    ON CONFLICT (user_id, other_id) DO UPDATE
    SET relation = excluded.relation, since = excluded.since, note = excluded.note
"""

BLOCK = """
    INSERT INTO blocks SELECT * FROM json_populate_recordset(NULL::blocks, %s::json)
    ON CONFLICT (user_id, other_id) DO UPDATE SET since = excluded.since
"""

REMOVE = """
    DELETE FROM friends USING unnest(%s::text[], %s::text[]) AS gone (user_id, other_id)
    WHERE friends.user_id = gone.user_id AND friends.other_id = gone.other_id
"""

UNBLOCK = """
    DELETE FROM blocks USING unnest(%s::text[], %s::text[]) AS gone (user_id, other_id)
    WHERE blocks.user_id = gone.user_id AND blocks.other_id = gone.other_id
"""

HIDE = """
    INSERT INTO hidden_people SELECT * FROM unnest(%s::text[], %s::timestamptz[])
    ON CONFLICT (user_id) DO UPDATE SET since = excluded.since
"""

SHOW = "DELETE FROM hidden_people WHERE user_id = ANY(%s)"

Pair = tuple[str, str]
"""Whose row it is, and whom it is about."""

NewRow = Mapping[str, Any] | None
"""What comes into a row beside the pair; None where there is none any more."""


class Friends:
    """The projection. What an event makes of a row does not depend on what was there before."""

    name = NAME
    handles: tuple[type[DomainEvent], ...] = (
        FriendRequested,
        RequestWithheld,
        RequestAccepted,
        RequestDeclined,
        RequestCancelled,
        FriendshipEnded,
        PersonBlocked,
        PersonUnblocked,
        PresenceHidden,
        PresenceShown,
    )
    tables = (
        Table(
            "friends",
            ("user_id", "other_id"),
            says=TableSays(
                of=("user_id", "other_id"),
                sealed=("note",),
                facts=("relation", "since"),
                found="user_id = %(user_id)s",
                stays="whose friend you are, by their ids, until that is ended",
            ),
        ),
        Table(
            "blocks",
            ("user_id", "other_id"),
            says=TableSays(
                of=("user_id", "other_id"),
                facts=("since",),
                found="user_id = %(user_id)s",
                stays="whom you have blocked, by their ids",
            ),
        ),
        Table(
            "hidden_people",
            ("user_id",),
            says=TableSays(
                of=("user_id",),
                facts=("since",),
                stays="that nobody is told whether you are there, by your id",
            ),
        ),
    )

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[Recorded]
    ) -> Sequence[Any]:
        """Write what the last event of each pair says of either side."""
        friends: dict[Pair, NewRow] = {}
        blocks: dict[Pair, NewRow] = {}
        hidden: dict[str, datetime | None] = {}
        for recorded in events:
            friends |= of_friends(recorded.event)
            blocks |= of_blocks(recorded.event)
            hidden |= of_hidden(recorded.event)
        _write(connection, friends, PUT, REMOVE)
        _write(connection, blocks, BLOCK, UNBLOCK)
        _hide(connection, hidden)
        return ()


def of_friends(event: DomainEvent) -> Mapping[Pair, NewRow]:
    """What an event makes of the rows of either side; pure."""
    match event:
        case FriendRequested(sender=one, receiver=other):
            return {
                (one, other): _asking(event, "requested"),
                (other, one): _asking(event, "asked"),
            }
        case RequestWithheld(sender=one, receiver=other):
            return {(one, other): _asking(event, "requested"), (other, one): None}
        case RequestAccepted(sender=one, receiver=other):
            row = {"relation": "friends", "since": event.timestamp, "note": None}
            return {(one, other): row, (other, one): row}
        case (
            RequestDeclined(sender=one, receiver=other)
            | RequestCancelled(sender=one, receiver=other)
            | FriendshipEnded(user_id=one, other_id=other)
        ):
            return {(one, other): None, (other, one): None}
    return {}


def _asking(event: FriendRequested | RequestWithheld, relation: Relation) -> NewRow:
    return {"relation": relation, "since": event.since, "note": event.note}


def of_blocks(event: DomainEvent) -> Mapping[Pair, NewRow]:
    """What an event makes of somebody's blocks; pure."""
    match event:
        case PersonBlocked(user_id=one, other_id=other):
            return {(one, other): {"since": event.timestamp}}
        case PersonUnblocked(user_id=one, other_id=other):
            return {(one, other): None}
    return {}


def of_hidden(event: DomainEvent) -> Mapping[str, datetime | None]:
    """Since when an event hides somebody, or None where it shows them; pure."""
    match event:
        case PresenceHidden(user_id=user_id):
            return {user_id: event.timestamp}
        case PresenceShown(user_id=user_id):
            return {user_id: None}
    return {}


def _hide(connection: psycopg.Connection[Any], hidden: Mapping[str, datetime | None]) -> None:
    if since := {user_id: at for user_id, at in hidden.items() if at is not None}:
        connection.execute(HIDE, [[*since], [*since.values()]])
    if shown := [user_id for user_id, at in hidden.items() if at is None]:
        connection.execute(SHOW, [shown])


def _write(
    connection: psycopg.Connection[Any],
    rows: Mapping[Pair, NewRow],
    put: LiteralString,
    remove: LiteralString,
) -> None:
    if there := [
        {"user_id": one, "other_id": other, **row}
        for (one, other), row in rows.items()
        if row is not None
    ]:
        connection.execute(put, [msgspec.json.encode(there).decode()])
    if gone := [pair for pair, row in rows.items() if row is None]:
        connection.execute(remove, [[one for one, _ in gone], [other for _, other in gone]])


# -- queries ---------------------------------------------------------------------------------------

SOME = """
    SELECT other_id, relation, since, note FROM friends
    WHERE user_id = %s AND relation = ANY(%s) AND other_id > %s ORDER BY other_id LIMIT %s
"""

ALL = "SELECT other_id, relation FROM friends WHERE user_id = %s ORDER BY other_id"

BLOCKED = """
    SELECT other_id, since FROM blocks
    WHERE user_id = %s AND other_id > %s ORDER BY other_id LIMIT %s
"""

HIDDEN = """
    SELECT other_id, hidden_people.since FROM friends
    LEFT JOIN hidden_people ON hidden_people.user_id = friends.other_id
    WHERE friends.user_id = %s AND relation = 'friends' AND other_id > %s
    ORDER BY other_id LIMIT %s
"""

SUGGESTED_BY = 100
"""Of how many friends, the newest, and of how many friends of each of these, others are suggested:
so nobody's question costs more than 10,000 rows."""

SUGGESTED = """
    WITH mine AS (
        SELECT other_id FROM friends WHERE user_id = %(user_id)s AND relation = 'friends'
        ORDER BY since DESC, other_id LIMIT %(by)s
    ), known AS (
        SELECT other_id FROM friends WHERE user_id = %(user_id)s
        UNION SELECT other_id FROM blocks WHERE user_id = %(user_id)s
    )
    SELECT theirs.other_id, count(*) AS common FROM mine CROSS JOIN LATERAL (
        SELECT other_id FROM friends WHERE user_id = mine.other_id AND relation = 'friends'
        ORDER BY since DESC, other_id LIMIT %(by)s
    ) AS theirs
    WHERE theirs.other_id <> %(user_id)s
    AND NOT EXISTS (SELECT FROM known WHERE known.other_id = theirs.other_id)
    AND NOT EXISTS (
        SELECT FROM blocks WHERE blocks.user_id = theirs.other_id AND blocks.other_id = %(user_id)s
    )
    GROUP BY theirs.other_id ORDER BY common DESC, theirs.other_id LIMIT %(limit)s
"""


class FriendQueries(PostgresQueries):
    """What people are to each other, as far as it is folded."""

    name = NAME

    async def page(
        self, user_id: str, relations: Sequence[Relation], *, after: str, limit: int
    ) -> FriendPage:
        """Those who are something to somebody, in the order of their ids, behind one of them."""
        asked = [user_id, list(relations), after, limit + 1]
        rows = await self._select(SOME, asked, tuple_row)
        return FriendPage(people=[*_friends(rows[:limit])], after=next_after(rows, limit))

    async def of(self, user_id: str) -> Sequence[tuple[str, Relation]]:
        """All who are something to somebody, in the order of their ids, as that person sees it."""
        return [
            (other, relation) for other, relation in await self._select(ALL, [user_id], tuple_row)
        ]

    async def blocked(self, user_id: str, *, after: str, limit: int) -> BlockedPage:
        """Those whom somebody has blocked, in the order of their ids, behind one of them."""
        rows = await self._select(BLOCKED, [user_id, after, limit + 1], tuple_row)
        people = [BlockedPerson(user_id=other, since=since) for other, since in rows[:limit]]
        return BlockedPage(people=people, after=next_after(rows, limit))

    async def hidden(self, user_id: str, *, after: str, limit: int) -> HiddenPage:
        """Somebody's friends in the order of their ids, and since when each is hidden, if so."""
        rows = await self._select(HIDDEN, [user_id, after, limit + 1], tuple_row)
        return HiddenPage(dict(rows[:limit]), next_after(rows, limit))

    async def suggested(self, user_id: str, *, limit: int) -> Sequence[Suggestion]:
        """Friends of friends who are nothing to somebody, those first of whom most are friends.

        A block between both, whosever it is, keeps them from each other.
        """
        asked = {"user_id": user_id, "by": SUGGESTED_BY, "limit": limit}
        rows = await self._select(SUGGESTED, asked, tuple_row)
        return [Suggestion(user_id=other, common=common) for other, common in rows]


def _friends(rows: Sequence[Sequence[Any]]) -> Iterator[Friend]:
    for other, relation, since, note in rows:
        sealed = None if note is None else msgspec.convert(note, Sealed)
        yield Friend(user_id=other, relation=relation, since=since, note=sealed)


def next_after(rows: Sequence[Sequence[Any]], limit: int) -> str | None:
    """Where the next page begins, of rows of which one more was looked for."""
    return rows[limit - 1][0] if len(rows) > limit else None
