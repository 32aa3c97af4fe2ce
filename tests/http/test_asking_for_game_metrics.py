"""Games by the hour and by the day, for whoever plays here."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.http.conftest import Api, problem

PATH = "/api/v1/games/metrics"


async def ask(api: Api, query: str = "", **options: Any) -> httpx.Response:
    return await api.ask("GET", f"{PATH}?{query}", **options)


async def play(api: Api, at: datetime) -> None:
    """Ann, who begins, and Ben play a game that she wins within a minute."""
    api.log.now = at
    game = await api.pair()
    for number, column in enumerate([3, 4, 3, 4, 3, 4, 3]):
        api.log.now = at + timedelta(seconds=number + 1)
        user = "ben" if number % 2 else "ann"
        move = await api.ask("POST", f"/api/v1/games/{game}/move", {"column": column}, user=user)
        assert move.status_code == 200, move.text


async def test_a_day_tells_how_many_games_there_were_and_who_won(api: Api) -> None:
    await play(api, datetime(2026, 11, 1, 12, 59, tzinfo=UTC))
    await play(api, datetime(2026, 11, 1, 13, 5, tzinfo=UTC))
    (day,) = (await ask(api, "from=2026-11-01&until=2026-11-01")).json()["windows"]
    assert day == {
        "per": "day",
        "starts_at": "2026-11-01T00:00:00Z",
        "started": 2,
        "finished": 2,
        "abandoned": 0,
        "with_bot": 0,
        "wins": 2,
        "draws": 0,
        "resignations": 0,
        "timeouts": 0,
        "mean_duration_seconds": 7.0,
        "mean_moves": 7.0,
        "first_wins": 2,
        "second_wins": 0,
        "first_move_advantage": 1.0,
        "winners": [{"user_id": "ann", "wins": 2}],
    }
    hours = (await ask(api, "per=hour&from=2026-11-01&until=2026-11-02")).json()["windows"]
    assert [each["starts_at"][11:13] for each in hours] == ["12", "13"]


@pytest.mark.parametrize(("query", "days"), [("", 30), ("per=day", 30), ("per=hour", 2)])
async def test_without_a_range_it_is_the_last_days(api: Api, query: str, days: int) -> None:
    noon = datetime.now(UTC).replace(hour=12, minute=0)
    await play(api, noon - timedelta(days=days))
    assert (await ask(api, query)).json() == {"windows": []}
    await play(api, noon - timedelta(days=days - 1))
    assert len((await ask(api, query)).json()["windows"]) == 1


@pytest.mark.parametrize(
    ("query", "status", "type"),
    [
        ("per=week", 400, "invalid-request"),
        ("from=yesterday", 400, "invalid-request"),
        ("from=2026-11-02&until=2026-11-01", 422, "invalid-range"),
        ("from=2025-01-01&until=2026-01-02", 422, "invalid-range"),
        ("per=hour&from=2026-11-01&until=2026-11-15", 422, "invalid-range"),
    ],
)
async def test_what_makes_no_sense_is_refused(api: Api, query: str, status: int, type: str) -> None:
    problem(await ask(api, query), status, type)


async def test_as_many_days_as_may_be_asked_for_are_told(api: Api) -> None:
    for query in ("from=2025-01-01&until=2026-01-01", "per=hour&from=2026-11-01&until=2026-11-14"):
        assert (await ask(api, query)).status_code == 200


async def test_queries_wait_for_what_the_asker_has_played(api: Api) -> None:
    ahead = {"read-after": "game-log/0@17"}
    problem(await ask(api, headers=ahead), 503, "not-caught-up")
    wrong = {"read-after": "waitroom-log/0@0"}
    problem(await ask(api, headers=wrong), 400, "invalid-position")


async def test_nobody_asks_without_a_token(api: Api) -> None:
    problem(await api.client.get(PATH), 401, "unauthenticated")
