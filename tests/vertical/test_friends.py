"""Somebody who is away is asked to be a friend, and everything but the log is lost meanwhile."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Hall, hall_in
from tests.people import client_of, eventually

FRIENDS = "/api/v1/friends"


@pytest.mark.timeout(300)  # a hall of its own starts and stops, twice
async def test_who_was_away_is_told_once(hall_home: Path) -> None:
    hall = hall_in(hall_home, LOG_PARTITIONS="2")
    hall.up()
    async with client_of(hall) as client:
        await ask(client, hall, "ann", "bob")
        await eventually(lambda: feed_of(client, hall, "bob"), bool)
    hall.down()
    for lost in ("postgres", "valkey"):
        shutil.rmtree(hall_home / lost)
    hall.up()
    async with client_of(hall) as client:
        await ask(client, hall, "ann", "cyd")
        await eventually(lambda: feed_of(client, hall, "cyd"), bool)  # so all before is told too
        told = await eventually(lambda: feed_of(client, hall, "bob"), bool)
        assert [(each["kind"], each["about"]) for each in told] == [("friend-request", "ann")]
        await eventually(lambda: requests_of(client, hall, "bob"), [("ann", "asked")].__eq__)
        accepted = await client.post(f"{FRIENDS}/requests/ann/accept", headers=hall.player("bob"))
        assert accepted.json()["relation"] == "friends"
        settled = await eventually(lambda: feed_of(client, hall, "bob"), lambda it: it[0]["read"])
        assert len(settled) == 1
        assert await ended_by_erasing(hall, "ann") == 2  # with Bob, and what Cyd was asked
        await eventually(lambda: requests_of(client, hall, "cyd"), [].__eq__)
        assert await ended_by_erasing(hall, "ann") == 0, "it is all over"
    hall.down()


async def ask(client: httpx.AsyncClient, hall: Hall, one: str, other: str) -> None:
    headers = hall.player(one)
    asked = await client.post(f"{FRIENDS}/requests", json={"user_id": other}, headers=headers)
    assert asked.json()["relation"] == "requested", asked.text


async def ended_by_erasing(hall: Hall, user: str) -> int:
    """How many friendships and requests an erasure of somebody ends."""
    done = await asyncio.to_thread(hall.command, "subjects", "erase", user, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    return sum(each["count"] for each in report["forgotten"] if each["place"] == "friends")


async def feed_of(client: httpx.AsyncClient, hall: Hall, user: str) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/me/feed", headers=hall.player(user))
    return list(answer.json()["entries"]) if answer.is_success else []


async def requests_of(client: httpx.AsyncClient, hall: Hall, user: str) -> list[tuple[str, str]]:
    answer = await client.get(f"{FRIENDS}/requests", headers=hall.player(user))
    people = answer.json()["people"] if answer.is_success else []
    return [(each["user_id"], each["relation"]) for each in people]
