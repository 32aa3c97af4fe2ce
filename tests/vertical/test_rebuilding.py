"""Read models are thrown away and rebuilt from the log, while people go on asking."""

import asyncio
import json
from typing import Any

import psycopg
import redis

from projections.generations import pointer, positions
from tests.conftest import Hall
from tests.people import Player, a_name, client_of, eventually, in_turn, join, open_room, produce

TABLES = ("games", "game_stats", "game_analytics", "users", "standings")


async def test_what_was_lost_is_rebuilt_value_by_value(hall: Hall) -> None:
    player, room, _ = await something_happens(hall)
    await everything_is_projected(hall)
    before = rows(hall, player), sessions(hall, room)
    assert all(before)

    with redis.Redis.from_url(hall.redis) as valkey:
        valkey.flushall()
    with psycopg.connect(hall.postgres) as connection:
        connection.execute(f"TRUNCATE {', '.join(TABLES)}")
    for name in ("waitroom", "game-records", "standings"):
        rebuilt = await asyncio.to_thread(hall.command, "projections", "rebuild", name, "--json")
        assert rebuilt.returncode == 0, rebuilt.stderr

    assert (rows(hall, player), sessions(hall, room)) == before
    for name in ("waitroom", "game-records", "standings"):
        verified = await asyncio.to_thread(hall.command, "projections", "verify", name, "--json")
        assert verified.returncode == 0, verified.stdout + verified.stderr


async def test_queries_go_on_during_rebuilds_and_never_see_half_a_view(hall: Hall) -> None:
    player, room, size = await something_happens(hall)
    await everything_is_projected(hall)
    asked = 0
    rebuilding = asyncio.create_task(rebuild_everything(hall))
    async with client_of(hall) as client:
        service = hall.service()
        while not rebuilding.done():
            overview, record, rank = await asyncio.gather(
                client.get(f"/api/v1/waitroom/{room}", headers=service),
                client.get(f"/api/v1/players/{player}", headers=service),
                client.get(f"/api/v1/leaderboard/{player}", headers=service),
            )
            assert (overview.status_code, record.status_code, rank.status_code) == (200, 200, 200)
            assert overview.json()["waiting"] == size - 2
            assert record.json()["wins"] == rank.json()["wins"] == 1
            asked += 1
    await rebuilding
    assert asked > 10


async def rebuild_everything(hall: Hall) -> None:
    for name in ("waitroom", "game-records", "standings"):
        rebuilt = await asyncio.to_thread(hall.command, "projections", "rebuild", name)
        assert rebuilt.returncode == 0, rebuilt.stderr


async def something_happens(hall: Hall) -> tuple[str, str, int]:
    """A game is won and a room fills; gives the winner, the room and how many are in it."""
    async with Player(hall, a_name("ada")) as ada, Player(hall, a_name("bob")) as bob:
        first, second, _ = await in_turn(ada, bob)
        await first.say("move", column=0)
        await second.hear("move")
        await second.say("move", column=0)
        await first.hear_move_of(second.user)
        await first.say("resign")
        await second.hear("game_ended")
    async with client_of(hall) as client:
        room = await open_room(client, hall, capacity=2)
        people = [join(client, hall.service(), room, f"user-{n}") for n in range(40)]
        places = [answer.json() for answer in await asyncio.gather(*people)]
        done = next(place for place in places if place["status"] == "ready")
        produce(hall, "CHECKOUT_COMPLETED", [(room, done)])

        async def overview() -> Any:
            return (await client.get(f"/api/v1/waitroom/{room}", headers=hall.service())).json()

        await eventually(overview, lambda there: there["waiting"] == 37)
    return second.user, room, 39


async def everything_is_projected(hall: Hall) -> None:
    """Every projection has read to the end of the log."""

    async def lags() -> list[int]:
        shown = await asyncio.to_thread(hall.command, "projections", "lag", "--json")
        return [row["lag"] for row in json.loads(shown.stdout)]

    await eventually(lags, lambda found: bool(found) and not any(found))


def rows(hall: Hall, name: str) -> dict[str, list[Any]]:
    """What the tables say of a player; meanwhile others play on."""
    with psycopg.connect(hall.postgres) as connection:
        found = {
            table: sorted(
                connection.execute(
                    f"SELECT {table}::text FROM {table} WHERE {table}::text LIKE %s", [f"%{name}%"]
                ).fetchall()
            )
            for table in TABLES
        }
    return {table: lines for table, lines in found.items() if lines}


def sessions(hall: Hall, room: str) -> dict[str, Any]:
    """What Redis says of a room, without the generation in front; others move on meanwhile.

    A worker that lost its read model builds it too, and whichever comes second takes over: it is
    read again when the generation that was read is the live one no longer.
    """
    with redis.Redis.from_url(hall.redis, decode_responses=True) as valkey:
        while True:
            live = valkey.get(pointer("waitroom"))
            keys = [key for key in valkey.scan_iter(f"{live}:*") if key != positions(live)]
            values = {key.partition(":")[2]: value_of(valkey, key) for key in keys}
            if valkey.get(pointer("waitroom")) == live:
                values["rooms"] = [each for each in values["rooms"] if each[0] == room]
                return {key: of for key, of in values.items() if room in key or room in repr(of)}


def value_of(valkey: "redis.Redis", key: str) -> Any:
    match valkey.type(key):
        case "hash":
            return valkey.hgetall(key)
        case "zset":
            return valkey.zrange(key, 0, -1, withscores=True)
        case "set":
            return sorted(valkey.smembers(key))
        case kind:
            return kind, valkey.get(key)
