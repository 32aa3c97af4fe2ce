"""What players did can be looked at, as far as it is the asker's business."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.player_events.types import TYPES
from interfaces.settings import Settings
from tests.http.conftest import Api, problem
from tests.http.test_reporting_events import an_event, report


async def ask(api: Api, path: str, user: str = "ada", **options: Any) -> httpx.Response:
    return await api.ask("GET", f"/api/v1/{path}", user=user, **options)


async def test_an_event_is_shown_as_it_was_taken_in(api: Api) -> None:
    sent = an_event(data={"score": 150, "combo": [1, 2]})
    taken = (await report(api, sent)).json()
    shown = (await ask(api, f"events/{taken['event_id']}")).json()
    assert shown == sent | {
        "event_id": taken["event_id"],
        "ingested_at": taken["ingested_at"],
        "timestamp": sent["timestamp"],
    }


async def test_players_see_their_own_events_and_services_everybody_s(api: Api) -> None:
    id = (await report(api, an_event())).json()["event_id"]
    for path in (f"events/{id}", "players/ada/events"):
        assert (await ask(api, path)).status_code == 200
        assert (await ask(api, path, "shop", scope="service")).status_code == 200
        problem(await ask(api, path, "eve"), 403, "not-yourself")


async def test_events_that_are_not_there_are_not_found(api: Api) -> None:
    problem(await ask(api, f"events/{uuid4()}"), 404, "event-not-found")
    problem(await ask(api, "events/seventeen"), 404, "not-found")


async def test_a_player_s_events_come_page_by_page_the_latest_first(api: Api) -> None:
    ids = [(await report(api, an_event())).json()["event_id"] for _ in range(3)]
    first = (await ask(api, "players/ada/events?limit=2")).json()
    then = (await ask(api, f"players/ada/events?limit=2&before={first['before']}")).json()
    assert [e["event_id"] for e in first["events"] + then["events"]] == ids[::-1]
    assert then["before"] is None
    problem(await ask(api, "players/ada/events?before=nonsense"), 422, "invalid-cursor")


async def test_statistics_tell_what_a_player_did_altogether(api: Api) -> None:
    await report(api, an_event())
    await report(api, an_event(event_type="player_level_up", data={"level": 3}))
    shown = (await ask(api, "player/ada/stats")).json()
    assert shown["total_events"] == 2
    assert shown["event_breakdown"] == {"player_score": 1, "player_level_up": 1}
    problem(await ask(api, "player/nobody/stats", "nobody"), 404, "player-not-found")


async def test_what_others_did_altogether_is_shown_where_a_setting_says_so(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await report(api, an_event())
    for player in ("ada", "nobody"):
        problem(await ask(api, f"player/{player}/stats", "eve"), 403, "not-yourself")
    services = await api.ask("GET", "/api/v1/player/ada/stats", user="server", scope="service")
    assert services.status_code == 200
    monkeypatch.setitem(api.services.parts, Settings, Settings(public_statistics=True))
    assert (await ask(api, "player/ada/stats", "eve")).json()["total_events"] == 1


async def test_a_board_adds_up_scores_of_its_period(api: Api) -> None:
    lately = datetime.now(UTC) - timedelta(days=8)
    await report(api, an_event(data={"score": 5}))
    await report(api, an_event(data={"score": 3}))
    await report(api, an_event(player_id="ben", data={"score": 9}, timestamp=lately.isoformat()))
    for query, best in {
        "": [("ben", 9), ("ada", 8)],
        "?period=daily": [("ada", 8)],
        f"?period=daily&on={lately:%Y-%m-%d}": [("ben", 9)],
        f"?period=weekly&on={lately:%Y-%m-%d}": [("ben", 9)],
        "?around=ada": [("ada", 8)],
        "?limit=1": [("ben", 9)],
    }.items():
        board = (await ask(api, f"games/tetris/leaderboard{query}")).json()
        assert [(entry["player_id"], entry["score"]) for entry in board["entries"]] == best
    assert (await ask(api, "games/chess/leaderboard")).json() == {"entries": [], "total": 0}


async def test_games_with_a_board_are_listed_those_played_last_first(api: Api) -> None:
    lately = datetime.now(UTC) - timedelta(days=8)
    for game, player in (("chess", "ada"), ("tetris", "ada"), ("tetris", "ben"), ("go", "ben")):
        await report(api, an_event(game_id=game, player_id=player, timestamp=lately.isoformat()))
    await report(api, an_event(game_id="go"))
    await report(api, an_event(game_id="unscored", data={"score": 0}))
    first = (await ask(api, "leaderboards?limit=2")).json()
    assert [(each["game_id"], each["players"]) for each in first["leaderboards"]] == [
        ("go", 2),
        ("chess", 1),
    ]
    assert first["leaderboards"][1]["last_day"] == f"{lately:%Y-%m-%d}"
    then = (await ask(api, f"leaderboards?limit=2&before={first['before']}")).json()
    assert [each["game_id"] for each in then["leaderboards"]] == ["tetris"]
    assert then["before"] is None
    problem(await ask(api, "leaderboards?before=nonsense"), 422, "invalid-cursor")
    problem(await ask(api, "leaderboards?limit=1001"), 400, "invalid-request")


@pytest.mark.parametrize(
    "query", ["period=hourly", "limit=0", "limit=1001", "on=yesterday", "on=2026-1-2", "around=%00"]
)
async def test_what_no_board_takes_is_refused(api: Api, query: str) -> None:
    problem(await ask(api, f"games/tetris/leaderboard?{query}"), 400, "invalid-request")


async def test_the_known_types_are_told_with_their_schemas(api: Api) -> None:
    schemas = (await ask(api, "events/schemas")).json()
    assert set(schemas) == set(TYPES)
    assert schemas["player_score"]["required"] == ["score"]


@pytest.mark.parametrize(
    "path", ["players/ada/events", "player/ada/stats", "games/tetris/leaderboard", "leaderboards"]
)
async def test_queries_wait_for_what_the_asker_has_reported(api: Api, path: str) -> None:
    position = (await report(api, an_event())).headers["position"]
    assert (await ask(api, path, headers={"read-after": position})).status_code == 200
    ahead = {"read-after": "player.events.raw/0@17"}
    problem(await ask(api, path, headers=ahead), 503, "not-caught-up")
    other = {"read-after": "game-log/0@0"}
    problem(await ask(api, path, headers=other), 400, "invalid-position")
