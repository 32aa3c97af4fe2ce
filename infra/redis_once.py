"""Asking Redis once, where it matters whether something was done.

The client would ask again by itself, and does not tell whether what has failed was sent.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError


class NotAsked(Exception):
    """Nothing was sent; the sentence names no address."""


class NotAnswered(Exception):
    """It was sent, and may have been done; the sentence names no address."""


async def ask_once(redis: Redis, command: Sequence[Any], seconds: float) -> Any:
    """Send a command, once, and give the answer as it comes.

    Raises `NotAsked` and `NotAnswered`, and `ResponseError` for what Redis refuses.
    """
    sent = False
    pool: Any = redis.connection_pool
    try:
        async with asyncio.timeout(seconds):
            connection = await pool.get_connection()
            sent = True
            return await _ask(pool, connection, command)
    except ResponseError:
        raise
    except (RedisError, OSError, TimeoutError) as error:
        raise (NotAnswered if sent else NotAsked)(f"no answer ({type(error).__name__})") from error


async def _ask(pool: Any, connection: Any, command: Sequence[Any]) -> Any:
    try:
        await connection.send_command(*command)
        return await connection.read_response()
    except ResponseError:
        raise
    except BaseException:  # what is answered later is not the answer to the next
        await connection.disconnect(nowait=True)
        raise
    finally:
        await pool.release(connection)


async def close(redis: Redis) -> None:
    """Let go of the connections."""
    await redis.aclose()
    await redis.connection_pool.disconnect()
