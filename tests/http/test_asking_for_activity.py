"""What a studio asks of a game: for services and admins, by days of UTC."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from interfaces.tokens import Scope
from tests.http.conftest import Api, problem
from tests.http.test_reporting_events import an_event, report

QUESTIONS = ["activity", "retention", "funnel?step=a&step=b"]


async def ask(api: Api, path: str, scope: Scope = "service", **options: Any) -> httpx.Response:
    path = f"/api/v1/games/tetris/{path}"
    return await api.ask("GET", path, user="studio", scope=scope, **options)


async def played(api: Api, player: str, days_ago: int, kind: str = "session_started") -> None:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    event = an_event(player_id=player, event_type=kind, timestamp=at.isoformat(), data={})
    assert (await report(api, event)).is_success


def ago(days: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}"


async def test_days_tell_who_played(api: Api) -> None:
    await played(api, "ada", 2)
    await played(api, "ada", 0)
    await played(api, "ben", 0)
    days = (await ask(api, f"activity?from={ago(2)}&until={ago(0)}")).json()["days"]
    assert [day["day"] for day in days] == [ago(2), ago(1), ago(0)]
    assert [day["daily_active"] for day in days] == [1, 0, 2]
    assert [day["monthly_active"] for day in days] == [1, 1, 2]
    assert [day["new_players"] for day in days] == [1, 0, 1]
    assert [day["sessions"] for day in days] == [1, 0, 2]
    assert days[0]["mean_session_seconds"] is None


async def test_the_games_that_are_played_can_be_listed_to_choose_one(api: Api) -> None:
    await played(api, "ada", 2)
    await played(api, "ben", 1)
    path = "/api/v1/games/activity"
    shown = await api.ask("GET", path, user="studio", scope="service")
    assert shown.json() == {"games": [{"game_id": "tetris", "last_day": ago(1)}]}
    problem(await api.ask("GET", path), 403, "wrong-scope")
    ahead = {"read-after": "player.events.raw/0@17"}
    late = await api.ask("GET", path, user="studio", scope="service", headers=ahead)
    problem(late, 503, "not-caught-up")


async def test_cohorts_tell_who_came_back(api: Api) -> None:
    await played(api, "ada", 3)
    await played(api, "ada", 1)
    shown = (await ask(api, f"retention?from={ago(3)}&until={ago(3)}&days=7")).json()
    assert shown == {"cohorts": [{"day": ago(3), "size": 1, "returned": [0, 1, 0]}]}


async def test_funnels_tell_how_far_players_got(api: Api) -> None:
    await played(api, "ada", 3)
    await played(api, "ada", 1, "tutorial_done")
    await played(api, "ben", 3)
    steps = "step=session_started&step=tutorial_done"
    for query, reached in {"": [2, 1], "&within_days=1": [2, 0], f"&from={ago(1)}": [0, 0]}.items():
        shown = (await ask(api, f"funnel?{steps}{query}")).json()["steps"]
        assert [step["event_type"] for step in shown] == ["session_started", "tutorial_done"]
        assert [step["players"] for step in shown] == reached


@pytest.mark.parametrize("path", ["activity", "retention"])
async def test_without_a_range_it_is_the_last_thirty_days(api: Api, path: str) -> None:
    (days,) = (await ask(api, path)).json().values()
    assert [days[0]["day"], days[-1]["day"], len(days)] == [ago(29), ago(0), 30]


@pytest.mark.parametrize("path", QUESTIONS)
async def test_players_may_not_ask(api: Api, path: str) -> None:
    problem(await ask(api, path, "player"), 403, "wrong-scope")
    assert (await ask(api, path, "admin")).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "type"),
    [
        ("activity?from=yesterday", 400, "invalid-request"),
        ("activity?until=2026-02-30", 400, "invalid-request"),
        ("activity?from=2026-W47-6", 400, "invalid-request"),
        ("activity?from=2026-11-02&until=2026-11-01", 422, "invalid-range"),
        ("retention?from=2025-01-01&until=2026-01-02", 422, "invalid-range"),
        ("retention?days=0", 400, "invalid-request"),
        ("retention?days=91", 400, "invalid-request"),
        ("funnel", 400, "invalid-request"),
        ("funnel?step=a", 400, "invalid-request"),
        ("funnel?step=a&step=", 400, "invalid-request"),
        ("funnel?step=a&step=b%00", 400, "invalid-request"),
        ("funnel?step=a&step=b&step=a", 422, "repeated-step"),
        ("funnel?step=a&step=b&within_days=0", 400, "invalid-request"),
    ],
)
async def test_what_makes_no_sense_is_refused(api: Api, path: str, status: int, type: str) -> None:
    problem(await ask(api, path), status, type)


async def test_the_first_day_of_all_has_no_days_before_it(api: Api) -> None:
    (day,) = (await ask(api, "activity?until=0001-01-01")).json()["days"]
    assert day["day"] == "0001-01-01"


@pytest.mark.parametrize("path", QUESTIONS)
async def test_queries_wait_for_what_the_asker_has_reported(api: Api, path: str) -> None:
    position = (await report(api, an_event())).headers["position"]
    assert (await ask(api, path, headers={"read-after": position})).status_code == 200
    ahead = {"read-after": "player.events.raw/0@17"}
    problem(await ask(api, path, headers=ahead), 503, "not-caught-up")
