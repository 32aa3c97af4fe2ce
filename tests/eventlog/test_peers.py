"""Commands on their way to another process, which may be slow, gone, or of another version."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from application.envelopes import FORWARD_PATH, VerdictMessage
from application.ports.commands import Answer, Envelope, Unavailable
from domain.events import Position
from infra.eventlog.peers import OwnerGone, Peers
from tests.eventlog.counter import Count

Answering = Callable[[int], Awaitable[bytes]]
"""What an owner answers to so many envelopes."""


@asynccontextmanager
async def peers_beside(owner: Answering) -> AsyncIterator[tuple[Peers, str]]:
    """The way to an owner, and its address."""

    async def forwarded(request: web.Request) -> web.Response:
        return web.Response(body=await owner(len(msgspec.json.decode(await request.read()))))

    app = web.Application()
    app.router.add_post(FORWARD_PATH, forwarded)
    peers = Peers(lambda: "token")
    await peers.start()
    async with TestServer(app) as server:
        yield peers, str(server.make_url("")).rstrip("/")
        await peers.close()


def envelope() -> Envelope:
    return Envelope(command_id="an-envelope", command=Count())


def verdicts(count: int) -> bytes:
    position = Position("counter", 0, 7)
    return msgspec.json.encode([VerdictMessage.of(Answer(position, None)) for _ in range(count)])


def soon(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


@contextmanager
def suppress_mere_silence() -> Iterator[None]:
    try:
        yield
    except Unavailable as error:
        if type(error) is not Unavailable:
            raise


async def ask_until_it_is_gone(peers: Peers, url: str) -> None:
    while True:
        with suppress_mere_silence():
            await peers.send(url, envelope(), soon(0.05))


async def test_who_has_time_gets_an_answer_beside_somebody_who_has_none() -> None:
    late = asyncio.Event()

    async def slow(count: int) -> bytes:
        await late.wait()
        return verdicts(count)

    async with peers_beside(slow) as (peers, url):
        patient = asyncio.ensure_future(peers.send(url, envelope(), soon(20)))
        hasty = asyncio.ensure_future(peers.send(url, envelope(), soon(0.01)))
        asyncio.get_running_loop().call_later(0.1, late.set)
        assert (await patient).position == Position("counter", 0, 7)
        await asyncio.wait([hasty])


async def test_nobody_waits_for_an_owner_that_is_silent() -> None:
    async def silent(count: int) -> bytes:
        await asyncio.Event().wait()
        raise AssertionError

    async with peers_beside(silent) as (peers, url):
        with pytest.raises(Unavailable, match="silent") as raised:
            await peers.send(url, envelope(), soon(0.05))
    assert raised.type is Unavailable, "it may be back in a moment"


async def test_an_owner_that_is_silent_for_long_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.eventlog.peers.GONE_AFTER_S", 0.2)

    async def silent(count: int) -> bytes:
        await asyncio.Event().wait()
        raise AssertionError

    async with peers_beside(silent) as (peers, url):
        began = soon(0)
        with pytest.raises(OwnerGone, match="silent"):
            await ask_until_it_is_gone(peers, url)
        assert soon(0) - began >= 0.2


async def test_one_answer_ends_a_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.eventlog.peers.GONE_AFTER_S", 0.6)
    attempts = itertools.count()

    async def forgetful(count: int) -> bytes:
        if next(attempts) % 3:
            await asyncio.Event().wait()
        return verdicts(count)

    async with peers_beside(forgetful) as (peers, url):
        for _ in range(24):
            with suppress_mere_silence():
                await peers.send(url, envelope(), soon(0.05))


async def test_who_was_frozen_itself_has_heard_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.eventlog.peers.GONE_AFTER_S", 0.2)

    async def silent(count: int) -> bytes:
        await asyncio.Event().wait()
        raise AssertionError

    async with peers_beside(silent) as (peers, url):
        asked = asyncio.ensure_future(peers.send(url, envelope(), soon(0.1)))
        await asyncio.sleep(0.05)
        time.sleep(0.5)  # noqa: ASYNC251  as long as that, the whole process stands still
        with pytest.raises(Unavailable) as raised:
            await asked
    assert raised.type is Unavailable


async def test_an_owner_that_is_gone_owns_nothing() -> None:
    async def owner(count: int) -> bytes:
        return verdicts(count)

    async with peers_beside(owner) as (peers, url):
        nowhere = url.rpartition(":")[0] + ":1"
        with pytest.raises(OwnerGone, match="is gone"):
            await peers.send(nowhere, envelope(), soon(5))


@pytest.mark.parametrize("answer", [b"garbage", b"[]", b'{"another":"version"}'])
async def test_an_owner_that_is_not_understood_is_no_answer(answer: bytes) -> None:
    async def strange(count: int) -> bytes:
        return answer

    async with peers_beside(strange) as (peers, url):
        with pytest.raises(Unavailable):
            await peers.send(url, envelope(), soon(5))
