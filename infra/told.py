"""What people are told at this moment, passed on to every process of the API by Redis.

A process subscribes to a person's channel only as long as it has a socket or stream of theirs.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import structlog
from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.ports.told import Take
from domain.keys import Key

CHANNEL = "told:"
LISTEN_S = 5.0
AWAY_PAUSE_S = 1.0
"""After which an absent Redis is listened to again; what was told meanwhile is lost."""

MOST_BYTES = 4 * 1024
"""Of what is told, as JSON; as much as a message over a socket may have."""

logger = structlog.get_logger(__name__)


class TooMuchToTell(ValueError):
    """What is told is larger than a message may be."""


def packed(payload: Any) -> bytes:
    """What is told as it goes over the wire; raises `TooMuchToTell`."""
    message = msgspec.json.encode(payload)
    if len(message) > MOST_BYTES:
        raise TooMuchToTell(
            f"What is told has {len(message):,} bytes, and may have {MOST_BYTES:,}; say less."
        )
    return message


def tell(redis: BlockingRedis, person: Key, payload: Any) -> int:
    """Tell somebody, from a program that blocks: a worker.

    How many processes of the API have a socket or stream of theirs; none is no error. Raises
    `TooMuchToTell`, and what Redis raises when it is away: then nobody knows who has heard.
    """
    heard: int = redis.publish(CHANNEL + person, packed(payload))
    return heard


class ToldInRedis:
    """Implements `ports.told.ToldAtOnce`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._heard = redis.pubsub(ignore_subscribe_messages=True)
        self._connecting = asyncio.Lock()
        """Two who begin at once would each make a connection, and one of them hear nothing."""
        self._takers: dict[str, list[Take]] = {}

    async def tell(self, person: str, payload: Any) -> int:
        """See the port."""
        heard: int = await self._redis.publish(CHANNEL + person, packed(payload))
        return heard

    @asynccontextmanager
    async def hear(self, person: str, take: Take) -> AsyncIterator[None]:
        """See the port."""
        takers = self._takers.setdefault(person, [])
        takers.append(take)
        if len(takers) == 1:
            await self._say("subscribe", person)
        try:
            yield
        finally:
            takers.remove(take)
            if not takers:
                del self._takers[person]
                await self._say("unsubscribe", person)

    async def _say(self, what: str, person: str) -> None:
        """Begin or cease to listen; while Redis is away, `follow` does it once it is back."""
        try:
            async with self._connecting:
                await getattr(self._heard, what)(CHANNEL + person)
        except (RedisError, OSError) as error:
            logger.warning("nobody can be told anything at once", error=repr(error))

    async def follow(self) -> None:
        """Pass on what is told, until cancelled."""
        try:
            while True:
                try:
                    await self._listen()
                except (RedisError, OSError) as error:
                    logger.warning("nobody can be told anything at once", error=repr(error))
                    await self._begin_anew()
        finally:
            await self._heard.aclose()  # type: ignore[no-untyped-call]

    async def _begin_anew(self) -> None:
        """Listen over a new connection to all who are there.

        The former one may be there again, and count as one who hears.
        """
        await self._heard.aclose()  # type: ignore[no-untyped-call]
        self._heard = self._redis.pubsub(ignore_subscribe_messages=True)
        await asyncio.sleep(AWAY_PAUSE_S)
        for person in [*self._takers]:
            await self._say("subscribe", person)

    async def _listen(self) -> None:
        async with self._connecting:
            await self._heard.connect()  # type: ignore[no-untyped-call]
        while True:
            message = await self._heard.get_message(timeout=LISTEN_S)
            if message is not None:
                self._pass_on(message["channel"].removeprefix(CHANNEL), message["data"])

    def _pass_on(self, person: str, told: str) -> None:
        try:
            payload = msgspec.json.decode(told)
        except msgspec.DecodeError as error:
            logger.warning("what somebody was told cannot be read", error=str(error))
            return
        for take in [*self._takers.get(person, ())]:
            take(payload)
