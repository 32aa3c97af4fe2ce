"""The wires between one process and the brokers, which a test can cut without being root."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from infra.stack.ports import HOST

Result = TypeVar("Result")

CHUNK = 65_536
RESET = struct.pack("ii", 1, 0)  # a closed socket tells its peer so with a reset


class Network:
    """Forwards what comes to each port in `wires` to another, while it is not cut.

    It runs in a thread of its own, so that the test's event loop may be busy.
    """

    def __init__(self, wires: Mapping[int, int]) -> None:
        self._wires = wires
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._servers: list[asyncio.Server] = []
        self._writers: set[asyncio.StreamWriter] = set()

    def fall_silent(self) -> None:
        """Let nothing through any more; nobody is told, and what was sent is kept until `heal`."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def reset(self) -> None:
        """Break all connections and refuse new ones."""
        self._do(self._close())

    def heal(self) -> None:
        """Let everything through again, what came meanwhile first."""
        self._do(self._open())

    @contextmanager
    def up(self) -> Iterator[None]:
        """Work during the block."""
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        try:
            self.heal()
            yield
        finally:
            self._do(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self) -> None:
        self._flows.set()
        if not self._servers:
            for port, end in self._wires.items():
                server = await asyncio.start_server(self._accept_for(end), HOST, port)
                self._servers.append(server)

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()
        for writer in self._writers:
            _reset(writer)

    def _accept_for(self, end: int) -> Any:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._flows.wait()
            try:
                there, back = await asyncio.open_connection(HOST, end)
            except OSError:
                _reset(writer)
                return
            await asyncio.gather(self._forward(reader, back), self._forward(there, writer))

        return accept

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while data := await reader.read(CHUNK):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # one end is gone, and so is the other in a moment
        finally:
            self._writers.discard(writer)
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    if writer.transport.is_closing():
        return
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
