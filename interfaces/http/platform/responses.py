"""Whole responses, for functions that Litestar gives none."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
from litestar.types import HTTPScope, Message, Receive, Send

from interfaces.http.platform.bodies import JSON_TYPE
from interfaces.http.platform.problems import MEDIA_TYPE, Problem

Header = tuple[bytes, bytes]

ASGIFunction = Callable[[HTTPScope, Receive, Send], Awaitable[None]]
"""Answers requests of one address, or raises what `errors` knows."""

JSON_BODY: Header = b"content-type", JSON_TYPE


async def respond(send: Send, status: int, headers: Iterable[Header], body: bytes = b"") -> None:
    """Send a whole response."""
    length = (b"content-length", b"%d" % len(body))
    start: Any = {"type": "http.response.start", "status": status, "headers": [length, *headers]}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def respond_with(problem: Problem, path: str, send: Send) -> None:
    """Answer with a problem that was met at an address."""
    extra = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    headers = [(b"content-type", MEDIA_TYPE.encode()), *extra]
    await respond(send, problem.status, headers, msgspec.json.encode(problem.details(path)))


def only_head(send: Send) -> tuple[Receive, Send]:
    """The ways to and from somebody who asked for the head of an answer, without its body.

    Whoever answers need not know; to a stream it looks as if the asker had gone after the head.
    """
    asked: list[Any] = [{"type": "http.request", "body": b"", "more_body": False}]
    sent = asyncio.Event()

    async def head(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
        elif not sent.is_set():
            sent.set()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await asyncio.sleep(0)  # a stream that waits for nothing has to be stopped all the same

    async def gone() -> Any:
        if asked:
            return asked.pop()
        await sent.wait()
        return {"type": "http.disconnect"}

    return gone, head
