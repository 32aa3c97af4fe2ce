"""The way to other processes of the API: commands for shards that they own, many in one request."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import NamedTuple

import aiohttp
import msgspec

from application.envelopes import FORWARD_PATH, HANDOVER_PATH, SECONDS_LEFT_HEADER, ForwardedVerdict
from application.ports.commands import Answer, Envelope, NotOwned, Unavailable
from domain.refusals import Refusal

LANES_PER_PEER = 4
"""Requests to one process at a time. While all are on their way, commands gather for the next:
so a crowd travels in large batches, and a lone command at once."""

MOST_COMMANDS = 1_000
"""Commands in a request."""

HANDOVER_TIMEOUT_S = 1.0
"""How long another process may take to let go of shards; who asks may wait for less."""

GONE_AFTER_S = 2.0
"""Seconds without any answer, after which a request in vain says that the process is gone."""


class OwnerGone(NotOwned):
    """The process that owns the shard refuses connections, or has been silent for long.

    Its shards may be claimed at once; if it lives after all, the log protects them from it.
    """


class _Waiting(NamedTuple):
    envelope: Envelope
    until: float
    future: "asyncio.Future[Answer]"


class Peers:
    """Sends envelopes to other processes.

    `token` gives one of those that such processes take from each other. Each envelope gets exactly
    one verdict: the owner's, or `NotOwned` where it certainly or possibly did not get there, or
    `Unavailable` where nobody knows in time, or `OwnerGone` where nobody will. They carry their
    command ids, so that asking once more is harmless.
    """

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token
        self._peers: dict[str, _Peer] = {}
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open nothing yet; connections are made when they are needed."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()

    async def send(self, url: str, envelope: Envelope, until: float) -> Answer:
        """Have a command decided at `url`, by `until` of the event loop's time.

        Raises `Refusal`, `NotOwned`, `OwnerGone` and `Unavailable`.
        """
        return await self._peer(url).send(envelope, until)

    async def ask_for(self, url: str, shards: Sequence[tuple[str, int]]) -> None:
        """Ask the process at `url` to let go of shards; it has when this returns.

        Raises `Unavailable`.
        """
        loop = asyncio.get_running_loop()
        await self._peer(url).post(
            HANDOVER_PATH, msgspec.json.encode(shards), loop.time() + HANDOVER_TIMEOUT_S
        )

    def _peer(self, url: str) -> "_Peer":
        peer = self._peers.get(url)
        if peer is None:
            assert self._session, "start() first"
            peer = self._peers[url] = _Peer(url, self._session, self._token)
        return peer


class _Peer:
    """One other process: what waits for it, and the requests on their way."""

    def __init__(self, url: str, session: aiohttp.ClientSession, token: Callable[[], str]) -> None:
        self._url = url
        self._session = session
        self._token = token
        self._waiting: deque[_Waiting] = deque()
        self._lanes: set[asyncio.Task[None]] = set()
        self._silence: tuple[float, float] | None = None
        """When the first and the last of the requests in vain were sent, since an answer."""
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(list[ForwardedVerdict]).decode

    def send(self, envelope: Envelope, until: float) -> "asyncio.Future[Answer]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append(_Waiting(envelope, until, future))
        if len(self._lanes) < LANES_PER_PEER:
            lane = loop.create_task(self._lane())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        return future

    async def _lane(self) -> None:
        while batch := self._next_batch():
            try:
                body = self._encode([waiting.envelope for waiting in batch])
                until = max(waiting.until for waiting in batch)
                verdicts = self._verdicts(await self.post(FORWARD_PATH, body, until), len(batch))
            except Unavailable as error:
                for waiting in batch:
                    _fail(waiting.future, type(error)(str(error)))
            else:
                for waiting, verdict in zip(batch, verdicts, strict=True):
                    _settle(waiting.future, verdict)

    def _verdicts(self, body: bytes, count: int) -> list[ForwardedVerdict]:
        """One verdict for each envelope; raises `Unavailable` where it is anything else."""
        try:
            verdicts = self._decode(body)
        except msgspec.DecodeError as error:
            raise Unavailable(f"The owner of the shard, {self._url}, is not understood.") from error
        if len(verdicts) != count:
            raise Unavailable(f"The owner of the shard, {self._url}, answers something else.")
        return verdicts

    def _next_batch(self) -> list[_Waiting]:
        return [self._waiting.popleft() for _ in range(min(MOST_COMMANDS, len(self._waiting)))]

    async def post(self, path: str, body: bytes, until: float) -> bytes:
        """The answer to a request; raises `NotOwned`, `OwnerGone` and `Unavailable`."""
        sent = asyncio.get_running_loop().time()
        seconds = max(until - sent, 0.001)
        headers = {
            "Authorization": f"Bearer {self._token()}",
            "Content-Type": "application/json",
            SECONDS_LEFT_HEADER: f"{seconds:.3f}",
        }
        try:
            async with (
                asyncio.timeout(seconds),
                self._session.post(self._url + path, data=body, headers=headers) as answer,
            ):
                answered = await answer.read()
        except TimeoutError:
            kind = OwnerGone if self._silent_for(sent) >= GONE_AFTER_S else Unavailable
            raise kind(f"The owner of the shard, {self._url}, is silent.") from None
        except aiohttp.ClientError as error:
            kind = OwnerGone if _is_refused(error) else NotOwned
            raise kind(f"The owner of the shard, {self._url}, is gone: {error}.") from error
        self._silence = None
        if answer.status != HTTPStatus.OK:
            raise Unavailable(f"The owner of the shard answers {answer.status}: {answered[:200]!r}")
        return answered

    def _silent_for(self, sent: float) -> float:
        """Seconds between the first request in vain and this one.

        Between being sent, not until now: a process that was frozen itself heard nobody. Requests
        that are far apart tell of two silences.
        """
        first, last = self._silence or (sent, sent)
        if sent - last > GONE_AFTER_S:
            first = sent
        self._silence = first, max(sent, last)
        return sent - first


def _is_refused(error: aiohttp.ClientError) -> bool:
    """Whether the machine is there and nobody listens at the address."""
    return isinstance(error, aiohttp.ClientConnectorError) and isinstance(
        error.os_error, ConnectionRefusedError
    )


def _settle(future: "asyncio.Future[Answer]", verdict: ForwardedVerdict) -> None:
    if future.done():
        return
    try:
        future.set_result(verdict.settle())
    except (Refusal, Unavailable) as error:
        future.set_exception(error)


def _fail(future: "asyncio.Future[Answer]", error: Unavailable) -> None:
    if not future.done():
        future.set_exception(error)
