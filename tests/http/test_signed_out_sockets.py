"""Who is signed out, wherever that was done, has no socket any more that was opened by it."""

import gc
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest

from interfaces.http.platform import channel, cookies, lasting
from interfaces.http.platform.cookies import Cookies
from interfaces.tokens import Tokens
from tests.http.conftest import SECRET, Api, another_process
from tests.http.socket_client import Closed, Socket, connected
from tests.http.test_sessions import Told, listed, post, signed_in
from tests.http.test_signing_in import OURS

LIVE = "/api/v1/games/live"
HALL = {"host": "testserver.local", "origin": "http://testserver.local"}


def at_a_page(api: Api, kept: str) -> AbstractAsyncContextManager[Socket]:
    return connected(api, LIVE, headers=HALL | {"cookie": kept})


async def by_ticket(api: Api, kept: str) -> str:
    answer = await api.client.post("/api/v1/tickets", headers=OURS | {"cookie": kept})
    return f"{LIVE}?ticket={answer.json()['ticket']}"


async def answers(socket: Socket) -> bool:
    await socket.send("ping")
    return await socket.receive() == ("pong", {})


@pytest.fixture
def told(api: Api) -> Told:
    """What this process tells of sign-ins that end."""
    told = Told()
    api.services.cookies._endings = told
    return told


@pytest.fixture
def elsewhere(api: Api) -> Api:
    """Another process, with a memory of its own of who is signed in."""
    there = Cookies(Tokens(SECRET), api.sign_ins, secure=False)
    return another_process(replace(api, services=replace(api.services, cookies=there)))


async def test_a_sign_out_ends_the_sockets_of_that_browser_alone(api: Api) -> None:
    here, there = await signed_in(api), await signed_in(api)
    async with (
        at_a_page(api, here) as gone,
        connected(api, await by_ticket(api, here), headers={}) as gone_too,
        at_a_page(api, there) as stays,
        connected(api, LIVE, user="ada") as by_token,
    ):
        looks = api.sign_ins.looks
        assert all([await answers(each) for each in (gone, gone_too, stays, by_token)])
        await api.client.post("/api/v1/sign-out", headers=OURS | {"cookie": here})

        with pytest.raises(Closed, match="signed out at this browser") as closed:
            await gone.receive()
        assert closed.value.code == channel.UNAUTHENTICATED
        assert await gone_too.closed() == channel.UNAUTHENTICATED
        assert await answers(stays)
        assert await answers(by_token)
        assert api.sign_ins.looks == looks
    gc.collect()  # what a socket ended with may hold its frames
    assert not api.services.cookies._awaited, "nobody waits any more"


async def test_sockets_end_at_once_in_every_process_that_is_told(
    api: Api, told: Told, elsewhere: Api
) -> None:
    told.others.append(elsewhere.services.cookies)
    here, there = await signed_in(api), await signed_in(api)
    (other,) = (each for each in await listed(api, here) if not each["current"])
    async with at_a_page(elsewhere, there) as first, at_a_page(elsewhere, here) as second:
        assert await answers(first)
        await post(api, here, f"{other['id']}/end")
        assert await first.closed() == channel.UNAUTHENTICATED
        assert await answers(second)
        ended = await api.ask("POST", "/api/v1/accounts/ada/sign-out", user="olga", scope="admin")
        assert ended.json()["ended"] == 1
        assert await second.closed() == channel.UNAUTHENTICATED


async def test_a_process_that_nobody_tells_finds_out_by_looking(
    api: Api, elsewhere: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lasting, "EXPIRY_LOOK_S", 0.02)
    monkeypatch.setattr(cookies, "LOOK_AGAIN_S", 0)
    kept = await signed_in(api)
    async with at_a_page(elsewhere, kept) as socket:
        assert await answers(socket)
        await api.services.cookies.end_of("ada", "player")
        assert await socket.closed() == channel.UNAUTHENTICATED


async def test_a_sign_in_that_nobody_can_look_up_goes_on(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lasting, "EXPIRY_LOOK_S", 0.02)
    monkeypatch.setattr(cookies, "LOOK_AGAIN_S", 0)
    asked: list[bytes] = []
    find = api.sign_ins.find

    async def counted(digest: bytes) -> object:
        asked.append(digest)
        return await find(digest)

    kept = await signed_in(api)
    async with at_a_page(api, kept) as socket:
        api.sign_ins.away = True
        monkeypatch.setattr(api.sign_ins, "find", counted)
        while len(asked) < 3:
            assert await answers(socket)
        api.sign_ins.away = False
        api.sign_ins.ended.update(api.sign_ins.rows)
        assert await socket.closed() == channel.UNAUTHENTICATED


async def test_a_ticket_from_before_a_sign_out_opens_nothing_that_lasts(
    api: Api, elsewhere: Api
) -> None:
    kept = await signed_in(api)
    path = await by_ticket(api, kept)
    await api.client.post("/api/v1/sign-out", headers=OURS | {"cookie": kept})
    async with connected(elsewhere, path, headers={}) as socket:
        assert await socket.closed() == channel.UNAUTHENTICATED
