"""Hearing what is told to whoever is there at this moment, at any process of the API, by Redis.

Each process listens to what somebody listens to there; so Redis tells whoever tells something how
many processes have heard it. Nothing is kept: who is away has missed it.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from application.ports.listening import PREFIX

ALWAYS = PREFIX
"""Of nobody: a connection has to listen to something."""

LISTEN_S = 5.0
AWAY_PAUSE_S = 1.0
"""After which an absent Redis is listened to again."""

Hear = Callable[[str], None]
"""Takes what is told, in the loop that follows."""

logger = structlog.get_logger(__name__)


class ListeningInRedis:
    """Implements `services.Listening`, and calls those who listen in this process."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._listening: dict[str, list[Hear]] = {}
        self._changed = asyncio.Event()

    @contextmanager
    def heard(self, channels: Iterable[str], hear: Hear) -> Iterator[None]:
        """Pass on what is told on any of these channels within the block.

        It begins a moment later than the block, and goes on as long as `follow` runs.
        """
        names = [f"{PREFIX}{channel}" for channel in channels]
        for name in names:
            self._listening.setdefault(name, []).append(hear)
        self._changed.set()
        try:
            yield
        finally:
            for name in names:
                self._listening[name].remove(hear)
                if not self._listening[name]:
                    del self._listening[name]
            self._changed.set()

    async def follow(self) -> None:
        """Pass on what is told, until cancelled."""
        while True:
            try:
                await self._follow()
            except (RedisError, OSError) as error:
                logger.warning("nobody hears what is told", error=repr(error))
                await asyncio.sleep(AWAY_PAUSE_S)

    async def _follow(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as told:
            await told.subscribe(ALWAYS)
            following = {asyncio.create_task(self._ask_for(told))}
            following.add(asyncio.create_task(self._pass_on(told)))
            try:
                await asyncio.gather(*following)
            finally:
                for each in following:
                    each.cancel()
                await asyncio.gather(*following, return_exceptions=True)

    async def _ask_for(self, told: PubSub) -> None:
        """Listen to what somebody listens to here, and to nothing else."""
        asked: set[str] = set()
        while True:
            self._changed.clear()
            wanted = set(self._listening)
            if new := wanted - asked:
                await told.subscribe(*new)
            if old := asked - wanted:
                await told.unsubscribe(*old)
            asked = wanted
            await self._changed.wait()

    async def _pass_on(self, told: PubSub) -> None:
        while True:
            if message := await told.get_message(timeout=LISTEN_S):
                for hear in tuple(self._listening.get(message["channel"], ())):
                    hear(message["data"])
