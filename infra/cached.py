"""A read model whose record is PostgreSQL and whose answers come from Redis."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from psycopg.errors import LockNotAvailable

from application.ports.projections import GenerationLost, PositionConflict, ReadModelState
from application.ports.reading import Checkpoint, ShardId
from infra.postgres.database import LOCK_TIMEOUT, Connection, Database
from infra.postgres.generation import PostgresGeneration
from infra.postgres.positions import GENERATION, LOCK, load_checkpoints
from infra.postgres.sessions import end_frozen
from infra.postgres.store import PostgresStore, session_of
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
        self._held: Collection[ShardId] | None = None
        self._places: dict[ShardId, Checkpoint] = {}
        self._generation = ""

    def standing(self, held: Collection[ShardId] | None = None) -> ReadModelState | None:
        """See the port; the cache stands at the same place when this returns."""
        standing = self._record.standing(held)
        if standing is not None:
            self._generation, self._held = standing.generation, held
            places = _places(standing.generation, standing.checkpoints)
            self._places = {(c.topic, c.partition): c for c in places}
            if not self._is_cached(places):
                self.fill()
                self._cache.standing(held)
        return standing

    def _is_cached(self, places: Sequence[Checkpoint]) -> bool:
        """Whether the cache stands at these places of what is held."""
        cached = self._cache.standing(self._held)
        return cached is not None and sorted(cached.checkpoints) == sorted(places)

    @contextmanager
    def writing(self, reached: Sequence[Checkpoint] = ()) -> Iterator[PostgresWriting]:
        """See the port."""
        with self._record.writing(reached) as writing:
            yield writing
        places = _places(self._generation, reached)
        try:
            self._write(writing.changed, places)
        except PositionConflict:
            # Others may have filled another one, which stands where this one did.
            if not self._is_cached([*self._places.values()]):
                raise
            self._write(writing.changed, places)
        self._places |= {(c.topic, c.partition): c for c in places}

    def _write(self, rows: Sequence[Any], places: Sequence[Checkpoint]) -> None:
        with self._cache.writing(places) as caching:
            caching.apply(rows)

    @contextmanager
    def building(self) -> Iterator[PostgresGeneration]:
        """See the port; afterwards the cache is filled from whichever record is live."""
        with self._record.building() as generation:
            yield generation
        self.fill()

    def fill(self) -> None:
        """Fill a new cache from the record, unless it is right, and swap it in.

        Nobody writes meanwhile, nor fills another one: the positions of the record are locked.
        """
        name = session_of(self._rows.name)
        with self._database.another(name) as connection:
            while not self._has_filled(connection):
                end_frozen(connection, name)

    def _has_filled(self, connection: Connection) -> bool:
        """Whether it was let to; False when somebody has held the positions for too long."""
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                connection.execute(LOCK, [self._rows.name])
                self._fill_from(connection)
        except LockNotAvailable:
            return False
        return True

    def _fill_from(self, connection: Connection) -> None:
        places = self._stands_at(connection)
        if not places or self._is_cached([c for c in places if self._holds(c)]):
            return
        with self._cache.building() as generation:
            rows = self._rows.rows(connection)
            while part := list(islice(rows, FETCH_ROWS)):
                with generation.writing() as caching:
                    caching.apply(part)
            try:
                generation.swap(lambda: places, ())
            except GenerationLost as error:
                raise PositionConflict from error

    def _holds(self, c: Checkpoint) -> bool:
        return self._held is None or (c.topic, c.partition) in self._held

    def _stands_at(self, connection: Connection) -> Sequence[Checkpoint]:
        row = connection.execute(GENERATION, [self._rows.name]).fetchone()
        checkpoints = load_checkpoints(connection, self._rows.name)
        return _places(row[0], checkpoints) if row else ()


def _places(generation: str, checkpoints: Sequence[Checkpoint]) -> Sequence[Checkpoint]:
    """The positions that a cache stands at: what owns its values is a generation of the record."""
    return [c._replace(owner=generation) for c in checkpoints]
