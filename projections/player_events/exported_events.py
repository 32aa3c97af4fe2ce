"""Writes events of the archive as files, a piece at a time: lines of JSON, or Parquet."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import date
from typing import Any, Literal, Protocol

import msgspec
from psycopg import AsyncCursor, sql

from projections.player_events.event_archive import COLUMNS_OF_EVENT, NAME, ArchivedEvent, archived
from projections.positions import Pool, require

Format = Literal["ndjson", "parquet"]

FETCH_EVENTS = 250
"""Events that are fetched at a time; one has 64 KiB at most."""

GROUP_ROWS = 10_000
GROUP_BYTES = 16 * 1024 * 1024
"""A row group of Parquet ends with so many rows, or so many bytes of `data`."""


class Selection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which events: of days in UTC, both included; of a game, a player, a type."""

    first: date | None = None
    last: date | None = None
    game_id: str | None = None
    player_id: str | None = None
    event_type: str | None = None


CONDITIONS = {
    "first": "event_timestamp >= %(first)s::timestamp AT TIME ZONE 'UTC'",
    "last": "event_timestamp < (%(last)s::date + 1)::timestamp AT TIME ZONE 'UTC'",
    "game_id": "game_id = %(game_id)s",
    "player_id": "player_id = %(player_id)s",
    "event_type": "event_type = %(event_type)s",
}

SELECTED = f"""
    SELECT {COLUMNS_OF_EVENT} FROM events WHERE {{conditions}}
    ORDER BY event_timestamp, event_id, player_id, ingested_at
"""  # noqa: S608  a constant of this module


class EventExport:
    """Reads the live archive, as it is when an export begins, with a connection for each."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def export(self, selection: Selection, format: Format) -> AsyncGenerator[bytes]:
        """The file of some events in the order of their times, in pieces of some megabytes.

        Nothing more than that is held. Raises `ReadModelMissing`.
        """
        await require(self._pool, NAME)
        writer = WRITERS[format]()
        query, asked = _query(selection)
        async with (
            self._pool.connection() as connection,
            connection.cursor("export", row_factory=_as_event) as cursor,
        ):
            await cursor.execute(query, asked)
            while events := await cursor.fetchmany(FETCH_EVENTS):
                if piece := await asyncio.to_thread(writer.write, events):
                    yield piece
        yield await asyncio.to_thread(writer.end)


def _query(selection: Selection) -> tuple[sql.Composed, dict[str, Any]]:
    asked = {
        name: value
        for name, value in msgspec.structs.asdict(selection).items()
        if value is not None
    }
    conditions = [sql.SQL("true"), *(sql.SQL(CONDITIONS[name]) for name in asked)]
    return sql.SQL(SELECTED).format(conditions=sql.SQL(" AND ").join(conditions)), asked


def _as_event(cursor: AsyncCursor[Any]) -> Callable[[Sequence[Any]], ArchivedEvent]:
    names = [column.name for column in cursor.description or ()]

    def event(values: Sequence[Any]) -> ArchivedEvent:
        return archived(dict(zip(names, values, strict=True)))

    return event


# -- formats ---------------------------------------------------------------------------------------


class Writer(Protocol):
    """A file in the making, which is handed on piece by piece."""

    def write(self, events: Sequence[ArchivedEvent]) -> bytes:
        """Take some events, and give what of the file is complete; it may be nothing yet."""

    def end(self) -> bytes:
        """The rest of the file."""


class Ndjson:
    """An object on each line, as `GET /api/v1/events/{event_id}` shows it."""

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder()

    def write(self, events: Sequence[ArchivedEvent]) -> bytes:
        """See `Writer`."""
        return self._encoder.encode_lines(events)

    def end(self) -> bytes:
        """See `Writer`."""
        return b""


class Parquet:
    """Columns of the same names, `data` as JSON text; in row groups, compressed by zstd."""

    def __init__(self) -> None:
        # Some 50 MB of memory, for those only who ask for it.
        import pyarrow  # noqa: PLC0415
        from pyarrow import parquet  # noqa: PLC0415

        text, moment = pyarrow.string(), pyarrow.timestamp("us", "UTC")
        kinds = {"timestamp": moment, "ingested_at": moment}
        self._schema = pyarrow.schema(
            [
                pyarrow.field(name, kinds.get(name, text), nullable=False)
                for name in ArchivedEvent.__struct_fields__
            ]
        )
        self._table = pyarrow.table
        self._pieces = _Pieces()
        self._file = parquet.ParquetWriter(self._pieces, self._schema, compression="zstd")
        self._columns = self._empty()
        self._bytes = 0

    def _empty(self) -> dict[str, list[Any]]:
        return {name: [] for name in self._schema.names}

    def write(self, events: Sequence[ArchivedEvent]) -> bytes:
        """See `Writer`."""
        for event in events:
            for name, column in self._columns.items():
                column.append(getattr(event, name))
            data = bytes(event.data)
            self._columns["data"][-1] = data.decode()
            self._bytes += len(data)
        if len(self._columns["data"]) >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._write_group()
        return self._pieces.taken()

    def end(self) -> bytes:
        """See `Writer`."""
        if self._columns["data"]:
            self._write_group()
        self._file.close()
        return self._pieces.taken()

    def _write_group(self) -> None:
        self._file.write_table(self._table(self._columns, schema=self._schema))
        self._columns, self._bytes = self._empty(), 0


class _Pieces:
    """What Parquet takes for a file."""

    closed = False

    def __init__(self) -> None:
        self._written = bytearray()
        self._gone = 0

    def write(self, piece: bytes) -> int:
        self._written += piece
        return len(piece)

    def tell(self) -> int:
        return self._gone + len(self._written)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        piece = bytes(self._written)
        self._gone += len(piece)
        self._written.clear()
        return piece


WRITERS: dict[Format, Callable[[], Writer]] = {"ndjson": Ndjson, "parquet": Parquet}
