"""Sign-ins in PostgreSQL."""

from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from application.ports.people import Execute, Knowledge
from application.ports.sign_ins import SignIn
from infra.away import away_is_unavailable
from projections.people import TableSays

SWEPT_AT_ONCE = 100
"""Expired rows that go with each sign-in: many more than come, so that none stay."""

BEGIN = """
    WITH swept AS (
        DELETE FROM sign_ins WHERE digest IN (
            SELECT digest FROM sign_ins WHERE expires_at < now()
            ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED
        )
    )
    INSERT INTO sign_ins (digest, user_id, name, scope, way, expires_at, once)
    VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (once) DO NOTHING
"""

FIND = """
    SELECT user_id, name, scope, way, expires_at FROM sign_ins
    WHERE digest = %s AND ended_at IS NULL AND expires_at > now()
"""

END = "UPDATE sign_ins SET ended_at = now() WHERE digest = %s AND ended_at IS NULL"


class SignInsInPostgres:
    """Implements `ports.sign_ins.SignIns`.

    A sign-in that has ended stays until it would have expired: what was good once stays used.
    """

    def __init__(self, pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]]) -> None:
        self._pool = pool

    async def begin(self, digest: bytes, sign_in: SignIn, once: str | None = None) -> bool:
        """See the port."""
        row = sign_in.user_id, sign_in.name, sign_in.scope, sign_in.way, sign_in.expires_at
        async with self._pool.connection() as connection:
            cursor = await connection.execute(BEGIN, [SWEPT_AT_ONCE, digest, *row, once])
            return cursor.rowcount == 1

    async def find(self, digest: bytes) -> SignIn | None:
        """See the port."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(SignIn)) as cursor,
        ):
            return await (await cursor.execute(FIND, [digest])).fetchone()

    async def end(self, digest: bytes) -> None:
        """See the port."""
        async with self._pool.connection() as connection:
            await connection.execute(END, [digest])


SAYS = TableSays(
    of=("user_id",),
    emptied=("name",),
    facts=("digest", "scope", "way", "once", "began_at", "expires_at", "ended_at"),
    stays="that a link was used, until it would have expired",
)
"""What the table tells of people; see `projections.people`."""

FORGET = """
    UPDATE sign_ins SET name = '', ended_at = coalesce(ended_at, now())
    WHERE user_id = %s AND (name <> '' OR ended_at IS NULL)
"""


class SignInsOfPeople(Knowledge):
    """Where somebody is signed in, and what they were called there."""

    name = "sign-ins"
    forgets = "what you were called, and you are signed out everywhere within half a minute"

    def __init__(self, pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]]) -> None:
        self._pool = pool

    async def erase(self, user_id: str, by: str, execute: Execute) -> int:
        """See `Knowledge`."""
        with away_is_unavailable("PostgreSQL does not take it"):
            async with self._pool.connection() as connection:
                return (await connection.execute(FORGET, [user_id])).rowcount
