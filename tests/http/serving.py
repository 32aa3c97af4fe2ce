"""The API in this process, served by a real server; and a client that knows nothing of HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from interfaces.http.serve import server_of
from interfaces.settings import Settings
from tests.conftest import free_port

HOST = "127.0.0.1"
PATIENCE_S = 20.0


@asynccontextmanager
async def served(app: Any, connections: int = 1_000) -> AsyncIterator[int]:
    """Serve an application as the API is served; gives the port."""
    port = free_port(1)
    serving_it = server_of(app, Settings(), port, connections)
    serving = asyncio.create_task(serving_it.serve())
    try:
        await listening(port)
        yield port
    finally:
        serving_it.stop()  # type: ignore[no-untyped-call]  # as in `interfaces.http.serve`
        await serving


async def listening(port: int) -> None:
    """Wait until somebody listens at a port."""
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection(HOST, port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return


def head_of(method: str, path: str, headers: dict[str, str]) -> bytes:
    """The header of a request."""
    lines = [f"{method} {path} HTTP/1.1", "host: hall", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


async def told(port: int, sent: bytes) -> bytes:
    """What is answered to a client that sends everything before it reads anything.

    Raises `ConnectionError` where the connection ends before the head of an answer is read.
    """
    return await asyncio.to_thread(_told, port, sent)


def _told(port: int, sent: bytes) -> bytes:
    with socket.create_connection((HOST, port), PATIENCE_S) as connection:
        connection.sendall(sent)
        answer = b""
        while b"\r\n\r\n" not in answer:
            some = connection.recv(65_536)
            if not some:
                raise ConnectionError(f"The connection ended after {answer!r}.")
            answer += some
        return answer
