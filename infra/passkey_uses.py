"""How often passkeys say that they have been used, in PostgreSQL."""

from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from projections.people import TableSays

ADVANCE = """
    INSERT INTO passkey_uses VALUES (%s, %s)
    ON CONFLICT (passkey) DO UPDATE SET uses = excluded.uses
    WHERE passkey_uses.uses < excluded.uses
"""

COUNTED = "SELECT FROM passkey_uses WHERE passkey = %s"

SAYS = TableSays(facts=("passkey", "uses"))
"""A user's id and a credential id, which are told with the passkey itself, and stay."""


class PasskeyUsesInPostgres:
    """Implements `application.accounts.ports.PasskeyUses`."""

    def __init__(self, pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]]) -> None:
        self._pool = pool

    async def advance(self, passkey: str, uses: int) -> bool:
        """See the port."""
        async with self._pool.connection() as connection:
            if uses == 0:  # one that has counted before does not stop
                return (await connection.execute(COUNTED, [passkey])).rowcount == 0
            return (await connection.execute(ADVANCE, [passkey, uses])).rowcount == 1
