"""Whole responses, for functions that Litestar gives none."""

from collections.abc import Iterable
from typing import Any

import msgspec
from litestar.types import Send

from interfaces.http.platform.bodies import JSON_TYPE
from interfaces.http.platform.errors import problem_of
from interfaces.http.platform.problems import MEDIA_TYPE, Problem

Header = tuple[bytes, bytes]

JSON_BODY: Header = b"content-type", JSON_TYPE


async def respond(send: Send, status: int, headers: Iterable[Header], body: bytes = b"") -> None:
    """Send a whole response."""
    length = (b"content-length", b"%d" % len(body))
    start: Any = {"type": "http.response.start", "status": status, "headers": [length, *headers]}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def respond_with(error: Exception, path: str, send: Send) -> None:
    """Answer with the problem that stands for an error."""
    await respond_with_problem(problem_of(error), path, send)


async def respond_with_problem(problem: Problem, path: str, send: Send) -> None:
    """Answer with a problem."""
    extra = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    headers = [(b"content-type", MEDIA_TYPE.encode()), *extra]
    await respond(send, problem.status, headers, msgspec.json.encode(problem.details(path)))
