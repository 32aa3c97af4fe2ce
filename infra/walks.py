"""Who walks where, in Redis: told to all processes, and kept until the log has where they stand.

It is lossy by nature, and no read model: where somebody last stood still is in the log.

- `walks:{room_id}`: hash of people, and where they have walked: `x y` and when their visit began.
"""

import json
from typing import Any

from redis.asyncio import Redis

from application.lounges.walking import Walked, walked_in, written
from application.ports.listening import PREFIX, channel_of_lounge
from projections.people import KeySays

SAYS = (KeySays("walks:*", members="ids of people, and tiles, until they stand still"),)
"""What the keys tell of people; see `projections.people`."""

KEPT_S = 60
"""After the last step in a room, by when all stand still; for who was not forgotten before."""


class WalksInRedis:
    """Implements `lounges.walking.Walks`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def tell(self, room_id: str, walked: Walked) -> None:
        """See the port."""
        fields: dict[Any, Any] = {**written(walked)}
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.hset(f"walks:{room_id}", mapping=fields)
            pipeline.expire(f"walks:{room_id}", KEPT_S)
            pipeline.publish(f"{PREFIX}{channel_of_lounge(room_id)}", json.dumps(fields))
            await pipeline.execute()

    async def forget(self, room_id: str, user: str) -> None:
        """See the port."""
        await self._redis.hdel(f"walks:{room_id}", user)

    async def known(self, room_id: str) -> Walked:
        """See the port."""
        fields: Any = await self._redis.hgetall(f"walks:{room_id}")
        return walked_in(fields)
