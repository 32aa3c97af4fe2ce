"""Read models in PostgreSQL: the live tables in `public`, new ones in a schema beside it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial

import psycopg
from psycopg.errors import LockNotAvailable

from application.ports.projections import PositionConflict, ReadModelState, RebuildRunning
from application.ports.reading import Checkpoint, ShardId
from infra.postgres.database import LOST, SNAPSHOT, Connection, Database, was_overtaken
from infra.postgres.generation import PostgresGeneration
from infra.postgres.positions import GENERATION, load_checkpoints, load_parked, move
from infra.postgres.sessions import end_frozen, end_frozen_builder
from infra.postgres.writing import PostgresWriting
from projections.projection import PostgresProjection

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ"
"""Two transactions that change the same row come one after the other, or one of them fails and is
repeated (docs/adr/0029). So a fold that reads no rows but those that it changes may read them, add
to them and put them back, whoever else writes."""


class PostgresStore:
    """Implements `ports.projections.ProjectionStore`.

    Every transaction first moves the positions of what it holds on from where this worker left
    them, and fails where they stand elsewhere. The first shard that is held is always among them:
    so workers that hold the same shards, and a swap, take turns. The `database` is called by the
    read model's name (`session_of`).
    """

    def __init__(self, database: Database, projection: PostgresProjection) -> None:
        self._database = database
        self._projection = projection
        self._generation = ""
        self._standing: dict[ShardId, Checkpoint] = {}

    def standing(self, held: Collection[ShardId] | None = None) -> ReadModelState | None:
        """See the port."""
        connection, name = self._database.connection, self._projection.name
        with connection.transaction():
            connection.execute(SNAPSHOT)
            generation, there = self._there(connection)
            parked = load_parked(connection, name)
        if generation is None:
            return None
        checkpoints = [c for c in there if held is None or (c.topic, c.partition) in held]
        self._generation = generation
        self._standing = {(c.topic, c.partition): c for c in checkpoints}
        return ReadModelState(self._generation, checkpoints, parked)

    @contextmanager
    def writing(self, reached: Sequence[Checkpoint] = ()) -> Iterator["PostgresWriting"]:
        """See the port."""
        connection, name = self._database.connection, self._projection.name
        places = {(c.topic, c.partition): c for c in reached}
        begin = partial(self._begin, connection, places)
        try:
            begin()
            yield PostgresWriting(connection, self._projection, begin)
            connection.execute("COMMIT")
        except BaseException as error:
            with suppress(*LOST):  # a connection that is lost has nothing to roll back
                connection.rollback()
            if isinstance(error, LockNotAvailable):
                end_frozen(connection, session_of(name))
            if was_overtaken(error):
                raise PositionConflict from error
            raise
        self._standing |= places

    def _begin(self, connection: Connection, places: Mapping[ShardId, Checkpoint]) -> None:
        connection.execute(BEGIN)
        if places:
            first = min(self._standing)
            moving = {first: self._standing[first], **places}
            expected = {shard: self._standing[shard].offset for shard in moving}
            generation = move(connection, self._projection.name, [*moving.values()], expected)
        else:
            generation, there = self._there(connection)
            if not {*self._standing.values()} <= {*there}:
                raise PositionConflict
        if generation != self._generation:
            raise PositionConflict

    def _there(self, connection: Connection) -> tuple[str | None, Sequence[Checkpoint]]:
        """The live generation, or None, and where it stands."""
        name = self._projection.name
        row = connection.execute(GENERATION, [name]).fetchone()
        return row and row[0], load_checkpoints(connection, name)

    @contextmanager
    def building(self) -> Iterator["PostgresGeneration"]:
        """See the port; an advisory lock lets one process build at a time."""
        name = session_of(f"{self._projection.name}-building")
        with self._database.another(name) as connection:
            key = f"gamehall projection {self._projection.name}"
            query = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
            row = connection.execute(query, [key]).fetchone()
            if row is None or not row[0]:
                end_frozen_builder(connection, name)
                raise RebuildRunning(
                    f"The read model {self._projection.name!r} is being built by another process."
                )
            generation = PostgresGeneration(self._database, connection, self._projection)
            generation.create()
            try:
                yield generation
            finally:
                with suppress(*LOST):  # what is left behind, the next build drops
                    generation.drop()
                    # Closed, the connection would give the lock back a moment later only.
                    connection.execute("SELECT pg_advisory_unlock_all()")

    @contextmanager
    def joining(self) -> Iterator["PostgresGeneration"]:
        """What another process builds, to fold a part of it, with the isolation of live workers."""
        name = session_of(f"{self._projection.name}-building")
        with self._database.another(name) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield PostgresGeneration(self._database, connection, self._projection)


def session_of(projection: str) -> str:
    """What PostgreSQL calls the session of who keeps a read model live."""
    return f"gamehall-{projection}"
