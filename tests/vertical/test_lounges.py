"""Rooms in which people meet, at a real hall: who comes into another leaves the one before."""

import json
from typing import Any

import httpx
from redis.asyncio import Redis

from application.ports.listening import PREFIX, channel_of_lounge
from tests.conftest import Hall
from tests.people import Player, a_name, client_of, eventually, records_of

ROOMS = "/api/v1/rooms"


async def test_who_comes_into_another_room_leaves_the_one_before_and_all_are_told(
    hall: Hall,
) -> None:
    olga, ada = hall.player(a_name("olga")), hall.player(ada_id := a_name("ada"))
    async with client_of(hall) as client:
        one, other = [await a_room(client, olga) for _ in range(2)]
        with records_of(hall, "room-events", one) as told:
            for room in (one, other):
                joined = await client.post(f"{ROOMS}/{room}/join", headers=ada)
                assert (joined.status_code, joined.json()["x"]) == (200, 1)
            await eventually(lambda: inside(client, ada), [other].__eq__)
            news = [json.loads(each.value() or b"") for each in told(2)]
        assert [(each["event_type"], each["user_id"], each["players"]) for each in news] == [
            ("user_joined", ada_id, 1),
            ("user_left", ada_id, 0),
        ]
        assert news[1]["reason"] == "elsewhere"
        banned = f"{ROOMS}/{other}/members/{ada_id}/ban"
        assert (await client.post(banned, json={"seconds": 60}, headers=olga)).is_success
        refused = await client.post(f"{ROOMS}/{other}/join", headers=ada)
        assert refused.json()["type"].endswith("barred-from-room")
        await eventually(lambda: inside(client, ada), [].__eq__)


async def test_who_walks_is_seen_and_then_noted(hall: Hall) -> None:
    ada, bob = a_name("ada"), a_name("bob")
    async with client_of(hall) as client:
        room = await a_room(client, hall.player(ada))
        for user in (ada, bob):
            await client.post(f"{ROOMS}/{room}/join", headers=hall.player(user))
        with records_of(hall, "room-events", room) as told:
            path = f"{ROOMS}/{room}/live"
            async with Player(hall, ada, path) as walker, Player(hall, bob, path) as other:
                for each in (walker, other):
                    state = await each.hear("state")
                    assert [who["x"] for who in state["payload"]["people"]] == [1, 1]
                await eventually(lambda: listening(hall, room), (1).__le__)
                await walker.say("walk", path=[{"x": 1, "y": 1}, {"x": 0, "y": 1}])
                seen = [(await other.hear("steps"))["payload"]["people"] for _ in range(2)]
                assert [(step["x"], step["y"]) for (step,) in seen] == [(1, 1), (0, 1)]
                assert (await other.hear("user_moved"))["payload"]["user_id"] == ada
            (moved,) = [json.loads(each.value() or b"") for each in told(1)]
    assert (moved["event_type"], moved["x"], moved["y"]) == ("user_moved", 0, 1)


async def a_room(client: httpx.AsyncClient, owner: dict[str, str]) -> str:
    body = {"name": "Night owls", "plan": "x0\n00"}
    return str((await client.post(ROOMS, json=body, headers=owner)).json()["room_id"])


async def listening(hall: Hall, room: str) -> int:
    """How many processes hear who walks in a room; until one does, steps are told to nobody."""
    async with Redis.from_url(hall.redis) as redis:
        ((_, processes),) = await redis.pubsub_numsub(PREFIX + channel_of_lounge(room))
    return int(processes)


async def inside(client: httpx.AsyncClient, user: dict[str, str]) -> Any:
    """In which rooms somebody is, as far as the read model knows."""
    answer = await client.get(f"{ROOMS}/mine", headers=user)
    return answer.json()["inside"] if answer.is_success else None
