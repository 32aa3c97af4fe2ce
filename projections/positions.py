"""Read models in PostgreSQL, as queries see them: how far they have come, and what they hold."""

from typing import Any, ClassVar, TypeVar

import psycopg
from psycopg.rows import AsyncRowFactory
from psycopg_pool import AsyncConnectionPool

from domain.events import Position
from projections.projection import ReadModelMissing, wait_until

Pool = AsyncConnectionPool[psycopg.AsyncConnection[Any]]
Row = TypeVar("Row")

PASSED = """
    SELECT max(next_seq) FILTER (WHERE topic = %s AND partition = %s), count(*)
    FROM projection_positions WHERE projection = %s
"""


async def passed(pool: Pool, projection: str, position: Position) -> bool:
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


class PostgresQueries:
    """Reads the live tables of a read model, one statement a query.

    So each query sees one whole generation. Raises `ReadModelMissing`.
    """

    name: ClassVar[str]

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def _select(self, query: Any, asked: Any, rows: AsyncRowFactory[Row]) -> list[Row]:
        """Some rows; raises `ReadModelMissing` instead of giving none without knowing."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=rows) as cursor,
        ):
            found = await (await cursor.execute(query, asked)).fetchall()
        if not found:
            await require(self._pool, self.name)
        return found

    async def wait_for(self, position: Position, timeout: float) -> bool:  # noqa: ASYNC109
        """Wait until the read model has passed an event; False when `timeout` seconds are over."""
        return await wait_until(lambda: passed(self._pool, self.name, position), timeout)
