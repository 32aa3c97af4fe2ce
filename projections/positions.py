"""How far a read model in PostgreSQL has come."""

from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from domain.events import Position
from projections.projection import ReadModelMissing

Pool = AsyncConnectionPool[psycopg.AsyncConnection[Any]]

PASSED = """
    SELECT max(next_seq) FILTER (WHERE topic = %s AND partition = %s), count(*)
    FROM projection_positions WHERE projection = %s
"""


async def passed(
    pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]], projection: str, position: Position
) -> bool:
    """Whether a read model holds the event at `position`; raises `ReadModelMissing`."""
    async with pool.connection() as connection:
        cursor = await connection.execute(PASSED, [position.topic, position.partition, projection])
        row = await cursor.fetchone()
    next_seq, shards = row or (None, 0)
    if not shards:
        raise ReadModelMissing(f"The read model {projection!r} is being built.")
    return next_seq is not None and next_seq > position.seq


async def require(pool: Pool, projection: str) -> None:
    """Raise `ReadModelMissing` when there is nothing that a query could have found."""
    await passed(pool, projection, Position("", 0, 0))
