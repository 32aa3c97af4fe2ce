"""Who may do what: nothing without a token, and nothing in somebody else's name."""

import json
from typing import Any

import jwt
import pytest

from interfaces.http.app import describe
from interfaces.tokens import Scope, Tokens
from tests.http.conftest import SECRET, Api, problem

OPERATIONS = [
    (method.upper(), path, operation)
    for path, item in json.loads(describe())["paths"].items()
    for method, operation in item.items()
]
GUARDED = [each for each in OPERATIONS if each[2].get("security") != []]
OPEN = [each for each in OPERATIONS if each[2].get("security") == []]
FOR_SERVICES = {"openWaitroom", "executeCommands"}


def name(operation: Any) -> str:
    return operation["operationId"] if isinstance(operation, dict) else ""


@pytest.mark.parametrize(("method", "path", "operation"), GUARDED, ids=name)
async def test_nothing_is_done_without_a_token(
    api: Api, method: str, path: str, operation: Any
) -> None:
    answer = await api.client.request(method, path)

    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="gamehall"'


@pytest.mark.parametrize(("method", "path", "operation"), OPEN, ids=name)
async def test_health_is_told_to_anybody(api: Api, method: str, path: str, operation: Any) -> None:
    assert (await api.client.request(method, path)).status_code == 200


@pytest.mark.parametrize(
    "path", ["/nothing", "/api/v1/nothing", "/docs2", "/health/other", "/metrics/x"]
)
async def test_addresses_that_lead_nowhere_are_told_to_who_has_a_token(api: Api, path: str) -> None:
    problem(await api.client.get(path), 401, "unauthenticated")
    problem(await api.ask("GET", path), 404, "not-found")


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=name)
@pytest.mark.parametrize("spelling", ["{}/", "/{}", "{}//"])
async def test_an_address_has_one_spelling(
    api: Api, method: str, path: str, operation: Any, spelling: str
) -> None:
    # The whole of it, or httpx would read the first word of `//metrics` as a host.
    answer = await api.ask(method, str(api.client.base_url) + spelling.format(path))

    problem(answer, 404, "not-found")


def _unsigned() -> str:
    claims = {"sub": "ann", "scope": "admin", "aud": "gamehall", "iat": 0, "exp": 2**40}
    return jwt.encode(claims, "", algorithm="none")


def _of_a_bot() -> str:
    claims = {"sub": "bot-easy", "scope": "player", "aud": "gamehall", "iat": 0, "exp": 2**40}
    return jwt.encode(claims, SECRET)


BAD = {
    "another scheme": "Basic YW5uOmFubg==",
    "no token": "Bearer",
    "an empty token": "Bearer ",
    "nonsense": "Bearer nonsense",
    "not ASCII": "Bearer \xff",
    "unsigned": f"Bearer {_unsigned()}",
    "another secret": f"Bearer {Tokens(SECRET[::-1]).issue('a', 'admin')}",
    "expired": f"Bearer {Tokens(SECRET).issue('ann', 'player', ttl=-1)}",
    "a bot's": f"Bearer {_of_a_bot()}",
}


@pytest.mark.parametrize("name", BAD)
async def test_a_token_that_is_not_ours_opens_nothing(api: Api, name: str) -> None:
    headers = {"authorization": BAD[name].encode("latin-1")}
    answer = await api.client.get("/api/v1/leaderboard", headers=headers)  # type: ignore[arg-type]

    problem(answer, 401, "unauthenticated")
    assert "Bearer" in answer.headers["www-authenticate"]


async def test_the_scheme_may_be_written_in_any_case(api: Api) -> None:
    token = api.token("ann")["authorization"].removeprefix("Bearer ")
    headers = {"authorization": f"bearer {token}"}

    assert (await api.client.get("/api/v1/leaderboard", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [(m, p) for m, p, operation in GUARDED if operation["operationId"] in FOR_SERVICES],
)
async def test_players_do_not_do_what_services_do(api: Api, method: str, path: str) -> None:
    problem(await api.ask(method, path, []), 403, "wrong-scope")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/waitroom/join", {"user_id": "ben", "event_id": "concert"}),
        ("/api/v1/games/seek", {"user_id": "ben"}),
        ("/api/v1/games/cancel", {"user_id": "ben"}),
        ("/api/v1/games/some/move", {"player": "ben", "column": 1}),
        ("/api/v1/games/some/resign", {"player": "ben"}),
    ],
)
async def test_a_player_acts_for_itself_only(api: Api, path: str, body: Any) -> None:
    problem(await api.ask("POST", path, body, user="ann"), 403, "not-yourself")
    assert not api.log.commands


@pytest.mark.parametrize("scope", ["service", "admin"])
async def test_services_act_for_anybody(api: Api, scope: Scope) -> None:
    answer = await api.ask("POST", "/api/v1/games/seek", {"user_id": "ben"}, scope=scope)

    assert (answer.status_code, answer.json()["user_id"]) == (200, "ben")


async def test_a_priority_has_to_be_granted(api: Api) -> None:
    await api.open(capacity=5)
    body = {"user_id": "ann", "event_id": "concert", "priority": 3}
    path = "/api/v1/waitroom/join"

    problem(await api.ask("POST", path, body, priority=2), 403, "priority-not-granted")
    assert (await api.ask("POST", path, body, priority=3)).json()["priority"] == 3


async def test_the_actor_of_a_command_is_the_tokens_subject(api: Api) -> None:
    await api.ask("POST", "/api/v1/games/seek", {"user_id": "ben"}, user="shop", scope="service")

    assert api.log.commands[-1].metadata.actor == "shop"
