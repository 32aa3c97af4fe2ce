"""A socket without a network: the application is called with queues instead."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.http.conftest import Api

PATIENCE_S = 3.0


class Closed(Exception):
    """The other side has ended it; `code` says why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code


class Socket:
    """The client's side."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[Any] = asyncio.Queue()
        self.outgoing: asyncio.Queue[Any] = asyncio.Queue()
        self.reads = asyncio.Event()
        self.reads.set()

    async def send(self, type: str, /, *, key: str | None = None, **payload: Any) -> None:
        """Say something, as the source document writes it; with an idempotency key if need be."""
        message = {"type": type, "payload": payload}
        keyed = {} if key is None else {"idempotency_key": key}
        await self.send_text(json.dumps(message | keyed))

    async def send_text(self, text: str) -> None:
        await self.outgoing.put({"type": "websocket.receive", "text": text})

    async def receive(self) -> tuple[str, Any]:
        """The next message; raises `Closed`."""
        async with asyncio.timeout(PATIENCE_S):
            message = await self.incoming.get()
        if message["type"] == "websocket.close":
            raise Closed(message["code"], message.get("reason", ""))
        said = json.loads(message["text"])
        return said["type"], said["payload"]

    async def until(self, type: str) -> Any:
        """The payload of the next message of this type; what comes before is passed over."""
        while True:
            received, payload = await self.receive()
            if received == type:
                return payload

    async def closed(self) -> int:
        """The code that the other side ends it with; what comes before is passed over."""
        try:
            while True:
                await self.receive()
        except Closed as closed:
            return closed.code

    async def answer(self, message: Any) -> None:
        """Take what the application sends, unless this reader does not read."""
        await self.reads.wait()
        await self.incoming.put(message)


@asynccontextmanager
async def connected(
    api: Api, path: str, *, user: str = "ann", headers: Mapping[str, str] | None = None
) -> AsyncIterator[Socket]:
    """Open a socket with a token or with other headers; raises `Closed` when it is refused."""
    socket = Socket()
    await socket.outgoing.put({"type": "websocket.connect"})
    address, _, query = path.partition("?")
    given = api.token(user) if headers is None else headers
    scope: Any = {
        "type": "websocket",
        "path": address,
        "raw_path": address.encode(),
        "query_string": query.encode(),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "subprotocols": [],
        "extensions": {},
    }
    serving = asyncio.create_task(api.doors.public(scope, socket.outgoing.get, socket.answer))
    try:
        async with asyncio.timeout(PATIENCE_S):
            first = await socket.incoming.get()
        if first["type"] == "websocket.close":
            raise Closed(first["code"], first.get("reason", ""))
        yield socket
    finally:
        socket.reads.set()
        await socket.outgoing.put({"type": "websocket.disconnect", "code": 1001})
        async with asyncio.timeout(PATIENCE_S):
            await serving
