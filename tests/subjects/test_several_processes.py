"""Two API processes and a writer of checkpoints: names are read in all of them, until none may."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from interfaces.settings import HALL_PORTS
from tests.conftest import Hall, free_port, hall_in
from tests.people import a_name, client_of, eventually, open_room
from tests.subjects.test_erasing import command, everything_stored, is_called, keys_of

NO_HEADERS: Mapping[str, str] = {}
OF_NOWHERE = " of Nowhere"
ROOMS = 6
"""Each process owns some of them, so half of the joins below are forwarded."""


@pytest.mark.timeout(300)  # a hall of its own starts and stops
async def test_names_are_read_in_every_process_and_after_erasing_in_none(hall_home: Path) -> None:
    port = str(free_port(HALL_PORTS + 1))
    hall = hall_in(hall_home, PORT=port, CHECKPOINT_SECONDS="1", LOG_PARTITIONS="2")
    hall.up("--api", "2")
    ada, bob = a_name("ada"), a_name("bob")
    async with client_of(hall) as client, both_of(hall) as (first, second):
        rooms = [await open_room(client, hall, capacity=1) for _ in range(ROOMS)]
        adas = [await join_here_and_look_there(first, second, hall, r, ada) for r in rooms]
        bobs = [await join_here_and_look_there(second, first, hall, r, bob) for r in rooms]

        await eventually(partial(snapshots, hall), set(rooms).issubset)
        found = await asyncio.to_thread(everything_stored, hall)
        assert ada in found
        assert OF_NOWHERE not in found

        assert keys_of(await command(hall, "erase", ada)) >= 1
        for process in (first, second):
            await eventually(partial(look, process, hall, adas[0]), partial(is_called, None))
        await kill_and_wait(hall, first, second)
        for process in (first, second):
            assert await names(process, hall, adas) == {None}
            assert await names(process, hall, bobs) == {name_of(bob)}
            assert await past(process, hall, rooms) == {(None, name_of(bob))}

        await asyncio.gather(*(leave(first, hall, *each) for each in zip(rooms, adas, strict=True)))
        for session in bobs:
            await eventually(partial(look, second, hall, session), is_ready)
    hall.down()


@asynccontextmanager
async def both_of(hall: Hall) -> AsyncIterator[list[httpx.AsyncClient]]:
    """A client of each process."""
    async with AsyncExitStack() as held:
        ports = (hall.settings.first_peer_port, hall.settings.first_peer_port + 1)
        yield [
            await held.enter_async_context(
                httpx.AsyncClient(base_url=f"http://{hall.settings.host}:{port}", timeout=30)
            )
            for port in ports
        ]


def name_of(user: str) -> str:
    return user.title() + OF_NOWHERE


async def join_here_and_look_there(
    here: httpx.AsyncClient, there: httpx.AsyncClient, hall: Hall, room: str, user: str
) -> str:
    """Join in one process, see the name at once in the other, and give the session."""
    body = {"event_id": room, "user_id": user, "display_name": name_of(user)}
    joined = await here.post("/api/v1/waitroom/join", json=body, headers=hall.player(user))
    assert joined.status_code == 201, joined.text
    session = str(joined.json()["session_id"])
    position = {"Read-After": joined.headers["Position"]}
    shown = await eventually(
        partial(look, there, hall, session, position), lambda answer: "session_id" in answer
    )
    assert is_called(name_of(user), shown), "as soon as the session is shown"
    return session


async def look(
    process: httpx.AsyncClient, hall: Hall, session: str, headers: Mapping[str, str] = NO_HEADERS
) -> dict[str, Any]:
    path = f"/api/v1/waitroom/sessions/{session}"
    return dict((await process.get(path, headers={**hall.admin(), **headers})).json())


async def names(process: httpx.AsyncClient, hall: Hall, sessions: list[str]) -> set[str | None]:
    """What people of these sessions are called."""
    return {(await look(process, hall, session))["display_name"] for session in sessions}


async def past(
    process: httpx.AsyncClient, hall: Hall, rooms: list[str]
) -> set[tuple[str | None, ...]]:
    """The names that a process reads in the past of each room."""
    found = set()
    for room in rooms:
        told = await process.get(f"/api/v1/history/waitroom/{room}", headers=hall.admin())
        facts = [event["facts"] for event in told.json()["events"]]
        found.add(tuple(each["display_name"] for each in facts if "ticket" in each))
    return found


async def leave(process: httpx.AsyncClient, hall: Hall, room: str, session: str) -> None:
    body = {"event_id": room, "session_id": session}
    left = await process.post("/api/v1/waitroom/leave", json=body, headers=hall.service())
    assert left.json()["status"] == "left", left.text


def is_ready(session: dict[str, Any]) -> bool:
    return bool(session["status"] == "ready")


async def snapshots(hall: Hall) -> set[str]:
    """The keys of the snapshots of rooms."""
    consume = "topics", "consume", "waitroom-snapshots", "--json"
    told = await asyncio.to_thread(hall.command, *consume)
    return {json.loads(line)["key"] for line in told.stdout.splitlines()}


async def kill_and_wait(hall: Hall, *processes: httpx.AsyncClient) -> None:
    """Kill the processes, and return when those that follow them serve."""
    status = json.loads(hall.command("status", "--json").stdout)["processes"]
    for each in status:
        if each["name"].startswith("api"):
            os.kill(int(each["pid"]), signal.SIGKILL)
    for process in processes:
        await eventually(partial(serves, process), bool)


async def serves(process: httpx.AsyncClient) -> bool:
    try:
        return (await process.get("/health/ready")).is_success
    except httpx.TransportError:
        return False
