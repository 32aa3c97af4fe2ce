"""Bodies: JSON, of the declared shape, strictly, and not too much of it."""

import asyncio
from asyncio import (
    AbstractEventLoop,
    CancelledError,
    Task,
    TimerHandle,
    current_task,
    get_running_loop,
)
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from math import inf
from typing import Any, TypeVar

import litestar
import msgspec
from litestar.datastructures.state import State
from litestar.exceptions import MethodNotAllowedException
from litestar.types import HTTPScope, Receive

from application.validation import decode_whole, mistake_in, refuse_ambiguous
from interfaces.http.platform.problems import Problem, bad_request, invalid
from interfaces.tokens import Identity

KIB = 1024
BODY_LIMIT_BYTES = 64 * KIB
BATCH_LIMIT_BYTES = 1024 * KIB
DISCARDED_BYTES = 8 * BATCH_LIMIT_BYTES
DISCARD_TIMEOUT_S = 5.0

BODY_TIMEOUT_S = 10.0
"""How long a body may take to arrive, however little of it at a time."""

SHORTEST_LOOK_S = 0.25
"""Between looks for bodies that have taken longer."""

JSON_TYPE = b"application/json"

Body = TypeVar("Body")


class Request(litestar.Request[Identity, None, State]):
    """A request whose `data` is decoded once, straight into the handler's type, and strictly.

    Litestar alone would decode to dictionaries first and then accept `"3"` where 3 is wanted.
    """

    async def json(self) -> Any:
        """Decode the body as the handler's `data` parameter; raises `Problem`."""
        require_json(dict(self.scope["headers"]))
        wanted = self.route_handler.parsed_fn_signature.parameters["data"].raw
        return decode(await self.body(), decoder_of(wanted))


@lru_cache
def decoder_of(type: Any) -> msgspec.json.Decoder[Any]:
    """The decoder of a type, made once."""
    return msgspec.json.Decoder(type)


def decode(body: bytes, decoder: msgspec.json.Decoder[Body]) -> Body:
    """Read what comes from outside; raises as `decode_own` does, and `AmbiguousId`."""
    value = decode_own(body, decoder)
    refuse_ambiguous(value)
    return value


def decode_own(body: bytes, decoder: msgspec.json.Decoder[Body]) -> Body:
    """Read a body of ours; raises `Problem` 400 that says what is wrong, and where."""
    try:
        return decode_whole(body, decoder)
    except msgspec.ValidationError as error:
        raise invalid(400, "invalid-request", *mistake_in(error)) from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise bad_request("malformed-json", f"The body is not JSON: {error}.") from None


def require_json(headers: Mapping[bytes, bytes]) -> None:
    """Refuse what does not claim to be JSON; raises `Problem` 415."""
    kind = headers.get(b"content-type", b"")
    if kind != JSON_TYPE and kind.partition(b";")[0].strip().lower() != JSON_TYPE:
        raise Problem(415, "unsupported-media-type", "The body has to be JSON: application/json.")


def headers_of(scope: HTTPScope, method: str = "POST") -> dict[bytes, bytes]:
    """The headers of a request, for handlers that Litestar gives none; refuses other methods."""
    if scope["method"] != method:
        raise MethodNotAllowedException(headers={"Allow": method})
    return dict(scope["headers"])


async def read(
    receive: Receive, headers: Mapping[bytes, bytes], limit: int = BODY_LIMIT_BYTES
) -> bytes:
    """Take in a body, for handlers that Litestar gives none; raises `Problem` 413."""
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit() or int(declared) > limit:
        raise too_large(limit)
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise bad_request("incomplete-request", "The request ended in the middle.")
        body += message["body"]
        if len(body) > limit:
            raise too_large(limit)
        # The server tells of the end in a message of its own, which is not worth waiting for.
        if not message.get("more_body") or len(body) == int(declared) > 0:
            return body


class SlowBodies:
    """Ends what waits for a body beyond its deadline, a moment later where many do.

    One timer for all of them: a timer for each body took a tenth of a join (measured).
    """

    def __init__(self) -> None:
        self._deadlines: dict[Task[Any], float] = {}
        self._overdue: set[Task[Any]] = set()
        self._timer: TimerHandle | None = None
        self._looks_at = inf

    def watch(self, deadline: float, loop: AbstractEventLoop) -> Task[Any]:
        """Cancel the present task when a deadline has passed, in seconds of the loop's clock."""
        task = current_task(loop)
        assert task is not None
        self._deadlines[task] = deadline
        if deadline < self._looks_at:
            self._look_at(deadline, loop)
        return task

    def is_overdue(self, task: Task[Any]) -> bool:
        """Whether that is what it was cancelled for."""
        return task in self._overdue

    def forget(self, task: Task[Any]) -> None:
        """Watch a task no more."""
        if self._deadlines.pop(task, None) is None:
            self._overdue.discard(task)

    def _look_at(self, time: float, loop: AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._looks_at = time
        self._timer = loop.call_at(time, self._look, loop)

    def _look(self, loop: AbstractEventLoop) -> None:
        passed = max(loop.time(), self._looks_at)  # a timer may be a hair early
        for task in [task for task, deadline in self._deadlines.items() if deadline <= passed]:
            del self._deadlines[task]
            self._overdue.add(task)
            task.cancel()
        self._looks_at = inf
        if self._deadlines:
            # All are gone through each time, so not for each of thousands.
            soonest = loop.time() + SHORTEST_LOOK_S
            self._look_at(max(soonest, min(self._deadlines.values())), loop)


class Arriving:
    """A body on its way, and whether all of it is here."""

    __slots__ = ("_deadline", "_expected", "_left_bytes", "_receive", "_slow", "has_ended")

    def __init__(self, receive: Receive, headers: Mapping[bytes, bytes], slow: SlowBodies) -> None:
        self._receive = receive
        self._slow = slow
        self._deadline = 0.0
        declared = headers.get(b"content-length", b"")
        self._left_bytes = int(declared) if declared.isdigit() else -1
        self.has_ended = self._left_bytes <= 0 and b"transfer-encoding" not in headers
        self._expected = b"expect" in headers

    async def receive(self) -> Any:
        """The next of it, in time, counted from the first; raises `Problem` 408 after that."""
        if self.has_ended:
            return await self._receive()  # which tells when the asker has gone
        loop = get_running_loop()
        if not self._deadline:
            self._deadline = loop.time() + BODY_TIMEOUT_S
        task = self._slow.watch(self._deadline, loop)
        try:
            return self._counted(await self._receive())
        except CancelledError:
            if not self._slow.is_overdue(task) or task.uncancel():
                raise  # somebody else wants it to end
            self.has_ended = True  # as far as anybody waits for it
            raise Problem(
                408, "body-too-slow", f"The body did not arrive within {BODY_TIMEOUT_S:g} seconds."
            ) from None
        finally:
            self._slow.forget(task)

    async def discard(self) -> None:
        """Let the rest go by, without keeping any of it: who is still sending hears no answer.

        Only so much of it, and for so long: whoever sends more is cut off. Who waits for leave to
        send it has nothing on the way.
        """
        left_bytes = 0 if self._expected else DISCARDED_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(DISCARD_TIMEOUT_S):
                while not self.has_ended and left_bytes > 0:
                    message = self._counted(await self._receive())
                    left_bytes -= len(message.get("body", b""))
        self.has_ended = True

    def _counted(self, message: Any) -> Any:
        self._left_bytes -= len(message.get("body", b""))
        self.has_ended = self._left_bytes == 0 or not message.get("more_body")
        return message


def too_large(limit: int) -> Problem:
    """More than this address takes."""
    return Problem(413, "too-large", f"A body here has at most {limit // KIB} KiB.")
