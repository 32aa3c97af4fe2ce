"""A connection to PostgreSQL for one thread."""

from typing import Any, LiteralString

import psycopg

Connection = psycopg.Connection[Any]

LIVE = """
    SET synchronous_commit = off;
    SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off
"""
"""How a live read model is written. A commit that PostgreSQL forgets when it crashes takes its
position along, so its events are read again (docs/adr/0012). A few rows are looked up by their
keys, also in a table that has grown since PostgreSQL last counted its rows."""

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
            if self._settings:
                self._connection.execute(self._settings)
        return self._connection

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def another(self) -> Connection:
        """A connection of its own, without those settings."""
        return psycopg.connect(self._dsn, autocommit=True, connect_timeout=5)
