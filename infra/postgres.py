"""Read models in PostgreSQL: the live tables in `public`, new ones in a schema beside it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
from msgspec import json
from psycopg import sql
from psycopg.errors import LockNotAvailable
from psycopg.rows import class_row

from application.ports import (
    Checkpoint,
    Difference,
    Moved,
    Parked,
    Poisoned,
    RebuildRunning,
    Shard,
    Standing,
)
from infra.postgres_differences import differences
from projections.projection import PostgresProjection

Connection = psycopg.Connection[Any]

CHECKPOINTS = """
    SELECT topic, partition, next_offset AS offset, epoch, owner, next_seq
    FROM projection_positions WHERE projection = %s ORDER BY topic, partition
"""

LOCK = """
    SELECT topic, partition, next_offset, generation
    FROM projection_positions WHERE projection = %s ORDER BY topic, partition FOR UPDATE
"""

MOVE = """
    UPDATE projection_positions AS known
    SET next_offset = moved.next_offset, epoch = moved.epoch, owner = moved.owner,
        next_seq = moved.next_seq
    FROM json_populate_recordset(NULL::projection_positions, %s::json) AS moved
    WHERE (known.projection, known.topic, known.partition) = (%s, moved.topic, moved.partition)
"""

PLACE = """
    INSERT INTO projection_positions
        (projection, generation, topic, partition, next_offset, epoch, owner, next_seq)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""

PARK = """
    INSERT INTO projection_parked (projection, topic, aggregate_id, position, reason)
    VALUES (%s, %s, %s, %s, %s)
"""

ALIKE = "CREATE TABLE {schema}.{table} (LIKE public.{table} INCLUDING ALL)"

PARTITIONED = """
    CREATE TABLE {schema}.{table} (LIKE public.{table} INCLUDING ALL EXCLUDING INDEXES)
    PARTITION BY """

INDEXED = "SELECT FROM pg_index WHERE indrelid = %s::regclass"

INDEXES = """
    WITH names (made, live) AS (SELECT %s::text, %s::regclass)
    SELECT coalesce(
        'ALTER TABLE ' || made || ' ADD ' || pg_get_constraintdef(con.oid),
        regexp_replace(pg_get_indexdef(indexrelid), ' ON (ONLY )?\\S+ ', ' ON ' || made || ' ')
    )
    FROM names JOIN pg_index ON indrelid = live
    LEFT JOIN pg_constraint con ON conindid = indexrelid AND conrelid = live
    ORDER BY indexrelid
"""
"""What makes the indexes of a live table, keys included, on one that is made."""

PARTS = """
    SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = %s::regclass
"""

DEFINITION = "SELECT pg_get_viewdef(%s::regclass)"

SWAP_PATIENCE = "2s"
"""How long a swap waits for queries to end; meanwhile new ones wait behind it."""

LIVE = """
    SET synchronous_commit = off;
    SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off
"""
"""How a live read model is written. A commit that PostgreSQL forgets when it crashes takes its
position along, so its events are read again (docs/adr/0012). A few rows are looked up by their
keys, also in a table that has grown since PostgreSQL last counted its rows."""

SAVEPOINT = "SAVEPOINT applied"

TRANSIENT = (psycopg.OperationalError, psycopg.InterfaceError)
"""The server is away or asks for a repetition; the same events may succeed later."""


class Database:
    """One connection for one thread, opened when it is needed and again when it was lost.

    `settings` are statements that it begins with.
    """

    def __init__(self, dsn: str, settings: LiteralString = "") -> None:
        self._dsn = dsn
        self._settings = settings
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """The connection; raises `psycopg.OperationalError` when the server is away."""
        if self._connection is None or self._connection.closed:
            self._connection = self.another()
            self._connection.execute(self._settings)
        return self._connection

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def another(self) -> Connection:
        """A connection of its own, without those settings."""
        return psycopg.connect(self._dsn, autocommit=True, connect_timeout=5)


class PostgresStore:
    """Implements `application.ports.ProjectionStore`.

    Every transaction first locks the positions and looks whether they are where this worker left
    them; workers of the same read model, and its swap, therefore take turns.
    """

    def __init__(self, database: Database, projection: PostgresProjection) -> None:
        self._database = database
        self._projection = projection
        self._generation = ""
        self._expected: dict[Shard, int] = {}

    def standing(self) -> Standing | None:
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
        return Standing(self._generation, checkpoints, parked)

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
            with suppress(*TRANSIENT):  # a connection that is lost has nothing to roll back
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
            raise Moved

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
                with suppress(*TRANSIENT):  # what is left behind, the next build drops
                    generation.drop()


class PostgresWriting:
    """One transaction, which somebody else begins and ends."""

    def __init__(self, connection: Connection, projection: PostgresProjection) -> None:
        self.checkpoints: Sequence[Checkpoint] = ()
        self.changed: list[Any] = []
        self._parked: Sequence[Parked] = ()
        self._connection = connection
        self._projection = projection
        self._marked = self._applied = False

    def mark(self) -> None:
        """Set the savepoint that a failure goes back to; `apply` does, unless somebody has."""
        if self._applied:
            self._connection.execute("RELEASE applied")
        self._connection.execute(SAVEPOINT)
        self._marked, self._applied = True, False

    def apply(self, events: Sequence[Any]) -> None:
        """See `application.ports.Writing.apply`."""
        if self._applied or not self._marked:
            self.mark()
        try:
            self.changed.extend(self._projection.apply(self._connection, events))
            self._applied = True
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            self._go_back()
            raise Poisoned(
                f"{type(error).__name__}: {error.diag.message_primary or error}"
            ) from error
        except psycopg.Error:
            raise  # not the events' fault
        except Exception as error:  # whatever an event makes a fold raise, it is the event
            self._go_back()
            raise Poisoned(f"{type(error).__name__}: {error}") from error

    def _go_back(self) -> None:
        self._connection.execute("ROLLBACK TO applied")

    def move(self, checkpoints: Sequence[Checkpoint], parked: Sequence[Parked]) -> None:
        """See `application.ports.Writing.move`."""
        self.checkpoints, self._parked = checkpoints, parked

    def store(self) -> None:
        """Write the position and what is parked."""
        name = self._projection.name
        if self.checkpoints:
            self._connection.execute(MOVE, [_as_rows(self.checkpoints), name])
        for each in self._parked:
            self._connection.execute(PARK, _parked_row(name, each))


def _as_rows(checkpoints: Sequence[Checkpoint]) -> str:
    rows = [{**c._asdict(), "next_offset": c.offset} for c in checkpoints]
    return json.encode(rows).decode()


class PostgresGeneration:
    """Implements `application.ports.Generation` in a schema of its own."""

    def __init__(
        self, database: Database, connection: Connection, projection: PostgresProjection
    ) -> None:
        self._database = database
        self._connection = connection
        self._projection = projection
        self._schema = sql.Identifier(f"rebuild_{projection.name.replace('-', '_')}")

    def create(self) -> None:
        """Make the schema, with tables like the live ones."""
        self.drop()
        self._run("CREATE SCHEMA {schema}")
        for table in self._projection.tables:
            self._run(PARTITIONED + table.by if table.by else ALIKE, table.name)

    def drop(self) -> None:
        """Remove the schema and whatever is in it."""
        self._run("DROP SCHEMA IF EXISTS {schema} CASCADE")

    def live(self) -> Sequence[Checkpoint] | None:
        """See the port."""
        return load_checkpoints(self._connection, self._projection.name) or None

    @contextmanager
    def writing(self) -> Iterator[PostgresWriting]:
        """See the port; nothing is read from here until the swap, which is a commit of its own."""
        with self._connection.transaction():
            self._run("SET LOCAL search_path = {schema}, public")
            self._connection.execute("SET LOCAL synchronous_commit = off")
            yield PostgresWriting(self._connection, self._projection)

    def differences(self, fold_to: Callable[[Sequence[Checkpoint]], None]) -> Iterator[Difference]:
        """See the port: compared with one snapshot of the live tables and their position."""
        with self._database.another() as live:
            live.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with live.transaction():
                fold_to(load_checkpoints(live, self._projection.name))
                with self._connection.transaction():
                    for table in self._projection.tables:
                        yield from differences(table, live, self._connection, self._schema)

    def swap(self, fold_on: Callable[[], Sequence[Checkpoint]], parked: Sequence[Parked]) -> bool:
        """See the port: the live worker waits at its positions while the tables change places."""
        for table in self._projection.tables:
            if table.by:
                self._index(table.name)
        try:
            with self._connection.transaction():
                self._connection.execute(f"SET LOCAL lock_timeout = '{SWAP_PATIENCE}'")
                self._connection.execute(LOCK, [self._projection.name])
                checkpoints = fold_on()
                self._exchange_tables()
                self._place(checkpoints, parked)
        except LockNotAvailable:
            return False
        return True

    def _index(self, table: str) -> None:
        """Give a table the indexes of the live one, before anybody waits for it.

        At the end they take half the time that row after row would (measured).
        """
        known = self._connection.execute(INDEXED, [self._name_of(table)]).fetchone()
        if known is None:
            found = self._connection.execute(INDEXES, [self._name_of(table), f"public.{table}"])
            for (statement,) in found.fetchall():
                self._connection.execute(statement)

    def _name_of(self, table: str) -> str:
        return sql.SQL("{}.{}").format(self._schema, sql.Identifier(table)).as_string()

    def _exchange_tables(self) -> None:
        tables = self._projection.tables
        names = [table.name for table in tables]
        views = [view for table in tables for view in table.views]
        live = sql.SQL(", ").join(sql.Identifier("public", name) for name in (*views, *names))
        # All at once and first, so that no query can hold one table and wait for another.
        self._connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(live))
        with self._remade(views):
            self._exchange(names)

    @contextmanager
    def _remade(self, views: Sequence[str]) -> Iterator[None]:
        """Drop views of the live tables, and define them again over those that took their place."""
        definitions = {}
        for view in views:
            row = self._connection.execute(DEFINITION, [f"public.{view}"]).fetchone()
            assert row is not None
            definitions[view] = row[0]
            self._run("DROP VIEW public.{table}", view)
        yield
        for view, definition in definitions.items():
            made = sql.SQL("CREATE VIEW {} AS ").format(sql.Identifier("public", view))
            self._connection.execute(made + sql.SQL(definition))

    def _exchange(self, names: Sequence[str]) -> None:
        for name in names:
            self._run("DROP TABLE public.{table}", name)
            # A partition stays behind when its table moves.
            parts = self._connection.execute(PARTS, [self._name_of(name)]).fetchall()
            for each in (name, *(part for (part,) in parts)):
                self._run("ALTER TABLE {schema}.{table} SET SCHEMA public", each)

    def _place(self, checkpoints: Sequence[Checkpoint], parked: Sequence[Parked]) -> None:
        name, generation = self._projection.name, uuid4().hex
        with self._connection.cursor() as cursor:
            cursor.execute("DELETE FROM projection_positions WHERE projection = %s", [name])
            cursor.execute("DELETE FROM projection_parked WHERE projection = %s", [name])
            cursor.executemany(PLACE, [(name, generation, *c) for c in checkpoints])
            cursor.executemany(PARK, [_parked_row(name, each) for each in parked])

    def _run(self, statement: Any, table: str = "") -> None:
        self._connection.execute(
            sql.SQL(statement).format(schema=self._schema, table=sql.Identifier(table))
        )


class PostgresPositions:
    """Implements `application.ports.PositionStore` for one process or relay."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    def load(self) -> Sequence[Checkpoint]:
        """See the port."""
        query = """
            SELECT topic, partition, next_offset AS offset, epoch, owner, next_seq
            FROM process_positions WHERE process = %s
        """
        with self._database.connection.cursor(row_factory=class_row(Checkpoint)) as cursor:
            return cursor.execute(query, [self._name]).fetchall()

    def save(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See the port; a position never goes back."""
        query = """
            INSERT INTO process_positions
                (process, topic, partition, next_offset, epoch, owner, next_seq)
            VALUES (%s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (process, topic, partition) DO UPDATE
            SET next_offset = excluded.next_offset, epoch = excluded.epoch,
                owner = excluded.owner, next_seq = excluded.next_seq
            WHERE process_positions.next_offset < excluded.next_offset
        """
        connection = self._database.connection
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(query, [(self._name, *c) for c in checkpoints])


def load_checkpoints(connection: Connection, projection: str) -> list[Checkpoint]:
    """The stored position of a projection; empty when there is none."""
    with connection.cursor(row_factory=class_row(Checkpoint)) as cursor:
        return cursor.execute(CHECKPOINTS, [projection]).fetchall()


def load_parked(connection: Connection, projection: str) -> list[Parked]:
    """The parked streams of a projection."""
    query = """
        SELECT topic, aggregate_id, position, reason FROM projection_parked
        WHERE projection = %s ORDER BY topic, aggregate_id
    """
    rows = connection.execute(query, [projection]).fetchall()
    return [Parked(topic, json.decode(id), at, json.decode(why)) for topic, id, at, why in rows]


def _parked_row(projection: str, parked: Parked) -> tuple[str, ...]:
    # As JSON, since a NUL in an id may be what PostgreSQL would not take in the first place.
    id, reason = (json.encode(text).decode() for text in (parked.aggregate_id, parked.reason))
    return projection, parked.topic, id, parked.position, reason
