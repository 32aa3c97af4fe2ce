"""Whether a read model has read what is in its topics by now, for who must not miss anything."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager

from application.ports.commands import Unavailable
from application.ports.reading import ShardId
from infra.away import away_is_unavailable
from infra.kafka.watermarks import Watermarks
from projections.positions import Pool
from projections.projection import ReadModelMissing, wait_until

PATIENCE_S = 10.0
"""For which a worker may take to read what is there; it is milliseconds behind."""

READ_TO = """
    SELECT topic, partition, next_offset FROM projection_positions WHERE projection = %s
"""


async def require_caught_up(bootstrap: str, pool: Pool, projection: str) -> None:
    """Return when a read model holds all that its topics held when this was called.

    Raises `Unavailable` where it does not, or nobody can say.
    """
    with away_or_missing(f"It is not known whether {projection} is up to date"):
        ends = await asyncio.to_thread(_ends, bootstrap, await _read_to(pool, projection))

        async def is_there() -> bool:
            reached = await _read_to(pool, projection)
            return all(reached.get(shard, 0) >= end for shard, end in ends.items())

        if not await wait_until(is_there, PATIENCE_S):
            raise Unavailable(f"The worker {projection} has yet to read what is there.")


@contextmanager
def away_or_missing(what: str) -> Iterator[None]:
    """The same as `away_is_unavailable`, also of a read model that is being built."""
    try:
        with away_is_unavailable(what):
            yield
    except ReadModelMissing as missing:
        raise Unavailable(f"{what}: {missing}") from missing


async def _read_to(pool: Pool, projection: str) -> dict[ShardId, int]:
    async with pool.connection() as connection:
        found = await (await connection.execute(READ_TO, [projection])).fetchall()
    if not found:
        raise ReadModelMissing(f"The read model {projection!r} is being built.")
    return {(topic, partition): offset for topic, partition, offset in found}


def _ends(bootstrap: str, shards: dict[ShardId, int]) -> dict[ShardId, int]:
    with closing(Watermarks(bootstrap)) as watermarks:
        return watermarks.ends(shards)
