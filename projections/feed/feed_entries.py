"""`feed-entries`: what people were told, in PostgreSQL.

- `feed_entries`: every entry of every feed, and whether it is read, and in the archive.
- `feed_seen`: up to which number somebody has seen theirs.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString

import msgspec
import psycopg
from psycopg.rows import tuple_row

from domain.events import DomainEvent, Recorded
from domain.feed.events import EntriesArchived, EntriesRead, EntriesSeen, EntryAdded
from domain.feed.ranges import Range
from projections.people import TableSays
from projections.positions import PostgresQueries
from projections.projection import Table

NAME = "feed-entries"


class FeedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody was told: what, about what, and about whom else, if anybody.

    `number` counts the entries of a feed from 1, without gaps. `data` depend on the kind.
    """

    number: int
    kind: str
    about: str
    other: str | None
    data: Mapping[str, str | int]
    at: datetime
    seen: bool = False
    read: bool = False
    archived: bool = False


class FeedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some entries of a feed: the newest first, or those `after` one, the oldest first.

    With `before` there are older ones, which come before that number. Those that come `after` that
    number are newer, as soon as there are any.
    """

    entries: list[FeedEntry]
    before: int | None
    after: int


ADD = """
    INSERT INTO feed_entries (user_id, number, kind, about, other, data, added_at)
    SELECT user_id, number, kind, about, other, data, added_at
    FROM json_populate_recordset(NULL::feed_entries, %s::json)
"""

SEE = """
    INSERT INTO feed_seen SELECT user_id, max(up_to)
    FROM unnest(%s::text[], %s::bigint[]) AS told (user_id, up_to) GROUP BY user_id
    ON CONFLICT (user_id) DO UPDATE SET up_to = excluded.up_to
"""

READ = """
    UPDATE feed_entries SET is_read = true
    FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS told (user_id, first, last)
    WHERE feed_entries.user_id = told.user_id AND number BETWEEN first AND last
"""

ARCHIVE = """
    UPDATE feed_entries SET is_archived = true
    FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS told (user_id, first, last)
    WHERE feed_entries.user_id = told.user_id AND number BETWEEN first AND last
"""

Told = tuple[str, Range]


class FeedEntries:
    """The projection. Nothing that is told takes back anything, so kinds of change go one by one.

    Each person's rows change by the events of one partition.
    """

    name = NAME
    handles: tuple[type[DomainEvent], ...] = (
        EntryAdded,
        EntriesSeen,
        EntriesRead,
        EntriesArchived,
    )
    tables = (
        Table(
            "feed_entries",
            ("user_id", "number"),
            says=TableSays(
                of=("user_id", "other"),
                facts=("number", "kind", "about", "data", "added_at", "is_read", "is_archived"),
                found="user_id = %(user_id)s",
                stays="that you were told of places in line and games, by their ids",
            ),
        ),
        Table(
            "feed_seen",
            ("user_id",),
            says=TableSays(
                of=("user_id",),
                facts=("up_to",),
                stays="how many of the things that you were told you have seen",
            ),
        ),
    )

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[Recorded]
    ) -> Sequence[Any]:
        """Add entries, and then mark them."""
        added: list[dict[str, Any]] = []
        seen: list[tuple[str, int]] = []
        read: list[Told] = []
        archived: list[Told] = []
        for recorded in events:
            id = recorded.event.originator_id
            match recorded.event:
                case EntryAdded() as event:
                    added.append(_row(event))
                case EntriesSeen(up_to=up_to):
                    seen.append((id, up_to))
                case EntriesRead(numbers=numbers):
                    read += [(id, each) for ranges in numbers.values() for each in ranges]
                case EntriesArchived(numbers=ranges):
                    archived += [(id, each) for each in ranges]
        if added:
            connection.execute(ADD, [msgspec.json.encode(added).decode()])
        if seen:
            connection.execute(SEE, [list(each) for each in zip(*seen, strict=True)])
        _mark(connection, READ, read)
        _mark(connection, ARCHIVE, archived)
        return ()


def _row(event: EntryAdded) -> dict[str, Any]:
    return {
        "user_id": event.originator_id,
        "number": event.number,
        "kind": event.kind,
        "about": event.about,
        "other": event.other,
        "data": event.data,
        "added_at": event.timestamp,
    }


def _mark(connection: psycopg.Connection[Any], mark: LiteralString, told: Sequence[Told]) -> None:
    if told:
        asked = [[id for id, _ in told], [r[0] for _, r in told], [r[1] for _, r in told]]
        connection.execute(mark, asked)


# -- queries ---------------------------------------------------------------------------------------

COLUMNS = """
    SELECT number, kind, about, other, data, added_at,
        number <= coalesce((SELECT up_to FROM feed_seen WHERE user_id = %(user_id)s), 0),
        is_read, is_archived
    FROM feed_entries WHERE user_id = %(user_id)s
"""

CHOSEN = """
    AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    AND (NOT %(unread)s OR NOT (is_read OR is_archived))
    AND (%(archived)s::boolean IS NULL OR is_archived = %(archived)s)
"""

OPEN = " AND NOT is_archived"
"""Said once more in words that the index is made of, where that is what is asked for."""

NEWEST_FIRST = " AND number < %(before)s ORDER BY number DESC LIMIT %(limit)s"

OLDEST_FIRST = " AND number > %(after)s ORDER BY number LIMIT %(limit)s"

LAST_NUMBER = 2**63 - 1
"""No entry has a number as large."""

FIELDS = FeedEntry.__struct_fields__


class FeedQueries(PostgresQueries):
    """Feeds, as far as they are folded."""

    name = NAME

    async def page(
        self,
        user_id: str,
        *,
        before: int | None = None,
        after: int | None = None,
        kind: str | None = None,
        unread: bool = False,
        archived: bool | None = None,
        limit: int = 50,
    ) -> FeedPage:
        """Some of somebody's entries: those after a number, or else the newest, before a number.

        `archived` asks for those in the archive, or those that are not; by default for both.
        """
        asked: dict[str, Any] = {"user_id": user_id, "kind": kind}
        asked |= {"unread": unread, "archived": archived}
        chosen = COLUMNS + CHOSEN + (OPEN if unread or archived is False else "")
        if after is not None:
            asked |= {"after": after, "limit": limit}
            return upwards(await self._entries(chosen + OLDEST_FIRST, asked), after)
        asked |= {"before": LAST_NUMBER if before is None else before, "limit": limit + 1}
        return downwards(await self._entries(chosen + NEWEST_FIRST, asked), limit)

    async def since(self, user_id: str, number: int, limit: int) -> list[FeedEntry]:
        """The entries that come after a number, the oldest first, whatever became of them."""
        asked = {"user_id": user_id, "after": number, "limit": limit}
        return await self._entries(COLUMNS + OLDEST_FIRST, asked)

    async def _entries(self, query: LiteralString, asked: Mapping[str, Any]) -> list[FeedEntry]:
        rows = await self._select(query, asked, tuple_row)
        return [FeedEntry(**dict(zip(FIELDS, row, strict=True))) for row in rows]


def upwards(entries: list[FeedEntry], after: int) -> FeedPage:
    """A page of entries that come after a number."""
    newest = entries[-1].number if entries else after
    is_first = not entries or entries[0].number == 1
    return FeedPage(entries=entries, before=None if is_first else entries[0].number, after=newest)


def downwards(found: list[FeedEntry], limit: int) -> FeedPage:
    """A page of so many entries, the newest first, of which one more was looked for."""
    entries = found[:limit]
    return FeedPage(
        entries=entries,
        before=entries[-1].number if len(found) > limit else None,
        after=entries[0].number if entries else 0,
    )
