"""Browsers sign in, act for who is signed in, and sign out; no other page acts for them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from application.ports.sign_ins import SignIn
from interfaces.http import app as application
from interfaces.http.platform import cookies
from interfaces.http.platform.addresses import Addresses
from interfaces.http.platform.cookies import Cookies
from interfaces.http.platform.welcome import MOST_TRIES, SignInTries
from interfaces.http.sign_in.guests import Guests
from interfaces.tokens import Identity, Tokens
from tests.http.conftest import SECRET, Api, another_process, problem
from tests.http.fakes.sign_ins import FakeTries
from tests.http.socket_client import Closed, connected

LIVE = "/api/v1/games/live"
HOST = "testserver.local"
OURS = {"origin": f"http://{HOST}"}
THEIRS = {
    "another host": {"origin": "https://evil.example"},
    "no page that says so": {},
    "another site": {"sec-fetch-site": "cross-site", **OURS},
    "a host of the same domain": {"sec-fetch-site": "same-site", **OURS},
    "a page without an address": {"origin": "null"},
}


def browser(app: Any) -> httpx.AsyncClient:
    """A browser at an address of its own."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{HOST}")


async def enter(client: Any, name: str = "Ada", **headers: str) -> httpx.Response:
    """Sign in as a guest."""
    path, body = "/api/v1/sign-in/guest", {"name": name}
    answer: httpx.Response = await client.post(path, json=body, headers=headers or OURS)
    return answer


async def sign_in(api: Api, name: str = "Ada", **headers: str) -> httpx.Response:
    """Sign in as a guest, from an address that speaks for many."""
    return await enter(api.client, name, **headers)


async def by_link(api: Api, code: str) -> httpx.Response:
    return await api.client.post("/api/v1/sign-in/link", json={"code": code}, headers=OURS)


async def me(api: Api) -> httpx.Response:
    return await api.client.get("/api/v1/me")


async def test_a_guest_has_a_name_and_is_nobody_else(api: Api) -> None:
    answer = await sign_in(api, "Ada")
    other = (await sign_in(api, "Ada")).json()

    assert answer.status_code == 201
    assert answer.json()["name"] == "Ada"
    assert answer.json()["scope"] == "player"
    assert answer.json()["user_id"].startswith("Ada~")
    assert answer.json()["user_id"] != other["user_id"]
    assert (await me(api)).json() == other


async def test_the_cookie_is_for_this_hall_alone_and_no_script_reads_it(api: Api) -> None:
    kept = (await sign_in(api)).headers["set-cookie"]

    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"} <= set(kept.split("; "))
    assert "Domain" not in kept
    value = kept.partition("=")[2].partition(";")[0]
    assert all(value.encode() not in digest for digest in api.sign_ins.rows)


async def test_where_the_hall_has_https_the_cookie_goes_nowhere_else(api: Api) -> None:
    _, kept = await Cookies(Tokens(SECRET), api.sign_ins, secure=True).begin(
        "ada", "Ada", "player", "guest"
    ) or (None, "")

    assert kept.startswith("__Host-gamehall=")
    assert kept.endswith("; Secure")


async def test_who_is_signed_in_plays_without_a_token(api: Api) -> None:
    user_id = (await sign_in(api)).json()["user_id"]

    sought = await api.client.post("/api/v1/games/seek", json={}, headers=OURS)

    assert sought.status_code == 200
    assert sought.json()["user_id"] == user_id


async def test_who_is_signed_in_acts_for_nobody_else(api: Api) -> None:
    await sign_in(api)

    body = {"user_id": "ben"}
    answer = await api.client.post("/api/v1/games/seek", json=body, headers=OURS)
    problem(answer, 403, "not-yourself")
    problem(await api.client.post("/api/v1/waitroom", json={}, headers=OURS), 403, "wrong-scope")


@pytest.mark.parametrize("whose", THEIRS)
async def test_another_page_does_nothing_with_the_cookie(api: Api, whose: str) -> None:
    await sign_in(api)

    answer = await api.client.post("/api/v1/games/seek", json={}, headers=THEIRS[whose])

    problem(answer, 403, "another-origin")
    assert not api.log.commands


@pytest.mark.parametrize("whose", THEIRS)
@pytest.mark.parametrize("path", ["sign-in/guest", "sign-in/link", "sign-out"])
async def test_another_page_signs_nobody_in_or_out(api: Api, path: str, whose: str) -> None:
    await sign_in(api)
    signed_in = (await me(api)).json()

    body = {"name": "Eve"} if path == "sign-in/guest" else {"code": api.services.tokens.link("eve")}
    answer = await api.client.post(f"/api/v1/{path}", json=body, headers=THEIRS[whose])

    problem(answer, 403, "another-origin")
    assert "set-cookie" not in answer.headers
    assert (await me(api)).json() == signed_in


async def test_a_token_counts_before_a_cookie(api: Api) -> None:
    await sign_in(api)

    assert (await api.ask("GET", "/api/v1/me", user="ben")).json()["user_id"] == "ben"
    assert (await api.ask("POST", "/api/v1/games/seek", {}, user="ben")).status_code == 200


async def test_a_browser_that_nobody_is_signed_in_at_needs_a_token(api: Api) -> None:
    problem(await me(api), 401, "unauthenticated")
    api.client.cookies.set("something", "else")
    problem(await me(api), 401, "unauthenticated")
    entrance = {"guests": True, "provider": None, "mail": True, "me": None}
    assert (await api.client.get("/api/v1/sign-in")).json() == entrance


@pytest.mark.parametrize("value", ["", "x", "x.", ".x", "x.y", "é.y", "x.é", "x" * 4_000])
async def test_a_cookie_that_is_not_ours_is_not_even_looked_for(api: Api, value: str) -> None:
    headers = {"cookie": f"gamehall={value}".encode()}

    answer = await api.client.get("/api/v1/me", headers=headers)  # type: ignore[arg-type]

    problem(answer, 401, "unauthenticated")
    assert api.sign_ins.looks == 0


async def test_signing_out_ends_it_at_once(api: Api) -> None:
    kept = (await sign_in(api)).headers["set-cookie"].partition(";")[0]
    assert (await me(api)).status_code == 200

    answer = await api.client.post("/api/v1/sign-out", headers=OURS)

    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    problem(await me(api), 401, "unauthenticated")
    problem(await api.client.get("/api/v1/me", headers={"cookie": kept}), 401, "unauthenticated")


async def test_a_cookie_that_has_ended_is_looked_for_once_in_a_while(api: Api) -> None:
    now = 1_800_000_000.0
    here, there = (
        Cookies(Tokens(SECRET), api.sign_ins, secure=False, clock=lambda: now) for _ in range(2)
    )
    _, kept = await here.begin("ada", "Ada", "player", "guest") or (None, "")
    headers = {b"cookie": kept.partition(";")[0].encode()}
    await here.end(headers)
    for look in (1, 2):
        for _ in range(3):
            assert await there.holder(headers) is None
        assert api.sign_ins.looks == look
        now += cookies.LOOK_AGAIN_S


async def test_who_signs_out_while_they_are_looked_up_stays_out(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {"cookie": (await sign_in(api)).headers["set-cookie"].partition(";")[0]}
    look = Held(api, monkeypatch)
    async with browser(api.doors.public) as client, asyncio.timeout(10):
        asked = asyncio.create_task(client.get("/api/v1/me", headers=kept))
        await look.begun.wait()
        out = await client.post("/api/v1/sign-out", headers=OURS | kept)
        assert out.status_code == 204
        look.go.set()
        await asked
        problem(await client.get("/api/v1/me", headers=kept), 401, "unauthenticated")


async def test_one_address_has_so_many_cookies_looked_up_at_a_time(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {"cookie": (await sign_in(api)).headers["set-cookie"].partition(";")[0]}
    services = replace(api.services, addresses=Addresses(1))
    look = Held(api, monkeypatch)
    there = replace(api, doors=application.create_app(services))
    async with browser(there.doors.public) as client, asyncio.timeout(10):
        asked = asyncio.create_task(client.get("/api/v1/me", headers=kept))
        await look.begun.wait()
        problem(await client.get("/api/v1/me", headers=kept), 429, "too-many-from-address")
        with pytest.raises(Closed):
            async with connected(there, LIVE, headers={"host": HOST, **OURS, **kept}):
                pass
        look.go.set()
        assert (await asked).status_code == 200


class Held:
    """The store finds somebody, and its answer is held up."""

    def __init__(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        self._find = api.sign_ins.find
        monkeypatch.setattr(api.sign_ins, "find", self.find)

    async def find(self, digest: bytes) -> SignIn | None:
        found = await self._find(digest)
        self.begun.set()
        await self.go.wait()
        return found


async def test_signing_in_again_ends_what_was_before_under_a_new_secret(api: Api) -> None:
    first = (await sign_in(api)).headers["set-cookie"].partition(";")[0]
    second = (await sign_in(api)).headers["set-cookie"].partition(";")[0]

    assert first != second
    problem(await api.client.get("/api/v1/me", headers={"cookie": first}), 401, "unauthenticated")


async def test_another_process_hears_of_the_end_within_half_a_minute(api: Api) -> None:
    now = 1_800_000_000.0
    here, there = (
        Cookies(Tokens(SECRET), api.sign_ins, secure=False, clock=lambda: now) for _ in range(2)
    )
    _, kept = await here.begin("ada", "Ada", "player", "guest") or (None, "")
    headers = {b"cookie": kept.partition(";")[0].encode()}
    api.sign_ins.rows = {  # by the clock of the store, which is the real one
        digest: good_for_long(row) for digest, row in api.sign_ins.rows.items()
    }
    assert await there.holder(headers)
    looks = api.sign_ins.looks
    assert await there.holder(headers)
    assert api.sign_ins.looks == looks, "what is known is not looked up for each request"

    await here.end(headers)
    assert await there.holder(headers)
    now += cookies.LOOK_AGAIN_S
    assert await there.holder(headers) is None


def good_for_long(row: SignIn) -> SignIn:
    return msgspec.structs.replace(row, expires_at=datetime(9000, 1, 1, tzinfo=UTC))


async def test_a_sign_in_expires_although_it_is_known(api: Api) -> None:
    now = 1_800_000_000.0
    door = Cookies(Tokens(SECRET), api.sign_ins, secure=False, clock=lambda: now)
    _, kept = await door.begin("ada", "Ada", "admin", "link") or (None, "")
    headers = {b"cookie": kept.partition(";")[0].encode()}
    holder = await door.holder(headers)
    (digest,) = api.sign_ins.rows
    assert holder == Identity("ada", "admin", 0, int(now + 12 * 3_600), sign_in=digest.hex())

    now += 12 * 3_600
    assert await door.holder(headers) is None


async def test_no_more_is_known_than_there_is_room_for(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cookies, "MOST_KNOWN", 2)
    door = Cookies(Tokens(SECRET), api.sign_ins, secure=False)
    kept = [await door.begin(f"user-{n}", "Ada", "player", "guest") for n in range(3)]
    headers = [{b"cookie": each[1].partition(";")[0].encode()} for each in kept if each]
    for each in (*headers, headers[2], headers[0]):
        assert await door.holder(each)
    assert api.sign_ins.looks == 4


async def test_a_link_signs_an_operator_in_once(api: Api) -> None:
    code = api.services.tokens.link("grace")

    answer = await by_link(api, code)
    assert (answer.status_code, answer.json()["scope"]) == (201, "admin")
    assert (await me(api)).json()["user_id"] == "grace"
    room = {"event_id": "concert", "capacity": 1, "checkout_seconds": 60}
    opened = await api.client.post("/api/v1/waitroom", json=room, headers=OURS)
    assert opened.status_code == 201

    problem(await by_link(api, code), 403, "link-not-good")
    await api.client.post("/api/v1/sign-out", headers=OURS)
    problem(await by_link(api, code), 403, "link-not-good")


async def test_what_is_no_link_signs_nobody_in(api: Api) -> None:
    tokens = api.services.tokens
    nobody = Identity("eve", "admin", 0, 0)
    for code in (
        "nonsense",
        Tokens("another secret that is long enough for it").link("eve"),
        tokens.issue("eve", "admin"),
        tokens.ticket(nobody, 60),
        Tokens(SECRET, lambda: 1_000.0).link("eve"),
    ):
        problem(await by_link(api, code), 403, "link-not-good")
    link = {"authorization": f"Bearer {tokens.link('eve')}"}
    problem(await api.client.get("/api/v1/me", headers=link), 401, "unauthenticated")


@pytest.mark.parametrize("name", ["", "x" * 25, "A~b", "bot-hard", " Ada", "A\u200bda", "a/b"])
async def test_what_is_no_name_for_a_guest_is_refused(api: Api, name: str) -> None:
    answer = await sign_in(api, name)

    assert answer.status_code in {400, 422}
    assert answer.json()["detail"].endswith(".")
    assert not api.sign_ins.rows


async def test_a_hall_without_guests_lets_none_in(api: Api) -> None:
    parts = {**api.services.parts, Guests: Guests(allowed=False)}
    services = replace(api.services, parts=parts)
    async with browser(application.create_app(services).public) as client:
        refused = await enter(client)
        entrance = await client.get("/api/v1/sign-in")

    problem(refused, 403, "no-guests")
    assert entrance.json()["guests"] is False


async def test_one_address_signs_in_so_often_and_then_waits(api: Api) -> None:
    async with browser(api.doors.public) as client:
        for _ in range(MOST_TRIES):
            assert (await enter(client)).status_code == 201
        late = problem(await enter(client), 429, "too-many-sign-ins")
    assert "127.0.0.1" in late["detail"]
    assert len(api.sign_ins.rows) == MOST_TRIES


async def test_a_proxy_that_is_trusted_signs_in_whole_cities(api: Api) -> None:
    services = replace(api.services, addresses=Addresses(1, ["127.0.0.0/8"]))
    async with browser(application.create_app(services).public) as client:
        for _ in range(MOST_TRIES + 1):
            assert (await enter(client)).status_code == 201


@pytest.mark.parametrize(
    ("address", "network"),
    [("10.1.2.3", "10.1.2.3"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("", "")],
)
async def test_a_household_is_one_address(address: str, network: str) -> None:
    tries = FakeTries()
    await SignInTries(tries).admit(address)
    assert list(tries.tried) == [f"sign-in:{network}"]


async def test_a_store_that_is_away_is_told_and_lets_nobody_in(api: Api) -> None:
    await sign_in(api)
    api.sign_ins.away = True

    assert (await me(api)).status_code == 503
    assert (await sign_in(api)).status_code == 503
    assert (await api.ask("GET", "/api/v1/leaderboard")).status_code == 200


async def test_a_page_opens_sockets_by_its_cookie(api: Api) -> None:
    answer = await sign_in(api)
    headers = {"host": HOST, "cookie": answer.headers["set-cookie"].partition(";")[0]}

    async with connected(api, LIVE, headers=OURS | headers) as socket:
        await socket.send("seek")
        kind, payload = await socket.receive()
        assert (kind, payload["user_id"]) == ("seeking", answer.json()["user_id"])


@pytest.mark.parametrize("whose", ["another host", "no page that says so"])
async def test_another_page_opens_no_socket_with_the_cookie(api: Api, whose: str) -> None:
    kept = (await sign_in(api)).headers["set-cookie"].partition(";")[0]
    headers = {"host": HOST, "cookie": kept}

    with pytest.raises(Closed):
        async with connected(api, LIVE, headers=THEIRS[whose] | headers):
            pass


async def test_another_process_knows_who_is_signed_in(api: Api) -> None:
    kept = (await sign_in(api)).headers["set-cookie"].partition(";")[0]
    async with browser(another_process(api).doors.public) as client:
        assert (await client.get("/api/v1/me", headers={"cookie": kept})).json()["name"] == "Ada"
