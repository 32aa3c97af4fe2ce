"""Telling those who are there at this moment something, by Redis; see `infra.listening`."""

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from application.effects.receivers import NotTold, PerhapsTold
from application.ports.listening import PREFIX
from infra.effects.posting import PATIENCE_S
from infra.redis_once import NotAnswered, NotAsked, ask_once, close


class TellingInRedis:
    """Implements `effects.receivers.Telling`, and says whether something was told."""

    def __init__(self, redis: Redis, seconds: float = PATIENCE_S) -> None:
        self._redis = redis
        self._seconds = seconds

    async def tell(self, channel: str, payload: str) -> int:
        """See the port."""
        command = ("PUBLISH", f"{PREFIX}{channel}", payload)
        try:
            return int(await ask_once(self._redis, command, self._seconds))
        except (NotAsked, ResponseError) as error:
            raise NotTold("Redis does not take it") from error
        except NotAnswered as error:
            raise PerhapsTold("Redis has not answered") from error

    async def close(self) -> None:
        """See the port."""
        await close(self._redis)
