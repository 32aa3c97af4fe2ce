import asyncio
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from interfaces.http.app import FEATURES, describe
from interfaces.http.operations import commands, health
from interfaces.http.platform import openapi
from tests.http.conftest import ORIGIN, Api, problem
from tests.http.operations import OPERATIONS, operations

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


@pytest.mark.parametrize(
    "path", ["/health/live", "/docs", "/activity", "/nothing", "/api/v1/leaderboard"]
)
async def test_every_answer_carries_security_headers(api: Api, path: str) -> None:
    answer = await api.ask("GET", path)

    assert EVERYWHERE.items() <= dict(answer.headers).items()
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert len(answer.headers.get_list("content-security-policy")) == 1


async def test_answers_of_the_api_are_not_kept(api: Api) -> None:
    assert (await api.ask("GET", "/api/v1/leaderboard")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("origin", "allowed"), [(ORIGIN, True), ("https://evil.example", False)])
async def test_pages_of_allowed_origins_may_call(api: Api, origin: str, allowed: bool) -> None:
    asks = {"origin": origin, "access-control-request-method": "POST"}
    preflight = await api.client.options("/api/v1/waitroom/join", headers=asks)
    answer = await api.ask("GET", "/api/v1/leaderboard", headers={"origin": origin})

    assert preflight.status_code == 204
    for each in (preflight, answer):
        assert (each.headers.get("access-control-allow-origin") == origin) is allowed
        assert "origin" in each.headers["vary"]


async def test_a_page_may_compress_and_trace_and_sees_its_limits(api: Api) -> None:
    asks = {"origin": ORIGIN, "access-control-request-method": "PUT"}
    preflight = await api.client.options("/api/v1/events/batch", headers=asks)
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    allowed = preflight.headers["access-control-allow-headers"].split(", ")
    assert {"content-encoding", "tracestate", "baggage"} <= set(allowed)
    answer = await api.ask("GET", "/api/v1/leaderboard", headers={"origin": ORIGIN})
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"} <= set(exposed)


async def test_who_asks_in_two_names_is_not_heard(api: Api) -> None:
    path = "/api/v1/leaderboard"
    names = [api.token(name)["authorization"].encode() for name in ("ada", "eve")]
    headers = [(b"authorization", name) for name in names]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers}
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    # The client of the tests would make one header of the two.
    await api.doors.public(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 400


async def receive() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


async def test_requests_are_counted_by_route_and_not_by_address(api: Api) -> None:
    await api.ask("GET", "/api/v1/players/somebody-new")
    await api.ask("GET", "/api/v1/nowhere/at-all")
    await api.ask("BREW", "/api/v1/leaderboard")
    metrics = (await api.client.get("/metrics")).text

    assert 'route="/api/v1/players/{user_id}",status="404"' in metrics
    assert 'route="none",status="404"' in metrics
    assert 'method="other"' in metrics
    assert "somebody-new" not in metrics
    assert "at-all" not in metrics


async def test_commands_are_counted_by_what_came_of_them(api: Api) -> None:
    await api.open("counted")
    await api.join("ann", "counted", headers={"idempotency-key": "1"})
    await api.join("ann", "counted", headers={"idempotency-key": "1"})
    await api.join("ann", "unopened")
    metrics = (await api.client.get("/metrics")).text

    for outcome in ("accepted", "repeated", "waitroom-not-found"):
        label = f'gamehall_commands_total{{command="waitroom.join",outcome="{outcome}"}}'
        assert label in metrics


async def well() -> None:
    return None


async def unwell() -> str:
    return "3 of 24 shards are not owned yet"


async def broken() -> None:
    raise ConnectionError("a host and a password")


async def silent() -> None:
    await asyncio.sleep(5)


async def test_health_names_what_is_not_ready_and_tells_nobody_why(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECK_TIMEOUT_S", 0.05)
    api.commands_need.update({"log": unwell, "kafka": well})
    api.queries_need.update({"redis": broken, "postgres": silent})
    answer = await api.client.get("/health/ready")

    details = problem(answer, 503, "not-ready")
    assert details["checks"] == {
        "log": "3 of 24 shards are not owned yet",
        "redis": "away",
        "postgres": "away",
    }


async def test_health_tells_commands_and_queries_apart(api: Api) -> None:
    api.commands_need["kafka"] = well
    api.queries_need["postgres"] = broken
    details = problem(await api.client.get("/health/ready"), 503, "not-ready")
    assert details["ready"] == {"commands": True, "queries": False}
    assert (await api.client.get("/health/ready?of=commands")).json() == {"status": "ready"}
    problem(await api.client.get("/health/ready?of=queries"), 503, "not-ready")
    problem(await api.client.get("/health/ready?of=both"), 400, "invalid-request")


# -- documentation ----------------------------------------------------------------------------


def test_every_operation_is_described_for_people_and_programs() -> None:
    document = json.loads(describe())
    described = [each for item in document["paths"].values() for each in item.values()]

    assert len({each["operationId"] for each in described}) == len(described)
    for operation in described:
        assert operation["summary"]
        assert operation["description"]
        assert operation["tags"]


def test_operations_keep_their_ids_and_their_positions() -> None:
    written = OPERATIONS.read_text().splitlines()
    assert list(operations()) == written, "refresh it: python -m tests.http.operations"


def test_every_shape_has_an_example_that_fits_it() -> None:
    document = json.loads(describe())
    shapes = document["components"]["schemas"]
    lacking = {name for name, shape in shapes.items() if "examples" not in shape}

    plain = {kind.__name__ for kind in commands.AnyCommand.__args__} | {"Metadata"}
    assert lacking <= plain, "only commands, which `CommandEnvelope` shows one of, have no example"
    examples = list(openapi.examples_of(FEATURES))
    assert len(dict(examples)) == len(examples), "nobody else's example is replaced"
    kinds = {kind.__name__: kind for kind in structs()}
    for name, example in examples:
        read: msgspec.Struct = msgspec.json.decode(msgspec.json.encode(example), type=kinds[name])
        assert msgspec.json.decode(msgspec.json.encode(read)) == example


def structs(base: type[msgspec.Struct] = msgspec.Struct) -> Iterator[type[msgspec.Struct]]:
    for kind in base.__subclasses__():
        if kind.__module__.startswith(("application.", "domain.", "interfaces.", "projections.")):
            yield kind
        yield from structs(kind)


async def test_the_documentation_page_takes_nothing_from_elsewhere(api: Api) -> None:
    page = await api.client.get("/docs")
    assert page.status_code == 200
    assert "://" not in page.text
    for asset in ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "start.js"):
        assert f"/docs/{asset}" in page.text
        assert (await api.client.get(f"/docs/{asset}")).status_code == 200
    assert (await api.client.get("/openapi.json")).json()["info"]["title"] == "Gamehall"
    problem(await api.client.get("/docs/other.js"), 404, "not-found")


async def test_the_activity_page_takes_nothing_from_elsewhere(api: Api) -> None:
    page = await api.client.get("/activity")
    assert page.headers["content-type"].startswith("text/html")
    assert "unsafe" not in page.headers["content-security-policy"]
    parts = ("activity.css", "activity.js", "figures.js", "charts.js")
    texts = [page.text]
    for part in parts:
        answer = await api.client.get(f"/activity/{part}")
        assert answer.status_code == 200
        assert any(f"/activity/{part}" in text for text in texts)
        texts.append(answer.text)
    links = "".join(texts).replace("http://www.w3.org/2000/svg", "")
    assert "://" not in links
    problem(await api.client.get("/activity/other.js"), 404, "not-found")
    problem(await api.client.get("/activity.json"), 401, "unauthenticated")
