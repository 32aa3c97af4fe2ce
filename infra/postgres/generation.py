"""A read model that is built in a schema beside the live tables, and changes places with them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.errors import LockNotAvailable

from application.ports.projections import Difference, Parked, PositionConflict
from application.ports.reading import Checkpoint
from infra.postgres.database import Connection, Database, was_overtaken
from infra.postgres.differences import differences
from infra.postgres.positions import LOCK, load_checkpoints, park, place
from infra.postgres.writing import PostgresWriting
from projections.projection import PostgresProjection

ALIKE = "CREATE TABLE {schema}.{table} (LIKE public.{table} INCLUDING ALL)"

BARE = "CREATE TABLE {schema}.{table} (LIKE public.{table} INCLUDING ALL EXCLUDING INDEXES)"

INDEXED = "SELECT FROM pg_index WHERE indrelid = %s::regclass"

INDEXES = """
    WITH names (made, live) AS (SELECT %s::text, %s::regclass)
    SELECT coalesce(
        'ALTER TABLE ' || made || ' ADD ' || pg_get_constraintdef(con.oid),
        regexp_replace(pg_get_indexdef(indexrelid), ' ON \\S+ ', ' ON ' || made || ' ')
    )
    FROM names JOIN pg_index ON indrelid = live
    LEFT JOIN pg_constraint con ON conindid = indexrelid AND conrelid = live
    ORDER BY indexrelid
"""
"""What makes the indexes of a live table, keys included, on one that is made."""

DEFINITION = "SELECT pg_get_viewdef(%s::regclass)"

SWAP_LOCK_TIMEOUT = "2s"
"""How long a swap waits for queries to end; meanwhile new ones wait behind it."""


class PostgresGeneration:
    """Implements `ports.projections.Generation` in a schema of its own."""

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
            self._run(BARE if table.indexed_last else ALIKE, table.name)

    def drop(self) -> None:
        """Remove the schema and whatever is in it."""
        self._run("DROP SCHEMA IF EXISTS {schema} CASCADE")

    def live(self) -> Sequence[Checkpoint] | None:
        """See the port."""
        return load_checkpoints(self._connection, self._projection.name) or None

    @contextmanager
    def writing(self) -> Iterator[PostgresWriting]:
        """See the port; nothing is read from here until the swap, which is a commit of its own.

        Raises `PositionConflict` where another process has changed the same rows.
        """
        try:
            with self._connection.transaction():
                self._run("SET LOCAL search_path = {schema}, public")
                self._connection.execute("SET LOCAL synchronous_commit = off")
                yield PostgresWriting(self._connection, self._projection)
        except psycopg.Error as error:
            if was_overtaken(error):
                raise PositionConflict from error
            raise

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
            if table.indexed_last:
                self._index(table.name)
        try:
            with self._connection.transaction():
                self._connection.execute(f"SET LOCAL lock_timeout = '{SWAP_LOCK_TIMEOUT}'")
                self._connection.execute(LOCK, [self._projection.name])
                checkpoints = fold_on()
                self._exchange_tables()
                place(self._connection, self._projection.name, uuid4().hex, checkpoints)
                park(self._connection, self._projection.name, parked)
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
            self._run("ALTER TABLE {schema}.{table} SET SCHEMA public", name)

    def _run(self, statement: Any, table: str = "") -> None:
        self._connection.execute(
            sql.SQL(statement).format(schema=self._schema, table=sql.Identifier(table))
        )
