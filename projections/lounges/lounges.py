"""`lounges`: the rooms in which people meet, in PostgreSQL.

- `lounges`: each with what it was opened with, how many are in, and how many ever came in.
- `lounge_people`: who is in which, since when, and where they stand.
- `lounge_standings`: moderators, who is invited, and until when who is muted or barred.
- `lounge_entries`: how often people came in, by day.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, LiteralString

import msgspec
import psycopg

from domain.events import DomainEvent, Recorded
from domain.lounges.events import (
    LoungeClosed,
    LoungeJoined,
    LoungeLeft,
    LoungeOpened,
    TileSettled,
)
from projections.lounges.changes import LIFTED, SET, LoungeChanges
from projections.people import TableSays
from projections.projection import Table

NAME = "lounges"

OPEN = """
    INSERT INTO lounges SELECT * FROM json_populate_recordset(NULL::lounges, %s::json)
    ON CONFLICT (room_id) DO NOTHING
"""

COUNT = """
    UPDATE lounges SET players = told.players, entries = greatest(lounges.entries, told.entries)
    FROM unnest(%s::text[], %s::integer[], %s::bigint[]) AS told (room_id, players, entries)
    WHERE lounges.room_id = told.room_id
"""

CLOSE = "UPDATE lounges SET closed = true WHERE room_id = ANY(%s)"

FORGET_STANDINGS = "DELETE FROM lounge_standings WHERE room_id = ANY(%s)"

COME = """
    INSERT INTO lounge_people SELECT * FROM json_populate_recordset(NULL::lounge_people, %s::json)
    ON CONFLICT (room_id, user_id) DO UPDATE
    SET since = excluded.since, x = excluded.x, y = excluded.y
"""

GO = """
    DELETE FROM lounge_people USING unnest(%s::text[], %s::text[]) AS gone (room_id, user_id)
    WHERE lounge_people.room_id = gone.room_id AND lounge_people.user_id = gone.user_id
"""

MOVE = """
    UPDATE lounge_people SET x = told.x, y = told.y
    FROM unnest(%s::text[], %s::text[], %s::integer[], %s::integer[])
        AS told (room_id, user_id, x, y)
    WHERE lounge_people.room_id = told.room_id AND lounge_people.user_id = told.user_id
"""

STAND = """
    INSERT INTO lounge_standings
    SELECT * FROM json_populate_recordset(NULL::lounge_standings, %s::json)
    ON CONFLICT (room_id, kind, user_id) DO UPDATE SET until = excluded.until
"""

DROP_OVER = """
    DELETE FROM lounge_standings
    USING unnest(%s::text[], %s::text[], %s::timestamptz[]) AS over (room_id, kind, at)
    WHERE lounge_standings.room_id = over.room_id AND lounge_standings.kind = over.kind
        AND lounge_standings.until <= over.at
"""

LIFT = """
    DELETE FROM lounge_standings
    USING unnest(%s::text[], %s::text[], %s::text[]) AS gone (room_id, user_id, kind)
    WHERE lounge_standings.room_id = gone.room_id AND lounge_standings.user_id = gone.user_id
        AND lounge_standings.kind = gone.kind
"""

COUNT_DAYS = """
    INSERT INTO lounge_entries
    SELECT * FROM unnest(%s::text[], %s::date[], %s::bigint[])
    ON CONFLICT (room_id, day) DO UPDATE
    SET entries = lounge_entries.entries + excluded.entries
"""


class Lounges:
    """The projection. All of a lounge's rows change by the events of one partition."""

    name = NAME
    handles: tuple[type[DomainEvent], ...] = (
        *(LoungeOpened, LoungeClosed, LoungeJoined, LoungeLeft, TileSettled),
        *(SET | LIFTED),
    )
    tables = (
        Table(
            "lounges",
            ("room_id",),
            says=TableSays(
                of=("owner",),
                sealed=("name",),
                facts=(
                    *("room_id", "capacity", "access", "plan", "opened_at"),
                    *("players", "entries", "closed"),
                ),
                stays="which rooms you have opened, by your id",
            ),
        ),
        Table(
            "lounge_people",
            ("room_id", "user_id"),
            says=TableSays(
                of=("user_id",),
                facts=("room_id", "since", "x", "y"),
                stays="in which room you are, until you leave it",
            ),
        ),
        Table(
            "lounge_standings",
            ("room_id", "kind", "user_id"),
            says=TableSays(
                of=("user_id",),
                facts=("room_id", "kind", "until"),
                stays="into which rooms you are invited, and what was decided about you there",
            ),
        ),
        Table(
            "lounge_entries",
            ("room_id", "day"),
            says=TableSays(facts=("room_id", "day", "entries")),
        ),
    )

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[Recorded]
    ) -> Sequence[Any]:
        """Write what the events of each lounge come to."""
        changes = LoungeChanges(events)
        _write_lounges(connection, changes)
        _write_people(connection, changes)
        _write_standings(connection, changes)
        if days := changes.days:
            rooms, dates = zip(*days, strict=True)
            connection.execute(COUNT_DAYS, [list(rooms), list(dates), list(days.values())])
        return ()


def _write_lounges(connection: psycopg.Connection[Any], changes: LoungeChanges) -> None:
    _put(connection, OPEN, (lounge_row(room, event) for room, event in changes.opened.items()))
    if changed := list(changes.players):
        players = list(changes.players.values())
        entries = [changes.entries.get(room, 0) for room in changed]
        connection.execute(COUNT, [changed, players, entries])
    if changes.closed:
        connection.execute(CLOSE, [list(changes.closed)])


def lounge_row(room: str, event: LoungeOpened) -> dict[str, Any]:
    """A lounge in which nobody has been."""
    counts = {"opened_at": event.timestamp, "players": 0, "entries": 0, "closed": False}
    return {"room_id": room, **event.facts(), **counts}


def _write_people(connection: psycopg.Connection[Any], changes: LoungeChanges) -> None:
    people = changes.people
    came = ({"room_id": room, "user_id": user, **row} for (room, user), row in there(people))
    _put(connection, COME, came)
    if gone := [key for key, row in people.items() if row is None]:
        connection.execute(GO, list(map(list, zip(*gone, strict=True))))
    if moved := [(*key, *tile) for key, tile in changes.moved.items()]:
        connection.execute(MOVE, list(map(list, zip(*moved, strict=True))))


def _write_standings(connection: psycopg.Connection[Any], changes: LoungeChanges) -> None:
    standings = changes.standings
    set_now = (
        {"room_id": room, "user_id": user, "kind": kind, **row}
        for (room, user, kind), row in there(standings)
    )
    _put(connection, STAND, set_now)
    if gone := [key for key, row in standings.items() if row is None]:
        connection.execute(LIFT, list(map(list, zip(*gone, strict=True))))
    if deadlines := changes.deadlines:
        rooms, kinds = zip(*deadlines, strict=True)
        connection.execute(DROP_OVER, [list(rooms), list(kinds), list(deadlines.values())])
    if changes.closed:
        connection.execute(FORGET_STANDINGS, [list(changes.closed)])


def there(rows: Mapping[Any, Mapping[str, Any] | None]) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """The rows that there are."""
    return ((key, row) for key, row in rows.items() if row is not None)


def _put(
    connection: psycopg.Connection[Any], statement: LiteralString, rows: Iterator[Any]
) -> None:
    if listed := list(rows):
        connection.execute(statement, [msgspec.json.encode(listed).decode()])
