"""How read models lie in Redis: generations, the pointer to the live one, positions.

Every key of a generation begins with its name, `<projection>@<id>`. The string
`projection:<projection>` names the live one, and is read in the same script as the data, so that
a query sees one whole generation. `<generation>:positions` maps `<topic>/<partition>` to a JSON
array of offset, next sequence number, epoch and owner. The scripts build their key names from the
pointer: they are meant for one server (with replicas), not for Redis Cluster.
"""

from typing import ClassVar

import msgspec
from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from domain.events import Position
from projections.projection import ReadModelMissing, wait_until

NEXT_SEQ = """
local live = redis.call('GET', KEYS[1])
if not live then return nil end
local position = redis.call('HGET', live .. ':positions', ARGV[1])
return {position and cjson.decode(position)[2] or 0}
"""


def pointer(projection: str) -> str:
    """The key that names the live generation."""
    return f"projection:{projection}"


def positions(generation: str) -> str:
    """The key of a generation's positions."""
    return f"{generation}:positions"


class RedisQueries:
    """Reads the live generation of a read model; `redis` decodes its responses.

    Raises `ReadModelMissing`.
    """

    name: ClassVar[str]

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._pointer = pointer(self.name)
        self._next_seq = self._script(NEXT_SEQ)

    def _script(self, lua: str) -> AsyncScript:
        """A query; its first key is the pointer."""
        return self._redis.register_script(lua)

    async def _query(self, script: AsyncScript, *args: str | int) -> list[object]:
        """Run a query; raises `ReadModelMissing` when it answers nothing at all."""
        answer = await script(keys=[self._pointer], args=args)
        if answer is None:
            raise ReadModelMissing(f"The read model {self.name!r} is being built.")
        return list(answer)

    async def wait_for(self, position: Position, timeout: float) -> bool:  # noqa: ASYNC109
        """Wait until the read model has passed an event; False when `timeout` seconds are over."""
        shard = f"{position.topic}/{position.partition}"

        async def passed() -> bool:
            (next_seq,) = await self._query(self._next_seq, shard)
            return msgspec.convert(next_seq, int) > position.seq

        return await wait_until(passed, timeout)
