"""Read models in PostgreSQL: the live tables in `public`, new ones in a schema beside it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from application.ports.projections import PositionConflict, ReadModelState, RebuildRunning
from application.ports.reading import ShardId
from infra.postgres.database import LOST, Connection, Database
from infra.postgres.generation import PostgresGeneration
from infra.postgres.positions import LOCK, load_checkpoints, load_parked
from infra.postgres.writing import PostgresWriting
from projections.projection import PostgresProjection


class PostgresStore:
    """Implements `ports.projections.ProjectionStore`.

    Every transaction first locks the positions and looks whether they are where this worker left
    them; workers of the same read model, and its swap, therefore take turns.
    """

    def __init__(self, database: Database, projection: PostgresProjection) -> None:
        self._database = database
        self._projection = projection
        self._generation = ""
        self._expected: dict[ShardId, int] = {}

    def standing(self) -> ReadModelState | None:
        """See the port."""
        connection = self._database.connection
        with connection.transaction():
            rows = connection.execute(LOCK, [self._projection.name]).fetchall()
            checkpoints = load_checkpoints(connection, self._projection.name)
            parked = load_parked(connection, self._projection.name)
        if not rows:
            return None
        self._generation = rows[0][3]
        self._expected = {(topic, partition): offset for topic, partition, offset, _ in rows}
        return ReadModelState(self._generation, checkpoints, parked)

    @contextmanager
    def writing(self) -> Iterator["PostgresWriting"]:
        """See the port."""
        connection = self._database.connection
        writing = PostgresWriting(connection, self._projection)
        try:
            self._begin(connection, writing)
            yield writing
            with connection.pipeline():
                writing.store()
                connection.execute("COMMIT")
        except BaseException:
            with suppress(*LOST):  # a connection that is lost has nothing to roll back
                connection.rollback()
            raise
        self._expected |= {(c.topic, c.partition): c.offset for c in writing.checkpoints}

    def _begin(self, connection: Connection, writing: "PostgresWriting") -> None:
        """Lock the positions; all in one round trip, which a small transaction consists of."""
        with connection.pipeline():
            connection.execute("BEGIN")
            locked = connection.execute(LOCK, [self._projection.name])
            writing.mark()
        rows = locked.fetchall()
        expected = [
            (*shard, offset, self._generation) for shard, offset in sorted(self._expected.items())
        ]
        if not rows or sorted(rows) != expected:
            raise PositionConflict

    @contextmanager
    def building(self) -> Iterator["PostgresGeneration"]:
        """See the port; an advisory lock lets one process build at a time."""
        with self._database.another() as connection:
            key = f"gamehall projection {self._projection.name}"
            query = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
            row = connection.execute(query, [key]).fetchone()
            if row is None or not row[0]:
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
