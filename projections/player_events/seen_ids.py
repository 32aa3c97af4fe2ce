"""Which ids of players' events have been seen, for consumers that count each event once.

Only ids that clients gave can come again; those that Gamehall minted cannot. The same id of the
same player is the same event for `REPEAT_WINDOW`, counted from when it was taken in; after that
it is another. What is remembered is written in the transaction that counts the event, so it is as
exact as the count.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString

import msgspec
import psycopg

from domain.player_events.event import PlayerEvent
from projections.people import TableSays
from projections.projection import Table

REPEAT_WINDOW = timedelta(days=7)

ID_RETENTION = timedelta(days=15)
"""How long an id is kept from when it was written, by the clock of the database: an event is read
seven days after it was taken in at the latest, since Kafka keeps it no longer, and is compared with
what was taken in up to `REPEAT_WINDOW` before it. A day for clocks that differ. From when it was
taken in would be too short for events of other producers, which may say that it was long ago."""

SAYS = TableSays(
    of=("player_id",),
    facts=("event_id", "ingested_at", "seen_at"),
    instead="`events`, as ids that are forgotten after 15 days",
)

TIDY_ROWS = 10_000
TIDY_EVERY_S = 60.0

KNOWN = """
    SELECT player_id, event_id::text, seen.ingested_at
    FROM json_populate_recordset(NULL::{table}, %s::json) AS given
    JOIN {table} AS seen USING (player_id, event_id)
"""

REMEMBER = """
    INSERT INTO {table} (player_id, event_id, ingested_at)
    SELECT player_id, event_id, ingested_at FROM json_populate_recordset(NULL::{table}, %s::json)
    ON CONFLICT (player_id, event_id) DO UPDATE
    SET ingested_at = excluded.ingested_at, seen_at = excluded.seen_at
"""

FORGET = """
    DELETE FROM {table} WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM {table} WHERE seen_at < now() - %s LIMIT %s
    ))
"""

Key = tuple[str, str]
"""(player id, event id)."""


def seen_table(name: LiteralString) -> Table:
    """The table of the ids that a consumer has seen; no two generations are alike in it."""
    return Table(name, (), says=SAYS)


class Seen(msgspec.Struct):
    """A row."""

    player_id: str
    event_id: str
    ingested_at: datetime | None = None


Connection = psycopg.Connection[Any]


class SeenIds:
    """The ids that one consumer has seen, in a table of its own."""

    def __init__(self, table: LiteralString) -> None:
        self._known = KNOWN.replace("{table}", table)
        self._remember = REMEMBER.replace("{table}", table)
        self._forget = FORGET.replace("{table}", table)
        self._tidy_at = time.monotonic() + TIDY_EVERY_S

    def new(self, connection: Connection, events: Sequence[PlayerEvent]) -> Sequence[PlayerEvent]:
        """The events that this consumer has to count, in their order, and from now on has."""
        given = [Seen(e.player_id, e.event_id) for e in events if not e.minted]
        if given:
            latest = self._look_up(connection, given)
            news: dict[Key, datetime] = {}
            events = [event for event in events if event.minted or _counts(event, latest, news)]
            self._write(connection, news)
        self._tidy(connection)
        return events

    def _look_up(self, connection: Connection, given: Sequence[Seen]) -> dict[Key, datetime]:
        rows = connection.execute(self._known, [_as_json(given)]).fetchall()
        return {(player_id, event_id): at for player_id, event_id, at in rows}

    def _write(self, connection: Connection, news: dict[Key, datetime]) -> None:
        if news:
            rows = [Seen(*key, at) for key, at in news.items()]
            connection.execute(self._remember, [_as_json(rows)])

    def _tidy(self, connection: Connection) -> None:
        """Delete what decides nothing any more, a slice at a time."""
        if time.monotonic() >= self._tidy_at:
            # Set first: whoever tidies at the same time as another process leaves it to that one.
            self._tidy_at = time.monotonic() + TIDY_EVERY_S
            if connection.execute(self._forget, [ID_RETENTION, TIDY_ROWS]).rowcount == TIDY_ROWS:
                self._tidy_at = 0.0


def _key(event: PlayerEvent) -> Key:
    return event.player_id, event.event_id


def _as_json(rows: Sequence[Seen]) -> str:
    return msgspec.json.encode(rows).decode()


def _counts(event: PlayerEvent, latest: dict[Key, datetime], news: dict[Key, datetime]) -> bool:
    """Whether an event is none that counted before; if so, it is the latest of its id."""
    key = _key(event)
    before = latest.get(key)
    if before is not None and event.ingested_at - before < REPEAT_WINDOW:
        return False
    latest[key] = news[key] = event.ingested_at
    return True
