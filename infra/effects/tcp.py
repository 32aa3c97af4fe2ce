"""Lines of JSON over TCP, each answered by a line; a connection is kept for each target."""

import asyncio
import select
import ssl
from contextlib import suppress

import msgspec

from application.effects.ports import Effect
from application.ports.deliveries import Delivery
from domain.effects.actions import TcpLine
from infra.effects.outward import CONNECT_S, NotReached, Outward
from infra.effects.posting import PATIENCE_S

LONGEST_ANSWER_BYTES = 64 * 1024


class LineAnswer(msgspec.Struct):
    """What a receiver says of a line: `again` of one that it has not taken, and may later."""

    id: str
    ok: bool
    again: bool = False


class _Lost(Exception):
    """The connection ended while a line was not answered yet."""


class TcpLines:
    """Implements `effects.ports.Adapter` for `TcpLine`.

    Guarantee: at least once, as long as it is repeated after `unknown`; the receiver knows a
    repetition by the line's `id`, which is the same. Accepted is what was answered by
    `{"id": …, "ok": true}`, rejected what was answered by `"ok": false`. Unknown is a line that was
    written, as a whole or in part, and not answered in `seconds`.

    Lines go over one connection for each target without waiting for each other's answers. Beyond
    the networks of the settings it is encrypted, by TLS from the beginning.
    """

    def __init__(
        self,
        outward: Outward,
        trusted: ssl.SSLContext | None = None,
        seconds: float = PATIENCE_S,
    ) -> None:
        self._outward = outward
        self._trusted = trusted
        self._seconds = seconds
        self._lines: dict[tuple[str, int], _Line] = {}
        self._opening: dict[tuple[str, int], asyncio.Lock] = {}

    async def perform(self, effect: Effect) -> Delivery:
        """See the port."""
        action = effect.action
        assert isinstance(action, TcpLine)
        written = False
        try:
            async with asyncio.timeout(self._seconds):
                line = await self._to((action.host, action.port))
                written = True
                return _said(await line.ask(effect.id, effect.event))
        except NotReached as error:
            return Delivery("rejected", str(error), error.again)
        except TimeoutError:
            reason = f"no answer within {self._seconds:g} s"
        except (_Lost, OSError) as error:
            reason = str(error) if isinstance(error, _Lost) else "the connection failed"
        return Delivery("unknown" if written else "rejected", reason, again=True)

    async def close(self) -> None:
        """See the port."""
        for line in self._lines.values():
            line.close()

    async def _to(self, place: tuple[str, int]) -> "_Line":
        async with self._opening.setdefault(place, asyncio.Lock()):
            line = self._lines.get(place)
            if line is None or not line.is_open:
                line = self._lines[place] = await self._connect(*place)
            return line

    async def _connect(self, host: str, port: int) -> "_Line":
        target = await self._outward.target(host, port)
        encrypted = None if target.is_named else self._trusted or ssl.create_default_context()
        for address in target.addresses:
            with suppress(OSError):
                async with asyncio.timeout(CONNECT_S):
                    streams = await asyncio.open_connection(
                        address,
                        port,
                        limit=LONGEST_ANSWER_BYTES,
                        ssl=encrypted,
                        server_hostname=host if encrypted else None,
                    )
                return _Line(*streams)
        raise NotReached("nobody answers there", again=True)


def _said(answer: LineAnswer) -> Delivery:
    if answer.ok:
        return Delivery("accepted")
    return Delivery("rejected", "the receiver has not taken it", answer.again)


class _Line:
    """One connection, and who waits for which answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._awaited: dict[str, asyncio.Future[LineAnswer]] = {}
        self._heard = True
        self._reading = asyncio.create_task(self._read())

    @property
    def is_open(self) -> bool:
        return not (self._reading.done() or self._writer.is_closing() or self._is_left())

    def _is_left(self) -> bool:
        """Whether there is something to hear that nobody has asked for, which is a farewell.

        While nothing is performed nobody reads: it has not been heard yet.
        """
        unread = select.poll()
        unread.register(self._writer.get_extra_info("socket").fileno(), select.POLLIN)
        return not self._awaited and bool(unread.poll(0))

    async def ask(self, id: str, line: bytes) -> LineAnswer:
        """Write a line, and wait for what is said of it; raises `_Lost`.

        Where nothing was said at all while this one waited in vain, the connection is given up:
        it may lead nowhere any more, and nobody would ever say so.
        """
        answer: asyncio.Future[LineAnswer] = asyncio.get_running_loop().create_future()
        self._awaited[id] = answer
        self._heard = False
        try:
            self._writer.write(line.replace(b"\n", b" ") + b"\n")
            await self._writer.drain()
            return await answer
        except asyncio.CancelledError:
            if not self._heard:
                self.close()
            raise
        finally:
            self._awaited.pop(id, None)

    def close(self) -> None:
        self._reading.cancel()
        self._writer.close()

    async def _read(self) -> None:
        why = "the receiver hung up before it answered"
        try:
            while line := await self._reader.readline():
                self._take(msgspec.json.decode(line, type=LineAnswer))
        except (msgspec.DecodeError, ValueError, RecursionError):
            why = "the receiver said something that is no answer"
        except OSError:
            why = "the connection failed"
        finally:
            self._writer.close()
            for answer in self._awaited.values():
                if not answer.done():
                    answer.set_exception(_Lost(why))

    def _take(self, answer: LineAnswer) -> None:
        self._heard = True
        awaited = self._awaited.get(answer.id)
        if awaited is not None and not awaited.done():
            awaited.set_result(answer)
