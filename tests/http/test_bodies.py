"""Bad bodies: a precise answer, and no event."""

import asyncio
from typing import Any

import httpx
import pytest

from interfaces.http.platform import bodies
from interfaces.http.platform.bodies import BATCH_LIMIT_BYTES, BODY_LIMIT_BYTES, DISCARDED_BYTES
from tests.http.conftest import Api, problem

JOIN = "/api/v1/waitroom/join"
OPEN = "/api/v1/waitroom"
PATHS = [JOIN, OPEN]
"""The one that reads its body by hand, and one that Litestar reads."""


async def post(
    api: Api, path: str, content: bytes, kind: str = "application/json"
) -> httpx.Response:
    headers = api.token("shop", "service") | {"content-type": kind}
    answer = await api.client.post(path, content=content, headers=headers)
    assert not api.log.commands, "nothing was decided"
    return answer


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"nonsense", b'{"event_id": "a"} and more', b'{"event_id": "\xff"}', b"[" * 60_000],
)
async def test_what_is_not_json_is_refused(api: Api, path: str, content: bytes) -> None:
    answer = await post(api, path, content)

    assert answer.status_code == 400
    assert answer.json()["type"].endswith(("malformed-json", "invalid-request"))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("content", [b"[]", b"null", b"1", b'"text"'])
async def test_json_of_another_shape_is_refused(api: Api, path: str, content: bytes) -> None:
    details = problem(await post(api, path, content), 400, "invalid-request")

    assert details["errors"][0]["field"] == "$"


@pytest.mark.parametrize(
    ("path", "content", "field"),
    [
        (JOIN, b'{"user_id": "ann"}', "$.event_id"),
        (JOIN, b'{"user_id": 1, "event_id": "e"}', "$.user_id"),
        (JOIN, b'{"user_id": "", "event_id": "e"}', "$.user_id"),
        (JOIN, b'{"user_id": "a\\u0000b", "event_id": "e"}', "$.user_id"),
        (JOIN, b'{"user_id": "a/b", "event_id": "e"}', "$.user_id"),
        (JOIN, b'{"user_id": "a\\n", "event_id": "e"}', "$.user_id"),
        (JOIN, b'{"user_id": "a", "event_id": "' + b"e" * 201 + b'"}', "$.event_id"),
        (JOIN, b'{"user_id": "a", "event_id": "e", "priority": "1"}', "$.priority"),
        (JOIN, b'{"user_id": "a", "event_id": "e", "priority": 101}', "$.priority"),
        (JOIN, b'{"user_id": "a", "event_id": "e", "priority": -1}', "$.priority"),
        (JOIN, b'{"user_id": "a", "event_id": "e", "priority": 1e400}', "$.priority"),
        (JOIN, b'{"user_id": "a", "event_id": "e", "pirority": 1}', "$.pirority"),
        (OPEN, b'{"event_id": "e", "capacity": "1", "checkout_seconds": 60}', "$.capacity"),
        (OPEN, b'{"event_id": "e", "capacity": 0, "checkout_seconds": 60}', "$.capacity"),
        (OPEN, b'{"event_id": "e", "capacity": 1, "checkout_seconds": 0}', "$.checkout_seconds"),
        (OPEN, b'{"event_id": "e", "capacity": 1, "checkout_seconds": 9e99}', "$.checkout_seconds"),
        (OPEN, b'{"event_id": "e", "capacity": 1, "checkout_seconds": 9, "x": [', "$.x"),
    ],
)
async def test_a_field_that_does_not_fit_is_named(
    api: Api, path: str, content: bytes, field: str
) -> None:
    details = problem(await post(api, path, content), 400, "invalid-request")

    assert [error["field"] for error in details["errors"]] == [field]
    assert details["detail"].startswith(field)


@pytest.mark.parametrize(("priority", "status"), [(b"2.0", 201), (b"2e0", 201), (b"2.5", 400)])
async def test_a_whole_number_may_be_written_with_a_point(
    api: Api, priority: bytes, status: int
) -> None:
    await api.open()
    content = b'{"user_id": "a", "event_id": "concert", "priority": %s}' % priority
    headers = api.token("shop", "service") | {"content-type": "application/json"}
    answer = await api.client.post(JOIN, content=content, headers=headers)

    assert answer.status_code == status


async def test_what_a_name_may_be_is_told_in_words(api: Api) -> None:
    content = b'{"user_id": "a/b", "event_id": "e"}'
    details = problem(await post(api, JOIN, content), 400, "invalid-request")

    assert "slash" in details["errors"][0]["message"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "nonsense"])
async def test_another_content_type_is_refused(api: Api, path: str, kind: str) -> None:
    problem(await post(api, path, b"{}", kind), 415, "unsupported-media-type")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
async def test_json_may_be_announced_in_several_ways(api: Api, kind: str) -> None:
    problem(await post(api, JOIN, b"{}", kind), 400, "invalid-request")


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_has_a_limit(api: Api, path: str) -> None:
    problem(await post(api, path, b" " * (BODY_LIMIT_BYTES + 1)), 413, "too-large")
    problem(await post(api, path, b" " * BODY_LIMIT_BYTES), 400, "malformed-json")


async def test_many_commands_have_a_higher_limit(api: Api) -> None:
    problem(await post(api, "/api/v1/commands", b" " * (BATCH_LIMIT_BYTES + 1)), 413, "too-large")
    problem(await post(api, "/api/v1/commands", b" " * BATCH_LIMIT_BYTES), 400, "malformed-json")


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_that_does_not_say_its_length_is_cut_off(api: Api, path: str) -> None:
    taken = 0

    async def receive() -> Any:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b" " * 1024, "more_body": True}

    assert (await directly(api, path, receive))["status"] == 413
    assert taken <= (BODY_LIMIT_BYTES + DISCARDED_BYTES) / 1024 + 1


async def test_a_request_that_ends_in_the_middle_does_nothing(api: Api) -> None:
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    assert (await directly(api, JOIN, receive))["status"] == 400
    assert not api.log.commands


async def directly(api: Api, path: str, receive: Any) -> Any:
    """Ask without a client, which would take the body in first."""
    token = api.token("shop", "service")["authorization"].encode()
    headers = [(b"authorization", token), (b"content-type", b"application/json")]
    headers.append((b"transfer-encoding", b"chunked"))
    scope: Any = {"type": "http", "method": "POST", "path": path, "headers": headers}
    scope["client"] = ("127.0.0.1", 50_000)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await api.doors.public(scope | {"query_string": b"", "root_path": ""}, receive, send)
    return sent[0]


@pytest.mark.parametrize("length", ["-1", "nonsense"])
async def test_a_length_that_is_none_is_refused(api: Api, length: str) -> None:
    headers = api.token("shop", "service") | {
        "content-type": "application/json",
        "content-length": length,
    }

    problem(await api.client.post(JOIN, content=b"{}", headers=headers), 413, "too-large")


@pytest.mark.parametrize("name", ["a%00b", "a%0A", "x" * 201])
async def test_a_name_in_an_address_has_the_same_limits(api: Api, name: str) -> None:
    for path in (f"/api/v1/waitroom/{name}", f"/api/v1/games/{name}", f"/api/v1/players/{name}"):
        problem(await api.ask("GET", path), 400, "invalid-request")


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_that_never_ends_is_not_waited_for(
    api: Api, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_TIMEOUT_S", 0.05)
    pieces = iter([b'{"user'])

    async def receive() -> Any:
        for piece in pieces:
            return {"type": "http.request", "body": piece, "more_body": True}
        return await asyncio.Future()

    assert (await directly(api, path, receive))["status"] == 408
    assert not api.log.commands


async def test_who_is_ended_while_a_body_arrives_is_not_told_that_it_was_slow(api: Api) -> None:
    async def receive() -> Any:
        asking.cancel()
        return await asyncio.Future()

    asking = asyncio.create_task(directly(api, JOIN, receive))
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_slow_body_takes_nothing_from_one_that_arrives(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_TIMEOUT_S", 0.05)
    slow_is_over = asyncio.Event()

    async def never() -> Any:
        return await asyncio.Future()

    async def once_the_slow_one_is_over() -> Any:
        await slow_is_over.wait()
        return {"type": "http.request", "body": b"{}", "more_body": False}

    asked = asyncio.create_task(directly(api, JOIN, never))
    await asyncio.sleep(0)  # its time begins
    monkeypatch.setattr(bodies, "BODY_TIMEOUT_S", 60)
    patient = asyncio.create_task(directly(api, JOIN, once_the_slow_one_is_over))
    assert (await asked)["status"] == 408
    slow_is_over.set()
    assert (await patient)["status"] == 400
