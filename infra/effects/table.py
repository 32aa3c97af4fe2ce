"""A row in a table of PostgreSQL, which is made where there is none."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.sql import SQL, Identifier

from application.effects.ports import Effect
from application.ports.deliveries import Delivery
from domain.effects.actions import TableRow
from infra.effects.posting import PATIENCE_S
from infra.postgres.database import is_away

SCHEMA = "effects"
"""Of its own, so that no table is one of the hall's."""

CONNECT_S = 5

SETTINGS = "SET synchronous_commit = on; SET lock_timeout = '5s'; SET statement_timeout = '5s'"
"""A row that was accepted is on the disk. Live read models are written otherwise, and somebody may
have set that for the whole database."""

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('gamehall effects', 0))"
"""Two who make the same schema at once are not both let in by `IF NOT EXISTS`."""

MAKE = SQL("""
    CREATE SCHEMA IF NOT EXISTS {schema};
    CREATE TABLE IF NOT EXISTS {table} (
        effect_id text PRIMARY KEY,
        rule text NOT NULL,
        position text NOT NULL,
        type text NOT NULL,
        at timestamptz NOT NULL,
        data jsonb NOT NULL
    )
""")

PUT = SQL("""
    INSERT INTO {table} (effect_id, rule, position, type, at, data)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (effect_id) DO NOTHING
""")

OTHERWISE = ("42703", "42P10", "42804", "42809", "23502")
"""What is said of a table that somebody else has made: no such column, no such key, another type,
no table at all, a column more that has to be told."""

UNDEFINED = ("42P01", "3F000")
"""What is said where there is no table, or no schema."""

ENDED = ("08", "57P")
"""How what is said begins where a connection ends, perhaps behind the commit."""

Connection = psycopg.AsyncConnection[Any]


class _Told(msgspec.Struct):
    """What of an event is a column of its own."""

    type: str
    timestamp: datetime
    data: msgspec.Raw


class TableRows:
    """Implements `effects.ports.Adapter` for `TableRow`.

    Guarantee: once, as long as nobody deletes rows: the effect's id is the key, and a repetition
    changes nothing. Accepted is a row that is on the disk of the server, as far as it says so.
    Unknown is a statement that was sent and not answered in `seconds`.
    """

    def __init__(self, dsn: str, seconds: float = PATIENCE_S) -> None:
        self._dsn = dsn
        self._seconds = seconds
        self._connection: Connection | None = None
        self._opening, self._making = asyncio.Lock(), asyncio.Lock()
        self._made: set[str] = set()

    async def perform(self, effect: Effect) -> Delivery:
        """See the port."""
        action = effect.action
        assert isinstance(action, TableRow)
        asked = False

        async def write() -> None:
            nonlocal asked
            connection = await self._open()
            await self._make(connection, action.table)
            asked = True
            await self._put(connection, action.table, effect)

        try:
            await self._in_time(write())
        except TimeoutError:
            return _lost(asked, f"no answer within {self._seconds:g} s")
        except psycopg.Error as error:
            return await self._failed(error, action.table, asked)
        return Delivery("accepted")

    async def close(self) -> None:
        """See the port."""
        await self._forget()

    async def _in_time(self, write: Coroutine[Any, Any, None]) -> None:
        """Raise `TimeoutError` in time, and end the connection first.

        The client would ask a server that is frozen to stop, and wait for that.
        """
        writing = asyncio.ensure_future(write)
        try:
            await asyncio.wait({writing}, timeout=self._seconds)
            if not writing.done():
                raise TimeoutError
            writing.result()
        finally:
            if not writing.done():
                if self._connection is not None:
                    self._connection.pgconn.finish()
                writing.cancel()
                await asyncio.gather(writing, return_exceptions=True)

    async def _open(self) -> Connection:
        async with self._opening:
            if self._connection is None or self._connection.closed:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._dsn,
                    autocommit=True,
                    connect_timeout=CONNECT_S,
                    application_name="gamehall effects",
                )
                await self._connection.execute(SETTINGS)
            return self._connection

    async def _make(self, connection: Connection, name: str) -> None:
        async with self._making:  # transactions of one connection would be in each other's way
            if name in self._made:
                return
            async with connection.transaction():
                await connection.execute(ONE_AT_A_TIME)
                await connection.execute(MAKE.format(schema=Identifier(SCHEMA), table=_table(name)))
            self._made.add(name)

    async def _put(self, connection: Connection, name: str, effect: Effect) -> None:
        told = msgspec.json.decode(effect.event, type=_Told)
        row = (
            effect.id,
            effect.rule,
            str(effect.position),
            told.type,
            told.timestamp,
            bytes(told.data).decode(),
        )
        await connection.execute(PUT.format(table=_table(name)), row)

    async def _failed(self, error: psycopg.Error, name: str, asked: bool) -> Delivery:
        code = error.sqlstate
        if code is None or code.startswith(ENDED):
            await self._forget()
            return _lost(asked, "the connection failed")
        if code in UNDEFINED:  # somebody has removed it since
            self._made.discard(name)
            return Delivery("rejected", f"the table is gone ({code})", again=True)
        if code in OTHERWISE:
            return Delivery("rejected", f"the table has another shape ({code})")
        return Delivery("rejected", f"the server refuses ({code})", again=is_away(error))

    async def _forget(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                await connection.close()


def _table(name: str) -> Identifier:
    return Identifier(SCHEMA, name)


def _lost(asked: bool, reason: str) -> Delivery:
    return Delivery("unknown" if asked else "rejected", reason, again=True)
