"""Services take away everything that players did, as lines of JSON or as Parquet."""

import io
import json
from datetime import date
from typing import Any

import httpx
import pytest
from pyarrow import parquet

from interfaces.tokens import Scope
from projections.player_events.exported_events import Selection
from tests.http.conftest import Api, problem
from tests.http.test_reporting_events import an_event, report


async def export(
    api: Api, query: str = "", scope: Scope = "service", **options: Any
) -> httpx.Response:
    return await api.ask("GET", f"/api/v1/events/export{query}", scope=scope, **options)


async def test_lines_of_json_are_the_events_as_they_are_shown(api: Api) -> None:
    ids = [(await report(api, an_event())).json()["event_id"] for _ in range(3)]
    answer = await export(api)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == 'attachment; filename="events.ndjson"'
    lines = [json.loads(line) for line in answer.text.splitlines()]
    shown = [(await api.ask("GET", f"/api/v1/events/{id}", user="ada")).json() for id in ids]
    assert lines == shown


async def test_parquet_has_a_column_for_each_field(api: Api) -> None:
    await report(api, an_event(data={"score": 7}))
    answer = await export(api, "?format=parquet")
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    (row,) = parquet.read_table(io.BytesIO(answer.content)).to_pylist()
    assert json.loads(row["data"]) == {"score": 7}
    assert (row["player_id"], row["event_type"]) == ("ada", "player_score")


@pytest.mark.parametrize("format", ["ndjson", "parquet"])
async def test_an_empty_archive_is_an_empty_file(api: Api, format: str) -> None:
    answer = await export(api, f"?format={format}")
    assert answer.status_code == 200
    if format == "ndjson":
        assert answer.content == b""
    else:
        assert parquet.read_table(io.BytesIO(answer.content)).num_rows == 0


async def test_what_is_exported_can_be_chosen(api: Api) -> None:
    chosen = (
        "?from=2026-11-01&until=2026-11-02&game_id=tetris&player_id=ada&event_type=player_score"
    )
    assert (await export(api, chosen)).status_code == 200
    assert api.of_players.selected == Selection(
        first=date(2026, 11, 1),
        last=date(2026, 11, 2),
        game_id="tetris",
        player_id="ada",
        event_type="player_score",
    )


async def test_players_may_not_export(api: Api) -> None:
    problem(await export(api, scope="player"), 403, "wrong-scope")
    assert (await export(api, scope="admin")).status_code == 200


@pytest.mark.parametrize(
    ("query", "status", "type"),
    [
        ("?format=csv", 400, "invalid-request"),
        ("?from=yesterday", 400, "invalid-request"),
        ("?game_id=", 400, "invalid-request"),
        ("?player_id=a%00", 400, "invalid-request"),
        ("?from=2026-11-02&until=2026-11-01", 422, "invalid-range"),
    ],
)
async def test_what_makes_no_sense_is_refused(api: Api, query: str, status: int, type: str) -> None:
    problem(await export(api, query), status, type)


async def test_an_export_waits_for_what_the_asker_has_reported(api: Api) -> None:
    position = (await report(api, an_event())).headers["position"]
    assert (await export(api, headers={"read-after": position})).status_code == 200
    ahead = {"read-after": "player.events.raw/0@17"}
    problem(await export(api, headers=ahead), 503, "not-caught-up")
