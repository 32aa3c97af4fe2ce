"""Sign-ins that end are told to every process of the API at once, by Redis."""

import asyncio
from collections.abc import Callable, Iterable

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "sign-ins:ended"
LISTEN_S = 5.0
AWAY_PAUSE_S = 1.0
"""After which an absent Redis is listened to again; who was told meanwhile looks by himself."""

logger = structlog.get_logger(__name__)


class EndingsInRedis:
    """Implements `ports.sign_ins.Endings`; no more than a digest of each goes over the wire."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def tell(self, digests: list[bytes]) -> None:
        """See the port."""
        try:
            await self._redis.publish(CHANNEL, " ".join(each.hex() for each in digests))
        except (RedisError, OSError) as error:
            logger.warning("others hear late that a sign-in has ended", error=repr(error))

    async def follow(self, forget: Callable[[Iterable[bytes]], None]) -> None:
        """Pass on what others tell, until cancelled."""
        while True:
            try:
                await self._listen(forget)
            except (RedisError, OSError) as error:
                logger.warning("nobody tells which sign-ins have ended", error=repr(error))
                await asyncio.sleep(AWAY_PAUSE_S)

    async def _listen(self, forget: Callable[[Iterable[bytes]], None]) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as heard:
            await heard.subscribe(CHANNEL)
            while True:
                if message := await heard.get_message(timeout=LISTEN_S):
                    forget(map(bytes.fromhex, message["data"].split()))
