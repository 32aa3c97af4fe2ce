"""Who may open a socket, and what every socket bears."""

import asyncio

import pytest

from interfaces.http.platform import channel, socket_limits
from interfaces.http.platform.tickets import Tickets
from interfaces.tokens import Identity, Tokens
from tests.http.conftest import ORIGIN, SECRET, Api, another_process, problem
from tests.http.fakes.once import FakeOnce
from tests.http.socket_client import Closed, connected

LIVE = "/api/v1/games/live"


async def test_a_token_opens_a_socket(api: Api) -> None:
    async with connected(api, LIVE) as socket:
        await socket.send("ping")
        assert await socket.receive() == ("pong", {})


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer nonsense"}])
async def test_nothing_opens_without_a_token(api: Api, headers: dict[str, str]) -> None:
    with pytest.raises(Closed):
        async with connected(api, LIVE, headers=headers):
            pass


@pytest.mark.parametrize("address", [f"{LIVE}/", f"/{LIVE}", LIVE.replace("/live", "//live")])
async def test_the_address_of_a_socket_has_one_spelling(api: Api, address: str) -> None:
    with pytest.raises(Closed):
        async with connected(api, address):
            pass


@pytest.mark.parametrize(("origin", "opens"), [(ORIGIN, True), ("https://evil.example", False)])
async def test_browsers_open_sockets_from_allowed_pages_only(
    api: Api, origin: str, opens: bool
) -> None:
    ticket = (await api.ask("POST", "/api/v1/tickets")).json()["ticket"]
    try:
        async with connected(api, f"{LIVE}?ticket={ticket}", headers={"origin": origin}):
            assert opens
    except Closed:
        assert not opens


async def test_a_ticket_opens_one_socket(api: Api) -> None:
    answer = await api.ask("POST", "/api/v1/tickets")
    assert answer.json()["expires_in"] == 30
    path = f"{LIVE}?ticket={answer.json()['ticket']}"

    async with connected(api, path, headers={}):
        pass
    with pytest.raises(Closed):
        async with connected(api, path, headers={}):
            pass


async def test_a_ticket_of_one_process_opens_one_socket_at_any_other(api: Api) -> None:
    ticket = (await api.ask("POST", "/api/v1/tickets")).json()["ticket"]
    other = another_process(api)
    async with connected(other, f"{LIVE}?ticket={ticket}", headers={}) as socket:
        await socket.send("seek")
        assert (await socket.until("seeking"))["user_id"] == "ann"
    for each in (api, other):
        with pytest.raises(Closed):
            async with connected(each, f"{LIVE}?ticket={ticket}", headers={}):
                pass


async def test_however_many_tickets_somebody_takes_another_s_is_good(api: Api) -> None:
    ticket = (await api.ask("POST", "/api/v1/tickets", user="ben")).json()["ticket"]
    identity = api.services.tokens.verify(api.token("ann")["authorization"][7:])
    for _ in range(10_001):
        api.services.tickets.issue(identity)

    async with connected(api, f"{LIVE}?ticket={ticket}", headers={}):
        pass


async def test_a_ticket_that_nobody_can_check_opens_nothing(api: Api) -> None:
    ticket = (await api.ask("POST", "/api/v1/tickets")).json()["ticket"]
    once = api.services.tickets._used
    assert isinstance(once, FakeOnce)
    once.away = True
    with pytest.raises(Closed):
        async with connected(api, f"{LIVE}?ticket={ticket}", headers={}):
            pass
    once.away = False
    async with connected(api, f"{LIVE}?ticket={ticket}", headers={}):
        pass


async def test_a_used_ticket_is_known_for_as_long_as_any_clock_takes_it(api: Api) -> None:
    now, once = 1_000.0, FakeOnce()
    behind = Tickets(Tokens(SECRET, lambda: now - 5.5, leeway_s=5.5), once, leeway_s=5.5)
    ticket = Tickets(Tokens(SECRET, lambda: now), once).issue(Identity("ann", "player", 0, 2_000))
    assert await behind.redeem(ticket, "/")
    (remembered_s,) = once.names.values()

    once.names.clear()
    now += remembered_s - 1
    assert await behind.redeem(ticket, "/"), "it is taken still"
    once.names.clear()
    now += 1
    assert await behind.redeem(ticket, "/") is None


async def test_a_socket_ends_with_its_token(api: Api) -> None:
    token = api.services.tokens.issue("ann", "player", ttl=1)
    authorization = {"authorization": f"Bearer {token}"}
    asked = await api.client.post("/api/v1/tickets", headers=authorization)
    by_ticket = f"{LIVE}?ticket={asked.json()['ticket']}"
    for path, headers in ((LIVE, authorization), (by_ticket, {})):
        async with connected(api, path, headers=headers) as socket:
            assert await socket.closed() == channel.UNAUTHENTICATED


async def test_a_token_in_the_address_opens_nothing(api: Api) -> None:
    token = api.token("ann")["authorization"].removeprefix("Bearer ")
    for name in ("token", "ticket", "access_token"):
        with pytest.raises(Closed):
            async with connected(api, f"{LIVE}?{name}={token}", headers={}):
                pass


async def test_an_address_that_leads_nowhere_opens_no_socket(api: Api) -> None:
    with pytest.raises(Closed):
        async with connected(api, "/api/v1/nothing/live"):
            pass


async def test_a_user_has_so_many_sockets(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_limits, "MOST_SOCKETS_PER_USER", 1)
    async with connected(api, LIVE), connected(api, LIVE, user="ben") as other:
        async with connected(api, LIVE) as refused:
            assert await refused.closed() == channel.TRY_LATER
        await other.send("ping")
        assert await other.receive() == ("pong", {})
    async with connected(api, LIVE) as again:
        await again.send("ping")
        assert await again.receive() == ("pong", {})


async def test_a_large_message_ends_a_socket(api: Api) -> None:
    async with connected(api, LIVE) as socket:
        await socket.send_text(" " * (channel.MESSAGE_LIMIT_BYTES + 1))
        assert await socket.closed() == channel.TOO_BIG


async def test_a_reader_that_does_not_read_is_cut_off(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "BACKLOG_MESSAGES", 5)
    async with connected(api, LIVE) as socket:
        socket.reads.clear()
        for _ in range(10):
            await socket.send("ping")
        await asyncio.sleep(0.05)
        socket.reads.set()
        assert await socket.closed() == channel.TRY_LATER


async def test_a_message_that_does_not_leave_ends_a_socket(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "SEND_TIMEOUT_S", 0.05)
    async with connected(api, LIVE) as socket:
        socket.reads.clear()
        await socket.send("ping")
        await asyncio.sleep(0.1)
        socket.reads.set()
        assert await socket.closed() == channel.TRY_LATER


async def test_a_silent_client_is_asked_and_then_let_go(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "PING_AFTER_S", 0.1)
    monkeypatch.setattr(channel, "IDLE_LIMIT_S", 0.3)
    async with connected(api, LIVE) as socket:
        assert await socket.receive() == ("ping", {})
        await socket.send("pong")
        for _ in range(2):
            assert await socket.receive() == ("ping", {})
        assert await socket.closed() == channel.GOING_AWAY


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("nonsense", "malformed-json"),
        ('{"type": "move"}', "invalid-request"),
        ('{"type": "move", "payload": {"column": "3"}}', "invalid-request"),
        ('{"type": "move", "payload": {"column": 3, "row": 1}}', "invalid-request"),
        ('{"type": "dance", "payload": {}}', "invalid-request"),
        ("[]", "invalid-request"),
    ],
)
async def test_a_bad_message_is_told_and_ends_nothing(api: Api, text: str, type: str) -> None:
    async with connected(api, LIVE) as socket:
        await socket.send_text(text)
        kind, details = await socket.receive()
        assert (kind, details["type"]) == ("error", f"urn:gamehall:problem:{type}")
        await socket.send("ping")
        assert await socket.receive() == ("pong", {})


async def test_tickets_are_for_who_has_a_token(api: Api) -> None:
    problem(await api.client.post("/api/v1/tickets"), 401, "unauthenticated")
