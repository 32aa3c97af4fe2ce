"""A read model whose record is PostgreSQL and whose answers come from Redis."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import psycopg

from application.ports.projections import GenerationLost, PositionConflict, ReadModelState
from application.ports.reading import Checkpoint
from infra.postgres.database import Database
from infra.postgres.generation import PostgresGeneration
from infra.postgres.positions import load_checkpoints
from infra.postgres.store import PostgresStore
from infra.postgres.writing import PostgresWriting
from infra.redis import RedisStore
from projections.projection import Cache

FETCH_ROWS = 5_000


class CachedStore:
    """Implements `ports.projections.ProjectionStore`: a `PostgresStore` that fills a cache.

    Rows are written to the cache after they are committed, together with the position that they
    are from, and only upon the position before it. A cache that has missed something, is empty or
    holds another generation is filled afresh beside the old one and swapped in.
    """

    def __init__(
        self, database: Database, record: PostgresStore, cache: RedisStore, rows: Cache
    ) -> None:
        self._database = database
        self._record = record
        self._cache = cache
        self._rows = rows
        self._standing: ReadModelState | None = None

    def standing(self) -> ReadModelState | None:
        """See the port; the cache stands at the same place when this returns."""
        self._standing = self._record.standing()
        if self._standing is not None:
            self._catch_up(self._standing)
        return self._standing

    def _catch_up(self, standing: ReadModelState) -> None:
        cached = self._cache.standing()
        wanted = _places(standing.generation, standing.checkpoints)
        if cached is None or sorted(cached.checkpoints) != sorted(wanted):
            self.fill()
            self._cache.standing()

    @contextmanager
    def writing(self) -> Iterator[PostgresWriting]:
        """See the port."""
        with self._record.writing() as writing:
            yield writing
        assert self._standing is not None
        with self._cache.writing() as caching:
            caching.apply(writing.changed)
            caching.move(_places(self._standing.generation, writing.checkpoints), ())

    @contextmanager
    def building(self) -> Iterator[PostgresGeneration]:
        """See the port; afterwards the cache is filled from whichever record is live."""
        with self._record.building() as generation:
            yield generation
        self.fill()

    def fill(self) -> None:
        """Fill a new cache from one snapshot of the record, and swap it in."""
        with self._database.another() as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with connection.transaction(), self._cache.building() as generation:
                places = self._snapshot(connection)
                if not places:
                    return
                rows = self._rows.rows(connection)
                while part := list(islice(rows, FETCH_ROWS)):
                    with generation.writing() as caching:
                        caching.apply(part)
                try:
                    generation.swap(lambda: places, ())
                except GenerationLost as error:
                    raise PositionConflict from error

    def _snapshot(self, connection: psycopg.Connection[Any]) -> Sequence[Checkpoint]:
        query = "SELECT DISTINCT generation FROM projection_positions WHERE projection = %s"
        row = connection.execute(query, [self._rows.name]).fetchone()
        checkpoints = load_checkpoints(connection, self._rows.name)
        return _places(row[0], checkpoints) if row else ()


def _places(generation: str, checkpoints: Sequence[Checkpoint]) -> Sequence[Checkpoint]:
    """The positions that a cache stands at: what owns its values is a generation of the record."""
    return [c._replace(owner=generation) for c in checkpoints]
