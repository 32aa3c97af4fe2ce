"""The API is killed and comes back with what the worker has written, and knows everything."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.categories import CATEGORIES
from tests.conftest import Hall, hall_in
from tests.people import a_name, client_of, eventually, join, open_room

MOVES = (0, 1, 0, 1, 0, 1, 0)


@pytest.mark.timeout(300)  # a hall of its own starts and stops
async def test_a_killed_api_begins_with_the_snapshots(hall_home: Path) -> None:
    hall = hall_in(hall_home, CHECKPOINT_SECONDS="1", LOG_PARTITIONS="2")
    hall.up()
    async with client_of(hall) as client:
        game, room = a_name("game"), await open_room(client, hall, capacity=1)
        await play(client, hall, game)
        people = {user: await place_of(client, hall, room, user) for user in ("ann", "ben", "cem")}
        await leave(client, hall, people["ann"])
        await eventually(
            lambda: keys(hall), lambda found: {f"{game}/final", room, f"{room}/0@7"} <= found
        )
        os.kill(api_pid(hall), signal.SIGKILL)
        await eventually(lambda: is_ready(client), lambda ready: ready)

        over = await command(client, hall, {"command": "game.resign", "player": "ann"}, game)
        assert over["refusal"]["type"] == "game-over"
        assert await place_of(client, hall, room, "cem") == people["cem"] | {"position": 1}
        left = await leave(client, hall, people["ann"])
        assert (left["status"], left["ticket"]) == ("left", 1)
    hall.down()
    shards = 2 * len(CATEGORIES)
    assert f'"checkpoints": {shards}' in log_of(hall), "the API began without the snapshots"
    assert "cannot be used" not in log_of(hall)


async def play(client: httpx.AsyncClient, hall: Hall, game: str) -> None:
    """Ann and Ben play, and Ann has four in a row first."""
    start = {"command": "game.start", "player1": "ann", "player2": "ben", "move_seconds": 3_600}
    await command(client, hall, start, game)
    for turn, column in enumerate(MOVES):
        move = {"command": "game.move", "player": ("ann", "ben")[turn % 2], "column": column}
        await command(client, hall, move, game)


async def command(
    client: httpx.AsyncClient, hall: Hall, order: dict[str, Any], game: str
) -> dict[str, Any]:
    body = [{"command_id": a_name("order"), "command": order | {"game_id": game}}]
    answer = await client.post("/api/v1/commands", json=body, headers=hall.service())
    return dict(answer.json()[0])


async def place_of(client: httpx.AsyncClient, hall: Hall, room: str, user: str) -> dict[str, Any]:
    return dict((await join(client, hall.player(user), room, user)).json())


async def leave(client: httpx.AsyncClient, hall: Hall, place: dict[str, Any]) -> dict[str, Any]:
    body = {"event_id": place["event_id"], "session_id": place["session_id"]}
    answer = await client.post("/api/v1/waitroom/leave", json=body, headers=hall.service())
    return dict(answer.json())


async def keys(hall: Hall) -> set[str]:
    """What the topics of snapshots hold."""
    return {
        json.loads(line)["key"]
        for topic in ("game-snapshots", "waitroom-snapshots")
        for line in hall.command("topics", "consume", topic, "--json").stdout.splitlines()
    }


async def is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health/ready")).is_success
    except httpx.TransportError:
        return False


def api_pid(hall: Hall) -> int:
    processes = json.loads(hall.command("status", "--json").stdout)["processes"]
    return next(int(each["pid"]) for each in processes if each["name"].startswith("api"))


def log_of(hall: Hall) -> str:
    logs = hall.settings.home / "logs"
    return "".join(each.read_text() for each in logs.glob("api*"))
