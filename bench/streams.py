"""Thousands of people watch their places in one room, while others join and some are let in.

    make run                            # in one terminal
    .venv/bin/python -m bench.streams   # in another

Each stream is a socket of somebody who waits. Measured is how long after its admission, by the
clock of the log, a stream is told that it is ready; how often places are told, how much memory a
stream takes in the API, and what becomes of readers that do not read.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus
from itertools import count
from statistics import quantiles
from typing import Any

import aiohttp
import msgspec
import psutil
import rich_click as click
import uvloop

from bench.hall import Hall
from bench.load import at_rate, post
from bench.machine import machine
from interfaces.bootstrap import stack
from interfaces.tokens import Tokens

CHECKOUT_S = 3_600
"""As `Hall.open_room` has it."""

SLOW_READERS = 20
OPENED_AT_ONCE = 50
REST_S = 5.0
TARGET_P99_MS = 250.0


class Streams:
    """What all the sockets of a room have been told."""

    def __init__(self, hall: Hall, room: str, people: int) -> None:
        self.hall = hall
        self.room = room
        self.ready_ms: list[float] = []
        self.told: Counter[str] = Counter()
        self.all_opened = asyncio.Event()
        self._people = people
        self.closed = 0
        self._tokens = Tokens(hall.settings.signing_secret())

    async def follow(
        self, client: aiohttp.ClientSession, user: str, session_id: str, opened: asyncio.Semaphore
    ) -> None:
        """Open one stream, and take note of what it tells until it ends."""
        headers = {"Authorization": f"Bearer {self._tokens.issue(user, 'player')}"}
        path = f"/api/v1/waitroom/sessions/{session_id}/live"
        async with opened:
            socket = await client.ws_connect(self.hall.settings.base_url + path, headers=headers)
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self._take(message.data)
        self.closed += 1

    def _take(self, text: str) -> None:
        arrived = time.time()
        message = msgspec.json.decode(text)
        self.told[message["type"]] += 1
        if self.told.total() == self._people:  # each is told at once where it stands
            self.all_opened.set()
        if message["type"] == "ready":
            deadline = datetime.fromisoformat(message["payload"]["deadline"]).timestamp()
            self.ready_ms.append(1_000 * (arrived - (deadline - CHECKOUT_S)))


def memory_mib(hall: Hall) -> float:
    """What the API takes."""
    pids = [each.pid for each in stack.processes(hall.settings) if each.name.startswith("api")]
    return sum(psutil.Process(pid).memory_info().rss for pid in pids if pid) / 2**20


async def fill(hall: Hall, room: str, named: str, people: int) -> list[tuple[str, str]]:
    """So many people join, one after another; their names and sessions."""
    headers = {"Authorization": f"Bearer {hall.token}"}
    found: list[tuple[str, str]] = []
    async with aiohttp.ClientSession(hall.settings.base_url, headers=headers) as client:
        for number in range(people):
            body = {"event_id": room, "user_id": f"{named}-{number}"}
            place = await _join(client, body)
            found.append((place["user_id"], place["session_id"]))
    return found


async def _join(client: aiohttp.ClientSession, body: dict[str, str]) -> Any:
    """A place, also where the hall has to be asked again: whoever joined already gets it back."""
    while True:
        async with client.post("/api/v1/waitroom/join", json=body) as answer:
            if answer.ok:
                return await answer.json()
            assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE, await answer.text()


def others(hall: Hall, room: str) -> Iterator[bytes]:
    """Requests of ever more users to join, who watch nothing."""
    for number in count():
        body = msgspec.json.encode({"event_id": room, "user_id": f"other-{number}"})
        yield post(hall.host, "/api/v1/waitroom/join", hall.token, body)


def purchases(hall: Hall, room: str, sessions: Iterator[str]) -> Iterator[bytes]:
    """Requests that end checkouts, each of which lets the next one in."""
    for session_id in sessions:
        path = f"/api/v1/waitroom/sessions/{session_id}/completed?event_id={room}"
        yield post(hall.host, path, hall.token, b"")


@asynccontextmanager
async def slow_readers(streams: Streams, sessions: list[tuple[str, str]]) -> AsyncIterator[None]:
    """Sockets that are opened and never read."""
    tokens = Tokens(streams.hall.settings.signing_secret())
    writers = []
    for user, session_id in sessions:
        _, writer = await asyncio.open_connection(streams.hall.host, streams.hall.port, limit=1)
        path = f"/api/v1/waitroom/sessions/{session_id}/live"
        lines = (
            f"GET {path} HTTP/1.1",
            "Host: hall",
            f"Authorization: Bearer {tokens.issue(user, 'player')}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        )
        writer.write("\r\n".join((*lines, "", "")).encode())
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writers.append(writer)
    yield
    for writer in writers:
        writer.close()


async def measure(hall: Hall, people: int, joins: int, admissions: int, seconds: float) -> Streams:
    """Open the streams, let the room live, and say what came of it."""
    ready = int(admissions * seconds) + 1
    room = hall.open_room(capacity=ready)
    inside = [session for _, session in await fill(hall, room, "inside", ready)]
    waiting = await fill(hall, room, "waits", people + SLOW_READERS)
    streams = Streams(hall, room, people)
    before = memory_mib(hall)
    opened = asyncio.Semaphore(OPENED_AT_ONCE)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as client:
        tasks = [
            asyncio.create_task(streams.follow(client, user, session, opened))
            for user, session in waiting[:people]
        ]
        await streams.all_opened.wait()
        during = memory_mib(hall)
        click.echo(
            f"{people} streams: {1_024 * (during - before) / people:.1f} KiB of the API for each"
        )
        async with slow_readers(streams, waiting[people:]):
            await live(hall, room, iter(inside), joins, admissions, seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return streams


async def live(
    hall: Hall, room: str, inside: Iterator[str], joins: int, admissions: int, seconds: float
) -> None:
    """Others join and purchases let people in, at fixed rates."""
    joining = at_rate(hall.host, hall.port, others(hall, room), joins, seconds)
    buying = at_rate(hall.host, hall.port, purchases(hall, room, inside), admissions, seconds)
    joined, bought = await asyncio.gather(joining, buying)
    for name, result in (("joins", joined), ("purchases", bought)):
        click.echo(f"{name}: {result.row()}")
    await asyncio.sleep(REST_S)


@click.command()
@click.option("--streams", "people", default=5_000, show_default=True)
@click.option("--joins", default=200, show_default=True, help="A second.")
@click.option("--admissions", default=50, show_default=True, help="A second.")
@click.option("--seconds", default=30.0, show_default=True)
def main(people: int, joins: int, admissions: int, seconds: float) -> None:
    """Watch a room with thousands of streams."""
    click.echo(machine())
    streams = uvloop.run(measure(Hall(), people, joins, admissions, seconds))
    shares = quantiles(streams.ready_ms, n=100)
    click.echo(
        f"{len(streams.ready_ms)} admissions told: p50 {shares[49]:.0f} ms, p99 {shares[98]:.0f} ms"
        f" (target {TARGET_P99_MS:.0f}), longest {max(streams.ready_ms):.0f} ms;"
        f" {streams.told['position'] / people / (seconds + REST_S):.2f} places a second for each"
    )


if __name__ == "__main__":
    main()
