"""Whoever is refused reads why, also where most of a large body is still on its way."""

import asyncio
from typing import Any

import pytest

from interfaces.http.platform import bodies
from interfaces.http.platform.addresses import Addresses
from tests.http.conftest import ORIGIN, Api
from tests.http.serving import HOST, head_of, served, told

SIZES = {"300 kB": 300_000, "5 MB": 5_000_000}
TRIES = 10

JSON = {"content-type": "application/json"}
JOIN, OPEN = "/api/v1/waitroom/join", "/api/v1/waitroom"
EVENTS, BATCH = "/api/v1/events", "/api/v1/events/batch"
REFUSED: dict[str, tuple[int, str, str, dict[str, str]]] = {
    "nobody": (401, "POST", JOIN, JSON | {"authorization": ""}),
    "in two names": (400, "POST", JOIN, JSON | {"Authorization": "Bearer x"}),
    "not allowed": (403, "POST", OPEN, JSON),
    "nowhere": (404, "POST", "/api/v1/nowhere", JSON),
    "another method, at a function": (405, "PUT", EVENTS, JSON),
    "another method": (405, "PUT", "/api/v1/leaderboard", JSON),
    "another method, at a page": (405, "POST", "/docs", JSON),
    "too large": (413, "POST", JOIN, JSON),
    "too large, read by Litestar": (413, "POST", "/api/v1/games/seek", JSON),
    "another type": (415, "POST", JOIN, {"content-type": "text/plain"}),
    "another type of a batch": (415, "POST", BATCH, {"content-type": "text/plain"}),
    "no room": (503, "POST", BATCH, JSON),
    "nothing wrong, and no use for a body": (200, "GET", "/health/live", {}),
    "a question before a request": (
        204,
        "OPTIONS",
        JOIN,
        {"origin": ORIGIN, "access-control-request-method": "POST"},
    ),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("why", REFUSED)
async def test_who_sends_much_reads_why_it_is_refused(api: Api, why: str, size: str) -> None:
    status, method, path, headers = REFUSED[why]
    api.player_events.largest = 0
    await all_read(api, status, method, path, headers, SIZES[size])


@pytest.mark.parametrize("size", SIZES)
async def test_who_asks_too_much_at_a_time_reads_so(api: Api, size: str) -> None:
    api.doors.public._addresses = Addresses(0)
    await all_read(api, 429, "POST", JOIN, JSON, SIZES[size])


@pytest.mark.parametrize("path", [JOIN, "/api/v1/nowhere"])
async def test_a_body_that_does_not_say_its_length_goes_by_as_well(api: Api, path: str) -> None:
    headers = api.token("ann") | JSON | {"transfer-encoding": "chunked"}
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    sent = head_of("POST", path, headers) + chunk * 100 + b"0\r\n\r\n"
    async with served(api.doors.public) as port:
        for _ in range(TRIES):
            assert (await told(port, sent)).split()[1] in (b"404", b"413")


async def test_who_waits_for_leave_to_send_is_told_at_once(api: Api) -> None:
    headers = JSON | {"content-length": "5000000", "expect": "100-continue"}
    async with served(api.doors.public) as port:
        assert (await told(port, head_of("POST", JOIN, headers))).startswith(b"HTTP/1.1 401")


async def test_what_is_left_of_a_body_is_waited_for_so_long(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "DISCARD_TIMEOUT_S", 0.05)
    head = head_of("POST", JOIN, JSON | {"content-length": "5000000"})
    async with served(api.doors.public) as port:
        assert (await told(port, head + b" " * 1_000)).startswith(b"HTTP/1.1 401")


async def test_a_connection_whose_body_went_by_takes_the_next_request(api: Api) -> None:
    head = head_of("POST", JOIN, JSON | {"content-length": "300000"})
    async with served(api.doors.public) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        for sent, answer in (
            (head + b" " * 300_000, b"401"),
            (head_of("GET", "/docs", {}), b"200"),
        ):
            writer.write(sent)
            assert (await reader.read(100)).split()[1] == answer
            await reader.read(65_536)
        writer.close()


async def all_read(
    api: Api, status: int, method: str, path: str, headers: dict[str, Any], size_bytes: int
) -> None:
    all_headers = api.token("ann") | headers | {"content-length": f"{size_bytes}"}
    sent = head_of(method, path, all_headers) + b" " * size_bytes
    async with served(api.doors.public) as port:
        for _ in range(TRIES):
            assert (await told(port, sent)).startswith(b"HTTP/1.1 %d" % status)
