"""Server-sent events: an answer that goes on as long as it is read.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import msgspec
from litestar.types import Receive, Send

from interfaces.http.platform import metrics
from interfaces.http.platform.channel import SEND_TIMEOUT_S, TOLD
from interfaces.http.platform.responses import Header
from interfaces.http.platform.resume import Announced

MEDIA_TYPE = "text/event-stream"

HEAD: list[Header] = [
    (b"content-type", MEDIA_TYPE.encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # proxies of a common kind would keep it until it is long
]

KEEP_ALIVE_S = 15.0
"""Seconds of silence after which a comment is sent, before a proxy takes the stream for dead."""

KEEP_ALIVE = b": still here\n\n"

MOST_ASIDES = 32
"""That wait for a slow reader; what comes beyond is told to nobody."""

RETRY = b"retry: 1000\n\n"
"""Milliseconds after which a browser comes back that was cut off."""


def written(piece: Announced) -> bytes:
    """A piece as an event, with its number as the id, if it has one."""
    id = b"" if piece.number is None else b"id: %d\n" % piece.number
    return b"%bevent: %b\ndata: %b\n\n" % (
        id,
        piece.type.encode(),
        msgspec.json.encode(piece.payload),
    )


class ReaderGone(Exception):
    """Whoever read has gone, or reads too slowly."""


class EventStream:
    """One answer, sent piece by piece; a piece that is not taken in time ends it."""

    def __init__(self, kind: str, receive: Receive, send: Send) -> None:
        self._kind = kind
        self._receive = receive
        self._send = send
        self._asides: asyncio.Queue[Announced] = asyncio.Queue(MOST_ASIDES)

    def hear(self, payload: str) -> None:
        """Send what is told at this moment, as JSON, unless there is too much of it already."""
        with suppress(asyncio.QueueFull):
            self._asides.put_nowait(Announced(TOLD, msgspec.Raw(payload.encode())))

    async def run(
        self,
        pieces: AsyncGenerator[Announced],
        over: "asyncio.Future[str]",
        closing: asyncio.Event,
    ) -> None:
        """Send pieces until the reader has gone, it is `over`, which is told, or it is `closing`.

        What the first piece raises is raised before anything is sent.
        """
        first = await anext(pieces)
        await self._send({"type": "http.response.start", "status": 200, "headers": HEAD})
        gone = asyncio.ensure_future(self._until_gone(closing))
        metrics.SOCKETS.labels(self._kind).inc()
        try:
            await self._put(RETRY + written(first))
            await self._put_all(pieces, over, gone)
        except ReaderGone:
            return
        finally:
            metrics.SOCKETS.labels(self._kind).dec()
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)

    async def _put_all(
        self,
        pieces: AsyncGenerator[Announced],
        over: "asyncio.Future[str]",
        gone: "asyncio.Future[None]",
    ) -> None:
        coming = asyncio.ensure_future(anext(pieces))
        aside = asyncio.ensure_future(self._asides.get())
        try:
            while not (gone.done() or over.done()):
                ready: set[asyncio.Future[Any]] = {coming, aside, over, gone}
                told, _ = await asyncio.wait(
                    ready, timeout=KEEP_ALIVE_S, return_when=asyncio.FIRST_COMPLETED
                )
                if not told:
                    await self._put(KEEP_ALIVE)
                if coming in told:
                    piece, coming = coming.result(), asyncio.ensure_future(anext(pieces))
                    await self._put(written(piece))
                if aside in told:
                    piece, aside = aside.result(), asyncio.ensure_future(self._asides.get())
                    await self._put(written(piece))
            last = written(Announced("over", {"reason": over.result()})) if over.done() else b""
            await self._put(last, more=False)
        finally:
            for each in (coming, aside):
                each.cancel()
            await asyncio.gather(coming, aside, return_exceptions=True)

    async def _put(self, body: bytes, *, more: bool = True) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._send({"type": "http.response.body", "body": body, "more_body": more})
        except (TimeoutError, OSError, RuntimeError):
            raise ReaderGone from None

    async def _until_gone(self, closing: asyncio.Event) -> None:
        """Wait until the reader has gone, or is to look for another process."""
        ends = [asyncio.ensure_future(each) for each in (self._until_left(), closing.wait())]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in ends:
                each.cancel()
            await asyncio.gather(*ends, return_exceptions=True)

    async def _until_left(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
