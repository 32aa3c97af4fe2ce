"""A connection to PostgreSQL for one thread."""

from typing import Any, LiteralString

import psycopg
from psycopg.errors import LockNotAvailable

Connection = psycopg.Connection[Any]

LOCK_TIMEOUT: LiteralString = "5s"
"""Who waits for a lock that long looks whether its holder is frozen (`sessions`)."""

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
"""All that a transaction reads from here on is of one moment."""

LIVE: LiteralString = f"""
    SET synchronous_commit = off; SET plan_cache_mode = force_generic_plan;
    SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
    SET lock_timeout = '{LOCK_TIMEOUT}'
"""
"""How a live read model is written. A commit that PostgreSQL forgets when it crashes takes its
position along, so its events are read again (docs/adr/0012). A few rows are looked up by their
keys, also in a table that has grown since PostgreSQL last counted its rows: so a plan is made once
for all values."""

LOST = (psycopg.OperationalError, psycopg.InterfaceError)
"""What a statement raises on a connection that is lost, among other things."""

AWAY = ("08", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE: no connection; another transaction came first; no room, memory or
connection left; an object in use; an operator stepped in; the disk failed. The errors of other
classes are about what PostgreSQL was given: an index row that is too large is one (54000)."""

OURS = ("25", "26", "3B", "3D", "3F", "42")
"""Classes that no value leads to: statements, tables and transactions that are not as they have to
be. To set records aside for them would set all of them aside."""


def is_away(error: Exception) -> bool:
    """Whether an error says that the server is away, or asks for a repetition."""
    if isinstance(error, psycopg.InterfaceError):
        return True
    code = error.sqlstate if isinstance(error, psycopg.Error) else ""
    return (
        code.startswith(AWAY) if code is not None else isinstance(error, psycopg.OperationalError)
    )


def was_overtaken(error: BaseException) -> bool:
    """Whether another transaction came first: the same rows were changed, or are waited for."""
    code = error.sqlstate if isinstance(error, psycopg.Error) else None
    return code is not None and (code.startswith("40") or code == LockNotAvailable.sqlstate)


def blames_record(error: Exception) -> bool:
    """Whether an error is about the values of what was written, rather than the server or us."""
    if not isinstance(error, psycopg.Error) or error.sqlstate is None:
        return isinstance(error, psycopg.DataError)  # found by the client, such as a NUL in a text
    return not error.sqlstate.startswith(AWAY + OURS)


class Database:
    """One connection for one thread, opened when it is needed and again when it was lost.

    `settings` are statements that it begins with; `name` is what PostgreSQL calls it by.
    """

    def __init__(self, dsn: str, settings: LiteralString = "", name: str = "gamehall") -> None:
        self._dsn = dsn
        self._settings = settings
        self._name = name
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """The connection; raises `psycopg.OperationalError` when the server is away."""
        if self._connection is None or self._connection.closed:
            self._connection = self.another(self._name)
            if self._settings:
                self._connection.execute(self._settings)
        return self._connection

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def another(self, name: str = "gamehall") -> Connection:
        """A connection of its own, without those settings."""
        return psycopg.connect(self._dsn, autocommit=True, connect_timeout=5, application_name=name)
