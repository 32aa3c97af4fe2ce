"""Sign-ins in PostgreSQL."""

from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from application.ports.people import Execute, Knowledge
from application.ports.sign_ins import Endings, OfPeople, SeenSignIn, SignIn
from infra.away import away_is_unavailable
from projections.people import TableSays

SWEPT_AT_ONCE = 100
"""Expired rows that go with each sign-in: many more than come, so that none stay."""

BEGIN = """
    WITH swept AS (
        DELETE FROM sign_ins WHERE digest IN (
            SELECT digest FROM sign_ins WHERE expires_at < now()
            ORDER BY expires_at LIMIT %(swept)s FOR UPDATE SKIP LOCKED
        )
    )
    INSERT INTO sign_ins
        (digest, id, user_id, name, scope, way, device, began_at, expires_at, once)
    VALUES
        (%(digest)s, %(id)s, %(user_id)s, %(name)s, %(scope)s, %(way)s, %(device)s, %(began_at)s,
         %(expires_at)s, %(once)s)
    ON CONFLICT (once) DO NOTHING
"""

# A write for each look would be one every half a minute for each browser and process.
FIND = """
    WITH seen AS (
        UPDATE sign_ins SET seen_at = now()
        WHERE digest = %(digest)s AND seen_at < now() - interval '10 minutes'
    )
    SELECT id, user_id, name, scope, way, device, began_at, expires_at FROM sign_ins
    WHERE digest = %(digest)s AND ended_at IS NULL AND expires_at > now()
"""

END = "UPDATE sign_ins SET ended_at = now() WHERE digest = %s AND ended_at IS NULL"

OF_USER = """
    SELECT id, user_id, name, scope, way, device, began_at, expires_at, seen_at FROM sign_ins
    WHERE user_id = %s AND scope = %s AND ended_at IS NULL AND expires_at > now()
    ORDER BY seen_at DESC, began_at DESC, id LIMIT %s
"""

MOST_SHOWN = 1_000

END_OF = """
    UPDATE sign_ins SET ended_at = now()
    WHERE user_id = %(user_id)s AND scope = %(scope)s AND ended_at IS NULL AND expires_at > now()
        AND (%(only)s::text IS NULL OR id = %(only)s) AND id IS DISTINCT FROM %(but)s
    RETURNING digest
"""


class SignInsInPostgres:
    """Implements `ports.sign_ins.SignIns`.

    A sign-in that has ended stays until it would have expired: what was good once stays used.
    """

    def __init__(self, pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]]) -> None:
        self._pool = pool

    async def begin(self, digest: bytes, sign_in: SignIn, once: str | None = None) -> bool:
        """See the port."""
        facts = {name: getattr(sign_in, name) for name in sign_in.__struct_fields__}
        row = {**facts, "digest": digest, "once": once, "swept": SWEPT_AT_ONCE}
        async with self._pool.connection() as connection:
            return (await connection.execute(BEGIN, row)).rowcount == 1

    async def find(self, digest: bytes) -> SignIn | None:
        """See the port."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(SignIn)) as cursor,
        ):
            return await (await cursor.execute(FIND, {"digest": digest})).fetchone()

    async def end(self, digest: bytes) -> None:
        """See the port."""
        async with self._pool.connection() as connection:
            await connection.execute(END, [digest])

    async def of_user(self, user_id: str, scope: OfPeople) -> list[SeenSignIn]:
        """See the port."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(SeenSignIn)) as cursor,
        ):
            found = await cursor.execute(OF_USER, [user_id, scope, MOST_SHOWN])
            return await found.fetchall()

    async def end_of(
        self,
        user_id: str,
        scope: OfPeople,
        *,
        only: str | None = None,
        but: str | None = None,
    ) -> list[bytes]:
        """See the port."""
        asked = {"user_id": user_id, "scope": scope, "only": only, "but": but}
        async with self._pool.connection() as connection:
            ended = await connection.execute(END_OF, asked)
            return [digest for (digest,) in await ended.fetchall()]


SAYS = TableSays(
    of=("user_id",),
    emptied=("name", "device"),
    facts=(
        *("id", "digest", "scope", "way", "once"),
        *("began_at", "seen_at", "expires_at", "ended_at"),
    ),
    found="user_id = %(user_id)s AND scope = 'player'",
    stays="that a link to sign in was used, until it would have expired",
)
"""What the table tells of people; see `projections.people`."""

FORGET = """
    UPDATE sign_ins SET name = '', device = '', ended_at = coalesce(ended_at, now())
    WHERE user_id = %s AND scope = 'player' AND (name <> '' OR ended_at IS NULL)
    RETURNING digest
"""


class SignInsOfPeople(Knowledge):
    """Where somebody is signed in, and what they were called there."""

    name = "sign-ins"
    forgets = "what you were called, and you are signed out everywhere"
    last = True
    merges = "sign-ins of the guest, which have ended everywhere within half a minute"
    keeps = "a token for the guest's id is good until it expires"

    def __init__(
        self, pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]], endings: Endings
    ) -> None:
        self._pool = pool
        self._endings = endings

    async def merge(self, guest: str, into: str, by: str, execute: Execute) -> int:
        """See `Knowledge`."""
        with away_is_unavailable("PostgreSQL does not take it"):
            ended = await SignInsInPostgres(self._pool).end_of(guest, "player")
        await self._endings.tell(ended)
        return len(ended)

    async def erase(self, user_id: str, by: str, execute: Execute) -> int:
        """See `Knowledge`."""
        with away_is_unavailable("PostgreSQL does not take it"):
            async with self._pool.connection() as connection:
                forgotten = await connection.execute(FORGET, [user_id])
                digests = [digest for (digest,) in await forgotten.fetchall()]
        await self._endings.tell(digests)
        return len(digests)
