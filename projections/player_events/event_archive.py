"""`event-archive`: every event of every player, in PostgreSQL.

- `events`, one table for all days (docs/adr/0021). `partition` and `offset` are where the event
  stood in Kafka, `minted` whether Gamehall made its id, and `created_at` is when the row was
  written. An id that comes again after the retention is another event, so the time at which it
  was taken in is part of the key.
- `events_seen`: see `seen_ids`.
"""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import dict_row

from domain.player_events.corrections import ERASED, REPLACED, RESERVED, replacement
from domain.player_events.event import PlayerEvent
from domain.player_events.types import COUNTED
from projections.people import TableSays
from projections.player_events.seen_ids import SeenIds, seen_table
from projections.positions import PostgresQueries
from projections.projection import InvalidCursor, Table

NAME = "event-archive"


class ArchivedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it was taken in; `data` is the JSON that came with it."""

    event_id: str
    event_type: str
    player_id: str
    game_id: str
    timestamp: datetime
    ingested_at: datetime
    data: msgspec.Raw


class EventPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some events, the newest first, and what to ask for the next ones with; None at the end."""

    events: list[ArchivedEvent]
    before: str | None


class EventArchive:
    """The projection."""

    name = NAME
    handles = (PlayerEvent,)
    tables = (
        Table(
            "events",
            ("event_id", "player_id", "event_timestamp", "ingested_at"),
            written=("created_at",),
            indexed_last=True,
            says=TableSays(
                of=("player_id",),
                emptied=("data",),
                facts=(
                    *("event_id", "event_type", "game_id", "event_timestamp", "ingested_at"),
                    *("created_at", "partition", "offset", "minted"),
                ),
                stays="that something happened in a game, and when, with the numbers that count",
            ),
        ),
        seen_table("events_seen"),
    )

    def __init__(self) -> None:
        self._seen = SeenIds("events_seen")

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[PlayerEvent]
    ) -> Sequence[Any]:
        """Append the events that are new, put those in place that replace others, and forget."""
        told = [event for event in events if event.event_type not in (REPLACED, ERASED)]
        _append(connection, self._seen.new(connection, told))
        if len(told) < len(events):
            self._replace(connection, [event for event in events if event.event_type == REPLACED])
            _forget(connection, [event for event in events if event.event_type == ERASED])
        return ()

    def _replace(
        self, connection: psycopg.Connection[Any], corrections: Sequence[PlayerEvent]
    ) -> None:
        """The latest word on each event; all at once, since a table that is built has no index."""
        if not corrections:
            return
        events = map(replacement, corrections)
        latest = {(e.event_id, e.player_id, e.ingested_at): e for e in events}
        connection.execute(TAKE_AWAY, [msgspec.json.encode([*latest]).decode()])
        self._seen.new(connection, [*latest.values()])
        _append(connection, [*latest.values()])


TAKE_AWAY = """
    DELETE FROM events USING json_array_elements(%s::json) AS gone
    WHERE (event_id, player_id, ingested_at)
        = ((gone ->> 0)::uuid, gone ->> 1, (gone ->> 2)::timestamptz)
"""
"""By its id, player and ingestion: its own time may be what was wrong."""


LEFT = f"""CASE
        WHEN starts_with(event_type, '{RESERVED}') THEN data - 'reason'
        WHEN jsonb_typeof(data) <> 'object' THEN 'false'
        ELSE (
            SELECT coalesce(jsonb_object_agg(name, CASE
                WHEN jsonb_typeof(value) IN ('number', 'null') THEN value ELSE 'false'
            END), '{{}}')
            FROM jsonb_each(data) AS said (name, value)
            WHERE %(counted)s::jsonb -> event_type ? name
        )
    END"""  # noqa: S608  a constant
"""What is no number, though its type names one, stays no number: who could not count it before
cannot after. So a rebuild from here comes to the same as one from the topic."""


FORGET = f"""
    UPDATE events SET data = {LEFT}
    FROM json_array_elements(%(gone)s::json) AS gone
    WHERE player_id = gone ->> 0 AND partition = (gone ->> 1)::int
        AND "offset" < (gone ->> 2)::bigint
"""  # noqa: S608  a constant of this module

FORGETTABLE = f"""
    SELECT count(*) FROM events
    WHERE player_id = %(player_id)s AND data IS DISTINCT FROM {LEFT}
"""  # noqa: S608  a constant of this module
"""How many of a player's events say more than would be left of them."""

COUNTED_AS_JSON = msgspec.json.encode(COUNTED).decode()


def _forget(connection: psycopg.Connection[Any], erased: Sequence[PlayerEvent]) -> None:
    """Leave of the data of these players what is counted, in the events before they were erased."""
    if erased:
        last = {(e.player_id, e.partition): e.offset for e in erased}
        gone = [(*whose, offset) for whose, offset in last.items()]
        told = {"counted": COUNTED_AS_JSON, "gone": msgspec.json.encode(gone).decode()}
        connection.execute(FORGET, told)


def _append(connection: psycopg.Connection[Any], new: Sequence[PlayerEvent]) -> None:
    if new:
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for first in range(0, len(new), TEXT_ROWS):
                copy.write(rows(new[first : first + TEXT_ROWS]))


# -- rows ------------------------------------------------------------------------------------------

COPY = """
    COPY events (event_timestamp, ingested_at, event_id, event_type, player_id, game_id, data,
        partition, "offset", minted)
    FROM STDIN (DELIMITER E'\\x1f')
"""
COLUMN, ROW = "\x1f", "\x1e"
"""Two control characters, which no JSON holds as they are, nor any id."""
COLUMN_COUNT = 10
TEXT_ROWS = 2_000
"""Rows of one text: PostgreSQL takes one in while the next is written."""


def rows(events: Sequence[PlayerEvent]) -> str:
    """Events as COPY takes them; raises `ValueError` for ids with our control characters.

    Joined and escaped as one text, with few calls for each event.
    """
    text = ROW.join(
        [
            f"{times}{COLUMN}{e.event_id}{COLUMN}{e.event_type}{COLUMN}{e.player_id}{COLUMN}"
            f"{e.game_id}{COLUMN}{str(e.data, 'utf-8')}{COLUMN}{e.partition}{COLUMN}{e.offset}"
            f"{COLUMN}{'t' if e.minted else 'f'}"
            for times, e in zip(_times(events), events, strict=True)
        ]
    )
    if (text.count(ROW), text.count(COLUMN)) != (len(events) - 1, len(events) * (COLUMN_COUNT - 1)):
        raise ValueError("An id of an event holds a control character that separates columns.")
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return escaped.replace(ROW, "\n") + "\n"


def _times(events: Sequence[PlayerEvent]) -> list[str]:
    """Both times of every event, as the first two columns; `str` takes ten times as long."""
    text = msgspec.json.encode([(e.timestamp, e.ingested_at) for e in events]).decode()
    return text[3:-3].replace('","', COLUMN).split('"],["')


# -- queries ---------------------------------------------------------------------------------------

COLUMNS_OF_EVENT = """
    event_id::text, event_type, player_id, game_id, event_timestamp AS timestamp, ingested_at,
    data::text
"""

RECORD = f'{COLUMNS_OF_EVENT}, minted, partition, "offset"'
"""All of an event as it stood in the topic; for `record_of`."""

EVENT = f"""
    SELECT {COLUMNS_OF_EVENT} FROM events WHERE event_id = %s
    ORDER BY event_timestamp DESC, player_id, ingested_at DESC LIMIT 1
"""  # noqa: S608  a constant of this module

OF_PLAYER = f"""
    SELECT {COLUMNS_OF_EVENT} FROM events
    WHERE player_id = %(player_id)s AND event_timestamp <= %(timestamp)s
        AND (event_timestamp < %(timestamp)s OR event_id > %(event_id)s)
    ORDER BY event_timestamp DESC, event_id LIMIT %(limit)s
"""  # noqa: S608  a constant of this module


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The last event of a page."""

    timestamp: datetime = datetime.max.replace(tzinfo=UTC)
    event_id: UUID = UUID(int=0)

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode()

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read the written form; raises `InvalidCursor`."""
        try:
            return msgspec.json.decode(base64.urlsafe_b64decode(text), type=cls)
        except (ValueError, msgspec.MsgspecError) as error:
            raise InvalidCursor(
                f"{text!r} is no place in a list of events; take `before` from the page before."
            ) from error


class EventQueries(PostgresQueries):
    """Players' events, as they were taken in."""

    name = NAME

    async def event(self, event_id: str) -> ArchivedEvent | None:
        """An event, or None.

        Of several players who gave one id, or of one who gave it again after the retention, it is
        the latest.
        """
        found = await self._select(EVENT, [event_id], dict_row)
        return archived(found[0]) if found else None

    async def of_player(self, player_id: str, limit: int, before: str | None = None) -> EventPage:
        """A player's events, the newest first, from the cursor of the page before on.

        Raises `InvalidCursor`.
        """
        cursor = Cursor() if before is None else Cursor.parse(before)
        asked = {"player_id": player_id, "limit": limit + 1, **msgspec.structs.asdict(cursor)}
        found = [archived(row) for row in await self._select(OF_PLAYER, asked, dict_row)]
        events, more = found[:limit], len(found) > limit
        last = (
            str(Cursor(events[-1].timestamp, UUID(events[-1].event_id)))
            if more and events
            else None
        )
        return EventPage(events=events, before=last)


def record_of(row: dict[str, Any]) -> PlayerEvent:
    """The event of a row with the columns `RECORD`."""
    return PlayerEvent(**row | {"data": msgspec.Raw(row["data"].encode())})


def archived(row: dict[str, Any]) -> ArchivedEvent:
    """The event of a row with the columns `COLUMNS_OF_EVENT`."""
    return ArchivedEvent(**row | {"data": msgspec.Raw(row["data"].encode())})
