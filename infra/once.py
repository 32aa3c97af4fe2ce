"""What happens once, whichever process it comes to, as Redis knows."""

from redis.asyncio import Redis


class OnceInRedis:
    """Implements `ports.limits.Once`; raises what the client raises where Redis is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def first(self, name: str, seconds: int) -> bool:
        """See the port."""
        return bool(await self._redis.set(f"once:{name}", "1", nx=True, ex=seconds))
