"""Connections to PostgreSQL that many requests share."""

import select
from contextlib import AsyncExitStack
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from projections.positions import Pool

WAIT_TIMEOUT_S = 2
"""How long a request waits until a connection is free."""


async def connections(dsn: str, most: int, held: AsyncExitStack) -> Pool:
    """Open a pool, which `held` closes; a server that is away keeps nobody from starting."""
    pool: Pool = AsyncConnectionPool(
        dsn, min_size=1, max_size=most, timeout=WAIT_TIMEOUT_S, check=refuse_lost, open=False
    )
    await pool.open(wait=False)
    held.push_async_callback(pool.close)
    return pool


async def refuse_lost(connection: psycopg.AsyncConnection[Any]) -> None:
    """Look at a connection before it is used; raises `psycopg.OperationalError` if it is lost.

    A server that ends, in whatever way, leaves its connections something to read: a farewell, or
    their end. Only then is it asked, so this takes microseconds and not a round trip.
    """
    unread = select.poll()
    unread.register(connection.fileno(), select.POLLIN)
    if unread.poll(0):
        await AsyncConnectionPool.check_connection(connection)
