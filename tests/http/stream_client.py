"""A reader of server-sent events without a network: the application is called with queues."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.http.conftest import Api

EVENTS = "/api/v1/me/feed/events"
PATIENCE_S = 3.0


class Stream:
    """What a reader of a stream gets."""

    def __init__(self) -> None:
        self.chunks: asyncio.Queue[Any] = asyncio.Queue()
        self.left = asyncio.Event()
        self.reads = asyncio.Event()
        self.reads.set()
        self.status = 0
        self.headers: dict[bytes, bytes] = {}

    async def answer(self, message: Any) -> None:
        await self.reads.wait()
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        await self.chunks.put(message)

    async def ask(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def next(self) -> tuple[str, Any, int | None]:
        """The next event: its type, what it tells, its id."""
        while True:
            async with asyncio.timeout(PATIENCE_S):
                message = await self.chunks.get()
            fields = dict(
                line.split(": ", 1)
                for line in message.get("body", b"").decode().splitlines()
                if ": " in line
            )
            if "event" in fields:
                id = fields.get("id")
                return fields["event"], json.loads(fields["data"]), int(id) if id else None

    async def until(self, type: str) -> Any:
        while True:
            received, payload, _ = await self.next()
            if received == type:
                return payload

    async def numbers(self, count: int) -> list[int]:
        """The ids of the next so many entries."""
        found: list[int] = []
        while len(found) < count:
            _, _, id = await self.next()
            if id is not None:
                found.append(id)
        return found


@asynccontextmanager
async def following(
    api: Api,
    cursor: int | None = None,
    *,
    user: str = "ann",
    headers: Mapping[str, str] | None = None,
    query: str = "",
    path: str = EVENTS,
) -> AsyncIterator[Stream]:
    """Follow somebody's feed, or something else; at the end, go."""
    stream = Stream()
    given = dict(api.token(user) if headers is None else headers)
    if cursor is not None:
        given["last-event-id"] = str(cursor)
    scope: Any = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "extensions": {},
    }
    serving = asyncio.create_task(api.doors.public(scope, stream.ask, stream.answer))
    try:
        yield stream
    finally:
        stream.left.set()
        stream.reads.set()
        async with asyncio.timeout(PATIENCE_S):
            await serving
