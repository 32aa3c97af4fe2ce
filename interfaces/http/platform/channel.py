"""One socket: bounded in every direction, and alive or closed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect

from domain.events import Position
from interfaces.http.platform import metrics
from interfaces.http.platform.errors import problem_of
from interfaces.http.platform.lasting import EXPIRED, SIGNED_OUT, until_expired, until_signed_out
from interfaces.http.platform.services import services_of
from interfaces.http.platform.socket_limits import SocketLimits

MESSAGE_LIMIT_BYTES = 4 * 1024
BACKLOG_MESSAGES = 64
"""Messages that may wait for a slow reader."""

PING_AFTER_S = 20.0
"""Seconds of silence after which the client is asked whether it is there."""

IDLE_LIMIT_S = 60.0
"""Seconds of silence after which it is not."""

SEND_TIMEOUT_S = 10.0
"""Seconds that one message may take to leave."""

NORMAL, GOING_AWAY, TOO_BIG, WENT_WRONG, TRY_LATER = 1000, 1001, 1009, 1011, 1013
STATUS_UNAVAILABLE = 503
INVALID, UNAUTHENTICATED, NOT_YOURS, NOT_FOUND = 4400, 4401, 4403, 4404

TOLD = "told"
"""What is sent to all sockets of a person, or of a room, because somebody made a rule for it."""

Receive = Callable[[bytes], Awaitable[None]]


class Close(Exception):
    """Ends a socket with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def closing(error: Exception) -> Close:
    """How an error ends a socket; what nobody foresaw is logged, and not told."""
    if problem_of(error).status == STATUS_UNAVAILABLE:
        return Close(TRY_LATER, "what is asked for cannot be looked up at the moment")
    return Close(WENT_WRONG, "something went wrong here")


class Message(msgspec.Struct, frozen=True):
    """What goes over a socket in either direction: `{"type": "move", "payload": {…}}`.

    `id` is the sender's own; what is answered to a message carries the same one. `position` is
    where the log stands with what is told.
    """

    type: str
    payload: Any = msgspec.field(default_factory=dict)
    id: str | msgspec.UnsetType = msgspec.UNSET
    position: str | msgspec.UnsetType = msgspec.UNSET


class Channel:
    """What handlers send to; it never blocks them.

    A reader that is `BACKLOG_MESSAGES` behind is cut off with 1013: it has to come back and look at
    the state anew, as it would after any other break.
    """

    def __init__(self, socket: WebSocket[Any, Any, Any]) -> None:
        self.socket = socket
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue(BACKLOG_MESSAGES)
        self._taken = asyncio.Event()
        self._close: asyncio.Future[Close] = asyncio.get_running_loop().create_future()
        self._heard = asyncio.get_running_loop().time()

    def push(
        self,
        type: str,
        payload: Any = None,
        *,
        id: str | None = None,
        position: Position | None = None,
    ) -> None:
        """Send a message, some time soon."""
        told = Message(
            type,
            {} if payload is None else payload,
            msgspec.UNSET if id is None else id,
            msgspec.UNSET if position is None else str(position),
        )
        message = msgspec.json.encode(told)
        try:
            self._outgoing.put_nowait(message)
        except asyncio.QueueFull:
            self.close(TRY_LATER, "too slow a reader")

    async def tell(self, type: str, payload: Any) -> None:
        """Send a message, as soon as there is room for it; for who can wait for a slow reader.

        It leaves room for what is pushed.
        """
        while self._outgoing.qsize() >= BACKLOG_MESSAGES // 2:
            self._taken.clear()
            await self._taken.wait()
        self._outgoing.put_nowait(msgspec.json.encode(Message(type, payload)))

    def hear(self, payload: str) -> None:
        """Send what somebody tells those who listen at this moment, as JSON."""
        self.push(TOLD, msgspec.Raw(payload.encode()))

    def push_error(self, error: Exception, *, id: str | None = None) -> None:
        """Send the problem that stands for an error."""
        self.push("error", problem_of(error).details(), id=id)

    def close(self, code: int, reason: str) -> None:
        """End the socket once what has been pushed is sent; only the first call counts."""
        if not self._close.done():
            self._close.set_result(Close(code, reason))

    async def run(self, receive: Receive, *background: Awaitable[None]) -> None:
        """Talk until one side has enough; `receive` gets one message after the other."""
        talk = (self._read(receive), self._write(), self._watch(), self._closing())
        ends = (self._expire(), self._sign_out())
        tasks = [asyncio.ensure_future(each) for each in (*talk, *ends, *background)]
        try:
            close = await self._until_closed(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if close is not None:
            # Not before: the server loses a close frame while a message is being waited for.
            await self._say_goodbye(close)

    async def _until_closed(self, tasks: "Sequence[asyncio.Future[None]]") -> Close | None:
        """Why to end the socket; None when the client has."""
        try:
            # Tasks that end well have done their part; the socket ends with the first that fails.
            await asyncio.gather(*tasks)
        except Close as close:
            return close
        except WebSocketDisconnect:
            return None
        except Exception as error:  # noqa: BLE001 - whatever happened, the client hears of it
            return closing(error)
        raise AssertionError("reading only ends by an exception")

    async def _say_goodbye(self, close: Close) -> None:
        try:
            async with asyncio.timeout(1):
                while close.code == NORMAL and not self._outgoing.empty():
                    await self._send(self._outgoing.get_nowait())
                await self.socket.close(close.code, str(close))
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            return  # it is gone already

    async def _closing(self) -> None:
        raise await self._close

    async def _read(self, receive: Receive) -> None:
        while True:
            text: str | bytes = await self.socket.receive_data("text")
            message = text.encode() if isinstance(text, str) else text
            if len(message) > MESSAGE_LIMIT_BYTES:
                raise Close(TOO_BIG, f"a message has at most {MESSAGE_LIMIT_BYTES} bytes")
            self._heard = asyncio.get_running_loop().time()
            await receive(message)

    async def _write(self) -> None:
        while True:
            message = await self._outgoing.get()
            self._taken.set()
            await self._send(message)

    async def _send(self, message: bytes) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self.socket.send_data(message.decode(), "text")
        except TimeoutError:
            raise Close(TRY_LATER, "too slow a reader") from None

    async def _expire(self) -> None:
        """End with the token that the socket was opened with."""
        await until_expired(self.socket.user)
        raise Close(UNAUTHENTICATED, EXPIRED)

    async def _sign_out(self) -> None:
        """End with the sign-in that the socket was opened by, if it was no token."""
        if self.socket.user.sign_in:
            await until_signed_out(services_of(self.socket).cookies, self.socket.user)
            raise Close(UNAUTHENTICATED, SIGNED_OUT)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while (silence := loop.time() - self._heard) < IDLE_LIMIT_S:
            if silence < PING_AFTER_S:
                await asyncio.sleep(PING_AFTER_S - silence)
            else:
                self.push("ping")
                await asyncio.sleep(min(PING_AFTER_S, IDLE_LIMIT_S - silence))
        raise Close(GOING_AWAY, "silent for too long")


@asynccontextmanager
async def accepted(
    socket: WebSocket[Any, Any, Any], kind: str, limits: SocketLimits
) -> AsyncIterator[Channel | None]:
    """Accept a socket and count it; None when there are too many, and it is closed then.

    It is sent what its player is told at this moment.
    """
    user: str = socket.user.user_id
    await socket.accept()
    if not limits.enter(user):
        await socket.close(TRY_LATER, "too many sockets")
        yield None
        return
    metrics.SOCKETS.labels(kind).inc()
    channel = Channel(socket)
    # An operator and a player of one id are two people.
    own = [user] if socket.user.scope == "player" else []
    try:
        with services_of(socket).listening.heard(own, channel.hear):
            yield channel
    finally:
        limits.leave(user)
        metrics.SOCKETS.labels(kind).dec()
