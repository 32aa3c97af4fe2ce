"""What is remembered for a while, whichever process it comes to, as Redis knows."""

from typing import Any

from redis.asyncio import Redis

from projections.people import KeySays

SAYS = (
    KeySays("once:*", members="that something was used, until it is good no more"),
    KeySays("tries:*", members="how often who is named there has tried, for as long as it counts"),
    KeySays("offers:*", members="ids of who offers a game, until it is one"),
)
"""What the keys tell of people; see `projections.people`."""


class OnceInRedis:
    """Implements `ports.limits.Once`; raises what the client raises where Redis is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def first(self, name: str, seconds: int) -> bool:
        """See the port."""
        return bool(await self._redis.set(f"once:{name}", "1", nx=True, ex=seconds))


class TriesInRedis:
    """Implements `ports.limits.Tries`; raises what the client raises where Redis is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def may_try(self, name: str, most: int, seconds: int) -> bool:
        """See the port."""
        key = f"tries:{name}"
        async with self._redis.pipeline() as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, seconds, nx=True)
            tried, _ = await pipeline.execute()
        return int(tried) <= most


class OffersInRedis:
    """Implements `games.offers.OfferStore`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def add(self, name: str, user_id: str, seconds: int) -> None:
        """See the port."""
        key = f"offers:{name}"
        async with self._redis.pipeline() as pipeline:
            pipeline.sadd(key, user_id)
            pipeline.expire(key, seconds)
            await pipeline.execute()

    async def users(self, name: str) -> set[str]:
        """See the port."""
        found: Any = self._redis.smembers(f"offers:{name}")
        return set(await found)
