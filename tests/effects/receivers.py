"""Receivers of effects, real ones on this machine, which do what receivers do at their worst.

Each counts what it got, takes it or not as it is told to, and can be killed at any moment and come
back at the same port.
"""

import asyncio
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter, deque
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Literal, NamedTuple, TypeVar

import http_ece
import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from application.ports.push import Subscription

HERE = "127.0.0.1"

Way = Literal["take", "refuse", "busy", "silent", "late", "hang-up"]
"""How a receiver treats what it got: it takes it; refuses it for good, or for now; never answers,
or once it is `released`; or takes it and hangs up instead of an answer."""


class Receiver:
    """What all have in common: a port, connections, and the ways for what comes next."""

    loop: asyncio.AbstractEventLoop
    """In which it listens."""

    def __init__(self) -> None:
        self.port = 0
        self.way: Way = "take"
        self.next: deque[Way] = deque()
        """Those of what comes next, before `way` is that of the rest."""

        self.first: deque[Way] = deque()
        """Those of what comes for the first time, before what is tried again."""

        self.refused: list[str] = []
        """The id of what came and was not taken, as often as that was so."""

        self.got: list[str] = []
        """The id of everything that came, in order, as often as it came."""

        self._came = asyncio.Condition()

        self.connections = 0
        """That there ever were."""

        self.released = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, asyncio.Task[Any]] = {}

    @property
    def taken(self) -> set[str]:
        """What came, each once."""
        return set(self.got)

    @property
    def done(self) -> Counter[str]:
        """How often what came was done, by id."""
        return Counter(self.got) - Counter(self.refused)

    async def note(self, id: str) -> None:
        """Count something that came."""
        async with self._came:
            self.got.append(id)
            self._came.notify_all()

    async def has_got(self, count: int) -> None:
        """Wait until so much has come, whatever becomes of it."""
        async with self._came:
            await self._came.wait_for(lambda: len(self.got) >= count)

    async def is_connected(self) -> None:
        """Wait until there has been a connection."""
        async with self._came:
            await self._came.wait_for(lambda: self.connections)

    async def release(self) -> None:
        """Answer what was to be answered late."""
        self.released.set()

    def does(self, work: Coroutine[Any, Any, None]) -> None:
        """Have it do something, for who is in another thread than it is."""
        asyncio.run_coroutine_threadsafe(work, self.loop).result()

    async def start(self) -> None:
        """Listen, at the same port as before."""
        self.loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._serve, HERE, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def kill(self) -> None:
        """Be gone at once, with all connections."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer, task in list(self._open.items()):
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*self._open.values(), return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        async with self._came:
            self.connections += 1
            self._came.notify_all()
        self._open[writer] = task
        try:
            # It is cancelled by `kill` alone.
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self.talk(reader, writer)
        finally:
            del self._open[writer]
            writer.close()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        raise NotImplementedError

    def _next_way(self, id: str) -> Way:
        """How what has just come is treated."""
        if self.first and self.got.count(id) == 1:
            way = self.first.popleft()
        else:
            way = self.next.popleft() if self.next else self.way
        if way in ("refuse", "busy"):
            self.refused.append(id)
        return way


OneOf = TypeVar("OneOf", bound=Receiver)


@asynccontextmanager
async def running(receiver: OneOf) -> AsyncIterator[OneOf]:
    """Within the block it listens."""
    await receiver.start()
    try:
        yield receiver
    finally:
        await receiver.kill()


@contextmanager
def in_a_thread(receiver: OneOf) -> Iterator[OneOf]:
    """The same, in a loop of its own, for tests whose loop is not always running."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    receiver.loop = loop
    try:
        receiver.does(receiver.start())
        yield receiver
    finally:
        receiver.does(receiver.kill())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class Request(NamedTuple):
    """What came over HTTP."""

    path: str
    headers: dict[str, str]
    body: bytes


STATUSES: dict[str, int] = {"take": 204, "refuse": 422, "busy": 503, "late": 204}


class HttpReceiver(Receiver):
    """Takes POSTs; those of one id once, by whichever header it names them."""

    id_header = "webhook-id"

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self.answers: deque[bytes] = deque()
        """Whole answers, as they go over the wire, for what comes next in place of a way."""

    @property
    def url(self) -> str:
        return f"http://{HERE}:{self.port}/hook"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await _request(reader):
            self.requests.append(request)
            id = request.headers.get(self.id_header, "")
            await self.note(id)
            if self.answers:
                writer.write(self.answers.popleft())
                await writer.drain()
                continue
            match self._next_way(id):
                case "hang-up":
                    return
                case "silent":
                    await asyncio.Event().wait()
                case way:
                    if way == "late":
                        await self.released.wait()
                    writer.write(answer(STATUSES[way]))
                    await writer.drain()


def answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    """An answer as it goes over the wire."""
    lines = [f"HTTP/1.1 {status} said", *headers]
    if status != 204:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    except asyncio.IncompleteReadError:
        return None
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(head[0].split()[1], headers, body)


class SmsGateway(HttpReceiver):
    """Sends each text message once, by its key."""

    id_header = "idempotency-key"

    @property
    def sent(self) -> list[tuple[str, str]]:
        """To whom which text went."""
        by_key = {
            request.headers["idempotency-key"]: msgspec.json.decode(request.body)
            for request in self.requests
        }
        return [(each["to"], each["text"]) for each in by_key.values()]


class TcpReceiver(Receiver):
    """Takes lines of JSON, and answers each by a line with its id."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        late: set[asyncio.Task[None]] = set()
        while line := await reader.readline():
            told = msgspec.json.decode(line)
            self.lines.append(told)
            await self.note(told["id"])
            match self._next_way(told["id"]):
                case "hang-up":
                    return
                case "silent":
                    continue
                case "late":
                    late.add(asyncio.create_task(self._later(writer, told["id"])))
                case "take":
                    self.say(writer, {"id": told["id"], "ok": True})
                case way:
                    again = way == "busy"
                    self.say(writer, {"id": told["id"], "ok": False, "again": again})

    async def _later(self, writer: asyncio.StreamWriter, id: str) -> None:
        await self.released.wait()
        self.say(writer, {"id": id, "ok": True})

    def say(self, writer: asyncio.StreamWriter, told: Any) -> None:
        writer.write(msgspec.json.encode(told) + b"\n")


SMTP_ANSWERS = {"refuse": b"554 no\r\n", "busy": b"451 not now\r\n"}


class SmtpReceiver(Receiver):
    """Takes mails without asking who sends them, and does its worst once it has the text."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[str] = []
        self.greets = True
        """Whether it says anything at all."""

    @property
    def url(self) -> str:
        return f"smtp://{HERE}:{self.port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.greets:
            await asyncio.Event().wait()
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().strip():
            if line.upper() != "DATA":
                writer.write(b"250 go on\r\n")
                continue
            writer.write(b"354 go on\r\n")
            mail = (await reader.readuntil(b"\r\n.\r\n")).decode()
            self.mails.append(mail)
            named = [each for each in mail.splitlines() if each.startswith("Message-ID: ")]
            id = named[0].removeprefix("Message-ID: ") if named else ""
            await self.note(id)
            if (way := self._next_way(id)) == "hang-up":
                return
            writer.write(await self._said(way))

    async def _said(self, way: Way) -> bytes:
        """What is said of a mail, if anything is and as soon as it may be."""
        if way == "silent":
            await asyncio.Event().wait()
        if way == "late":
            await self.released.wait()
        return SMTP_ANSWERS.get(way, b"250 taken\r\n")


class PushService(HttpReceiver):
    """Takes push messages, for browsers that are subscribed at it, and knows who has signed them.

    `public_key` is that of the hall, which the browsers were told when they subscribed.
    """

    id_header = "topic"

    def __init__(self, public_key: str) -> None:
        super().__init__()
        self._public_key = public_key

    def signer_of(self, request: Request) -> str:
        """Who says to have signed a request; raises `jwt.InvalidTokenError` where nobody has."""
        words = request.headers["authorization"].removeprefix("vapid ").split(", ")
        told = dict(word.split("=", 1) for word in words)
        assert told["k"] == self._public_key
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _unpadded(told["k"]))
        audience = f"http://{HERE}:{self.port}"
        claims = jwt.decode(told["t"], key, algorithms=["ES256"], audience=audience)
        return str(claims["sub"])


class Browser:
    """A browser that is subscribed, and alone can read what it is pushed."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = name.encode().ljust(16, b".")
        self.name = name

    def at(self, service: PushService) -> Subscription:
        """What the browser tells the page that asks for it."""
        public = self._key.public_key()
        return Subscription(
            id=self.name,
            endpoint=f"http://{HERE}:{service.port}/{self.name}",
            p256dh=public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
            auth=self._secret,
        )

    def read(self, request: Request) -> Any:
        """What somebody has pushed; raises `ValueError` for what is meant for another."""
        assert request.headers["content-encoding"] == "aes128gcm"
        told = http_ece.decrypt(
            request.body, private_key=self._key, auth_secret=self._secret, version="aes128gcm"
        )
        return msgspec.json.decode(told)


def _unpadded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def base64url(raw: bytes) -> str:
    """As browsers write keys."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
