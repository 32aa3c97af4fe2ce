"""What people are told at this moment, in every process of the API, by Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import redis
from redis.asyncio import Redis

from infra import told as telling
from infra.told import ToldInRedis, TooMuchToTell, packed, tell
from tests.conftest import Hall

PATIENCE_S = 10.0


@asynccontextmanager
async def a_process(hall: Hall) -> AsyncIterator[ToldInRedis]:
    """A process of the API that passes on what is told."""
    async with Redis.from_url(hall.redis, decode_responses=True) as client:
        told = ToldInRedis(client)
        following = asyncio.create_task(told.follow())
        try:
            yield told
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


async def heard_by(told: ToldInRedis, person: str, processes: int) -> None:
    """Tell somebody until so many processes hear it."""
    async with asyncio.timeout(PATIENCE_S):
        while await told.tell(person, "there?") != processes:  # noqa: ASYNC110  Redis tells nobody
            await asyncio.sleep(0.01)


async def until(heard: "asyncio.Queue[Any]", payload: Any) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await heard.get() != payload:
            pass


async def test_all_who_are_there_hear_it_in_every_process(servers: Hall) -> None:
    async with a_process(servers) as one, a_process(servers) as other:
        first, second, others = [asyncio.Queue[Any]() for _ in range(3)]
        async with (
            one.hear("ada", first.put_nowait),
            one.hear("ada", first.put_nowait),
            other.hear("ada", second.put_nowait),
            other.hear("bob", others.put_nowait),
        ):
            await heard_by(one, "ada", 2)
            with redis.Redis.from_url(servers.redis) as client:
                assert await asyncio.to_thread(tell, client, "ada", {"text": "Come!"}) == 2
            for heard in (first, first, second):
                await until(heard, {"text": "Come!"})
            assert others.empty()
        await heard_by(one, "ada", 0)


async def test_who_was_cut_off_listens_anew(servers: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "AWAY_PAUSE_S", 0.01)
    heard: asyncio.Queue[Any] = asyncio.Queue()
    async with a_process(servers) as told, told.hear("ada", heard.put_nowait):
        await heard_by(told, "ada", 1)
        with redis.Redis.from_url(servers.redis) as client:
            client.client_kill_filter(_type="pubsub")
        await heard_by(told, "ada", 1)
        await told.tell("ada", "again")
        await until(heard, "again")


def test_what_is_told_is_small() -> None:
    assert packed("x" * 4_000)
    with pytest.raises(TooMuchToTell, match="say less"):
        packed("x" * 5_000)
