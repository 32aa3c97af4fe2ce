"""The API dies in the middle of a rush; what it has answered is true."""

import asyncio
import os
import signal
from collections import Counter
from typing import Any

import aiohttp
import httpx
import pytest

from tests.conftest import Hall
from tests.people import client_of, events_in_log, eventually, open_room, pid_of

CROWD = 10_000
KILL_AFTER = 3_000


@pytest.mark.timeout(400)  # ten thousand joins
async def test_every_answered_join_is_there_once_and_no_place_is_given_twice(hall: Hall) -> None:
    answered: dict[str, dict[str, Any]] = {}
    users = iter([f"user-{n}" for n in range(CROWD)])
    async with client_of(hall) as client:
        room = await open_room(client, hall, capacity=10)
        headers = hall.service()
        killed = asyncio.Event()

        # Of httpx, ten thousand requests would take half a minute of the machine.
        async with aiohttp.ClientSession(hall.base_url, headers=headers) as crowd:

            async def somebody() -> None:
                for user in users:
                    answered[user] = await until_answered(crowd, room, user)
                    if len(answered) >= KILL_AFTER and not killed.is_set():
                        killed.set()
                        os.kill(pid_of(hall, "api"), signal.SIGKILL)

            await asyncio.gather(*(somebody() for _ in range(64)))

    tickets = Counter(place["ticket"] for place in answered.values())
    assert len(answered) == CROWD
    assert sorted(tickets) == list(range(1, CROWD + 1)), "each ticket once, and none left out"
    in_log = joins_in_the_log(hall, room)
    assert in_log == {user: place["session_id"] for user, place in answered.items()}
    async with client_of(hall) as client:

        async def overview() -> dict[str, int]:
            return dict((await client.get(f"/api/v1/waitroom/{room}", headers=headers)).json())

        await eventually(overview, lambda o: o.get("waiting") == CROWD - 10)


async def until_answered(crowd: aiohttp.ClientSession, room: str, user: str) -> dict[str, Any]:
    """Join as a good client does: again, with the same key, until there is an answer."""
    body = {"event_id": room, "user_id": user, "priority": 0}
    keyed = {"Idempotency-Key": f"{room}-{user}"}
    while True:
        try:
            async with crowd.post("/api/v1/waitroom/join", json=body, headers=keyed) as answer:
                if answer.status != httpx.codes.SERVICE_UNAVAILABLE:
                    assert answer.ok, await answer.text()
                    return dict(await answer.json())
                pause = float(answer.headers["Retry-After"]) / 5
        except aiohttp.ClientError:
            pause = 0.2
        await asyncio.sleep(pause)


def joins_in_the_log(hall: Hall, room: str) -> dict[str, str]:
    joins = [e for e in events_in_log(hall, room) if e["type"] == "waitroom.joined.v1"]
    assert len(joins) == len({each["user_id"] for each in joins}), "somebody joined twice"
    return {each["user_id"]: each["session_id"] for each in joins}
