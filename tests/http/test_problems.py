"""Everything that can be raised, and the problem that it becomes."""

import asyncio

import psycopg
import pytest
import redis
from psycopg_pool import PoolTimeout

from interfaces.http.platform.problems import Problem
from tests.http.conftest import Api, problem


async def test_a_log_that_does_not_answer_is_unavailable(api: Api) -> None:
    api.log.away = True
    answer = await api.join("ann")

    problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "2"


@pytest.mark.parametrize(
    "error",
    [
        redis.ConnectionError("refused"),
        redis.TimeoutError("slow"),
        psycopg.OperationalError("gone"),
        PoolTimeout("busy"),
    ],
)
async def test_a_read_models_server_that_is_away_is_unavailable(
    api: Api, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    _fails(api, monkeypatch, error)
    answer = await api.ask("GET", "/api/v1/leaderboard")

    details = problem(answer, 503, "unavailable")
    assert str(error) not in details["detail"]


async def test_what_nobody_foresaw_is_not_told(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    _fails(api, monkeypatch, ZeroDivisionError("the secret is 42"))
    answer = await api.ask("GET", "/api/v1/leaderboard")

    problem(answer, 500, "internal-error")
    assert "42" not in answer.text


async def test_too_many_requests_are_a_problem_too(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fails(api, monkeypatch, Problem(429, "too-many-requests", "Come back later."))

    problem(await api.ask("GET", "/api/v1/leaderboard"), 429, "too-many-requests")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/api/v1/waitroom/join", "POST"),
        ("DELETE", "/api/v1/waitroom/join", "POST"),
        ("PUT", "/api/v1/games/seek", "POST"),
        ("POST", "/api/v1/leaderboard", "GET"),
    ],
)
async def test_another_method_is_refused_with_those_that_are_taken(
    api: Api, method: str, path: str, allow: str
) -> None:
    answer = await api.ask(method, path)

    problem(answer, 405, "method-not-allowed")
    assert allow in answer.headers["allow"]


async def test_a_problem_names_the_address_that_was_asked(api: Api) -> None:
    answer = await api.ask("GET", "/api/v1/players/nobody")

    assert answer.json()["instance"] == "/api/v1/players/nobody"


def _fails(api: Api, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    async def fail(limit: int, offset: int) -> None:
        await asyncio.sleep(0)
        raise error

    monkeypatch.setattr(api.standings, "top", fail)
