"""What is exported is the archive, in either format, and never much of it at a time."""

import io
import json
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool
from pyarrow import parquet

from domain.player_events.event import PlayerEvent
from projections.player_events import exported_events
from projections.player_events.exported_events import EventExport, Format, Selection
from projections.projection import ReadModelMissing
from tests.conftest import Hall
from tests.player_events.conftest import Build
from tests.player_events.told import NOON, Told, did, scored
from tests.projections.living import live

DAY = timedelta(days=1)
ALL = Selection()
FORMATS: list[Format] = ["ndjson", "parquet"]


@pytest.fixture
async def export(empty: Hall) -> AsyncIterator[EventExport]:
    async with AsyncConnectionPool(empty.postgres, open=False) as pool:
        yield EventExport(pool)


async def rows(
    export: EventExport, format: Format, selection: Selection = ALL
) -> list[dict[str, Any]]:
    """The events of a file."""
    file = b"".join([piece async for piece in export.export(selection, format)])
    if format == "ndjson":
        return [msgspec.json.decode(line) for line in file.splitlines()]
    return [read(row) for row in parquet.read_table(io.BytesIO(file)).to_pylist()]


def read(row: dict[str, Any]) -> dict[str, Any]:
    """A row of Parquet as JSON has it."""
    plain: dict[str, Any] = msgspec.to_builtins(row)
    return plain | {"data": json.loads(row["data"])}


def expected(events: Sequence[PlayerEvent]) -> list[dict[str, Any]]:
    """What a file of these events holds."""
    fields = "event_id", "event_type", "player_id", "game_id", "timestamp", "ingested_at", "data"
    in_order = sorted(events, key=lambda event: (event.timestamp, event.event_id))
    plain = [json.loads(msgspec.json.encode(event)) for event in in_order]
    return [{name: event[name] for name in fields} for event in plain]


@pytest.mark.parametrize("format", FORMATS)
async def test_a_file_holds_every_event_in_the_order_of_time(
    format: Format, read_model: Build, told: Told, export: EventExport
) -> None:
    told.tell(*(scored(f"player-{n % 9}", n, at=NOON - n * DAY / 7) for n in range(1_200)))
    told.tell(scored("ada", "€ \u2028 \\ \n"), did("session_ended", "ada", taken=NOON + DAY))
    live(read_model("event-archive"))

    assert await rows(export, format) == expected(told.events)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "selection",
    [
        Selection(first=NOON.date()),
        Selection(last=NOON.date()),
        Selection(first=NOON.date(), last=NOON.date()),
        Selection(game_id="chess"),
        Selection(player_id="ada", event_type="player_score"),
        Selection(game_id="checkers"),
    ],
)
async def test_a_file_holds_what_was_chosen(
    format: Format, selection: Selection, read_model: Build, told: Told, export: EventExport
) -> None:
    for player in ("ada", "bob"):
        for game in ("chess", "go"):
            for hours in (-13, -12, 0, 11.99, 12):
                at = NOON + timedelta(hours=hours)
                told.tell(scored(player, game_id=game, at=at))
                told.tell(did("level_started", player, game_id=game, at=at))
    live(read_model("event-archive"))

    assert await rows(export, format, selection) == expected(
        [event for event in told.events if is_in(event, selection)]
    )


def is_in(event: PlayerEvent, selection: Selection) -> bool:
    chosen = msgspec.structs.asdict(selection)
    first, last = chosen.pop("first"), chosen.pop("last")
    day = event.timestamp.date()
    return (
        (first is None or first <= day)
        and (last is None or day <= last)
        and all(value in {None, getattr(event, name)} for name, value in chosen.items())
    )


async def test_a_large_archive_passes_through_little_memory(
    read_model: Build, told: Told, export: EventExport
) -> None:
    text = "x" * 8_000
    told.tell(*(scored("ada", text) for _ in range(3_000)))
    live(read_model("event-archive"))
    size = 0

    tracemalloc.start()
    async for piece in export.export(ALL, "ndjson"):
        size += len(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size > 3_000 * len(text)
    assert peak < size / 2


async def test_rows_are_fetched_in_slices(
    read_model: Build, told: Told, export: EventExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exported_events, "FETCH_EVENTS", 100)
    told.tell(*(scored("ada") for _ in range(250)))
    live(read_model("event-archive"))

    pieces = [piece async for piece in export.export(ALL, "ndjson")]

    assert [len(piece.splitlines()) for piece in pieces] == [100, 100, 50, 0]


async def test_parquet_comes_in_groups_of_so_many_rows_or_bytes(
    read_model: Build, told: Told, export: EventExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.tell(*(scored("ada", "x" * 100) for _ in range(250)))
    live(read_model("event-archive"))
    monkeypatch.setattr(exported_events, "FETCH_EVENTS", 10)
    for limit, groups in {"GROUP_ROWS": 100, "GROUP_BYTES": 11_100}.items():
        with monkeypatch.context() as limited:
            limited.setattr(exported_events, limit, groups)
            file = b"".join([piece async for piece in export.export(ALL, "parquet")])
        found = parquet.ParquetFile(io.BytesIO(file))
        sizes = [found.metadata.row_group(n).num_rows for n in range(found.num_row_groups)]
        assert sizes == [100, 100, 50]


async def test_who_leaves_in_the_middle_gives_the_connection_back(
    empty: Hall, read_model: Build, told: Told
) -> None:
    told.tell(*(scored("ada") for _ in range(2_000)))
    live(read_model("event-archive"))
    async with AsyncConnectionPool(empty.postgres, min_size=1, max_size=1, open=False) as pool:
        export = EventExport(pool)
        for _ in range(3):
            pieces = export.export(ALL, "ndjson")
            assert await anext(pieces)
            await pieces.aclose()
        assert len(await rows(export, "ndjson")) == 2_000


async def test_without_an_archive_there_is_no_file(export: EventExport) -> None:
    with pytest.raises(ReadModelMissing):
        await anext(export.export(ALL, "ndjson"))


@pytest.mark.parametrize("format", FORMATS)
async def test_the_command_line_writes_the_same_file(
    format: Format, empty: Hall, read_model: Build, told: Told, export: EventExport, tmp_path: Path
) -> None:
    told.tell(*(scored(player, at=NOON + n * DAY) for n in range(9) for player in ("ada", "bob")))
    live(read_model("event-archive"))
    first = (NOON + DAY).date()
    selection = Selection(first=first, last=first + DAY, player_id="ada")
    chosen = ["--from", f"{first}", "--until", f"{first + DAY}", "--player", "ada"]
    file = tmp_path / "events"

    said = empty.command("events", "export", "--format", format, *chosen, "--output", str(file))

    assert (said.returncode, said.stderr) == (0, "")
    pieces = [piece async for piece in export.export(selection, format)]
    assert file.read_bytes() == b"".join(pieces)
    if format == "ndjson":
        assert empty.command("events", "export", *chosen).stdout == file.read_text()


async def test_the_command_line_says_that_there_is_no_archive(empty: Hall, tmp_path: Path) -> None:
    file = tmp_path / "events"

    said = empty.command("events", "export", "--output", str(file))

    assert (said.returncode, said.stderr) == (
        1,
        "Error: The read model 'event-archive' is being built.\n",
    )
    assert not file.exists()


async def test_more_exports_than_there_are_connections_are_refused(
    empty: Hall, read_model: Build, told: Told
) -> None:
    told.tell(*(scored("ada") for _ in range(1_000)))
    live(read_model("event-archive"))
    async with AsyncConnectionPool(empty.postgres, min_size=1, max_size=1, timeout=0.1) as pool:
        first = EventExport(pool).export(ALL, "ndjson")
        await anext(first)
        with pytest.raises(psycopg.OperationalError):  # which HTTP answers 503
            await anext(EventExport(pool).export(ALL, "ndjson"))
        await first.aclose()
