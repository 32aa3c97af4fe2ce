"""People see where they are signed in, and sign out there, or are signed out."""

from typing import Any

import httpx
import msgspec
import pytest

from domain.accounts.commands import Device
from interfaces.http.platform import cookies
from interfaces.http.platform.cookies import Cookies
from interfaces.http.platform.devices import device_of
from interfaces.tokens import Tokens
from tests.http.conftest import SECRET, Api, another_process, problem
from tests.http.test_signing_in import OURS, browser, enter

FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
DEVICES = {
    FIREFOX: "Firefox on Android",
    SAFARI: "Safari on iPhone",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36": "Chrome on Windows",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0": "Edge on Windows",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Safari/605.1.15": "Safari on Mac",
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36": "Chrome on ChromeOS",
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) "
    "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36": "Samsung Internet on Android",
    "curl/8.0": "",
    "": "",
    "Firefox/1 \n'; DROP TABLE sign_ins; --": "Firefox",
}


def test_a_device_is_what_people_call_it() -> None:
    assert {agent: device_of(agent) for agent in DEVICES} == DEVICES
    for agent in DEVICES:
        msgspec.convert(device_of(agent), Device)


async def signed_in(api: Api, user: str = "ada", scope: Any = "player", device: str = "") -> str:
    """Somebody signs in at one more browser: its cookie."""
    begun = await api.services.cookies.begin(user, "Ada", scope, "provider", device=device)
    assert begun is not None
    return begun[1].partition(";")[0]


async def listed(api: Api, kept: str) -> list[dict[str, Any]]:
    answer = await api.client.get("/api/v1/me/sessions", headers={"cookie": kept})
    assert answer.status_code == 200, answer.text
    sessions: list[dict[str, Any]] = answer.json()["sessions"]
    return sessions


async def post(api: Api, kept: str, path: str) -> httpx.Response:
    return await api.client.post(f"/api/v1/me/sessions/{path}", headers=OURS | {"cookie": kept})


async def status(api: Api, kept: str) -> int:
    return (await api.client.get("/api/v1/me", headers={"cookie": kept})).status_code


async def test_somebody_sees_where_they_are_signed_in(api: Api) -> None:
    phone = await signed_in(api, device="Firefox on Android")
    await signed_in(api, device="Safari on Mac")
    await signed_in(api, "eve")

    sessions = await listed(api, phone)

    assert [(each["device"], each["current"]) for each in sessions] == [
        ("Safari on Mac", False),
        ("Firefox on Android", True),
    ]
    assert {each["way"] for each in sessions} == {"provider"}
    assert all(kept not in str(sessions) for kept in (phone, phone.partition("=")[2]))
    by_token = (await api.ask("GET", "/api/v1/me/sessions", user="ada")).json()["sessions"]
    assert [each["current"] for each in by_token] == [False, False]
    both = await api.ask("GET", "/api/v1/me/sessions", user="ada", headers={"cookie": phone})
    assert both.json()["sessions"] == by_token, "a token counts before a cookie"


async def test_a_guest_is_told_by_the_browser(api: Api) -> None:
    async with browser(api.doors.public) as client:
        await enter(client, **OURS, **{"user-agent": SAFARI})
        (session,) = (await client.get("/api/v1/me/sessions")).json()["sessions"]
    assert (session["way"], session["device"]) == ("guest", "Safari on iPhone")


async def test_one_session_is_ended_and_the_others_go_on(api: Api) -> None:
    here, there = await signed_in(api), await signed_in(api, device="there")
    assert (await status(api, here), await status(api, there)) == (200, 200)
    (other,) = (each for each in await listed(api, here) if not each["current"])

    ended = await post(api, here, f"{other['id']}/end")

    assert ended.json() == {"ended": 1}
    assert (await status(api, here), await status(api, there)) == (200, 401)
    problem(await post(api, here, f"{other['id']}/end"), 404, "sign-in-not-found")


async def test_all_other_sessions_are_ended(api: Api) -> None:
    here, *others = [await signed_in(api) for _ in range(4)]
    eve = await signed_in(api, "eve")

    assert (await post(api, here, "end-others")).json() == {"ended": 3}

    assert await status(api, here) == 200
    assert [await status(api, each) for each in others] == [401] * 3
    assert await status(api, eve) == 200
    by_token = await api.ask("POST", "/api/v1/me/sessions/end-others", user="ada")
    assert by_token.json() == {"ended": 1}, "a token is at no browser"


async def test_nobody_ends_or_sees_sessions_of_others(api: Api) -> None:
    ada, eve = await signed_in(api), await signed_in(api, "eve")
    grace = await signed_in(api, "ada", "admin")
    (hers,) = await listed(api, ada)
    problem(await post(api, eve, f"{hers['id']}/end"), 404, "sign-in-not-found")
    assert (await status(api, ada), await status(api, grace)) == (200, 200)
    (operators,) = await listed(api, grace)
    assert operators["id"] != hers["id"], "an operator and a player of one id are two people"
    problem(await post(api, ada, f"{operators['id']}/end"), 404, "sign-in-not-found")
    problem(await api.ask("GET", "/api/v1/me/sessions", scope="service"), 403, "wrong-scope")


async def test_a_page_of_another_address_ends_nothing(api: Api) -> None:
    here, _ = await signed_in(api), await signed_in(api)
    evil = {"cookie": here, "origin": "https://evil.example"}
    answer = await api.client.post("/api/v1/me/sessions/end-others", headers=evil)
    problem(answer, 403, "another-origin")


async def test_operators_sign_somebody_out_everywhere(api: Api) -> None:
    sessions = [await signed_in(api) for _ in range(2)]
    grace = await signed_in(api, "ada", "admin")
    order = "/api/v1/accounts/ada/sign-out"
    problem(await api.ask("POST", order, user="ada"), 403, "wrong-scope")

    answer = await api.ask("POST", order, user="olga", scope="admin")

    assert answer.json() == {"user_id": "ada", "ended": 2}
    assert [await status(api, each) for each in sessions] == [401, 401]
    assert await status(api, grace) == 200


class Told:
    """Passes on to other processes what ends in one."""

    def __init__(self) -> None:
        self.others: list[Cookies] = []

    async def tell(self, digests: list[bytes]) -> None:
        for each in self.others:
            each.forget(digests)


async def test_other_processes_are_told_and_look_no_more(api: Api) -> None:
    told = Told()
    here = Cookies(Tokens(SECRET), api.sign_ins, secure=False, endings=told)
    there = Cookies(Tokens(SECRET), api.sign_ins, secure=False)
    told.others.append(there)
    for end in ("sign out", "everywhere"):
        _, kept = await here.begin("ada", "Ada", "player", "guest") or (None, "")
        headers = {b"cookie": kept.partition(";")[0].encode()}
        assert await there.holder(headers)
        looks = api.sign_ins.looks
        if end == "everywhere":
            await here.end_of("ada", "player")
        else:
            await here.end(headers)
        assert await there.holder(headers) is None
        assert api.sign_ins.looks == looks


async def test_who_is_not_told_hears_of_it_within_half_a_minute(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await signed_in(api)
    other = another_process(api)
    there = Cookies(Tokens(SECRET), api.sign_ins, secure=False)
    headers = {b"cookie": kept.encode()}
    assert await there.holder(headers)
    await other.services.cookies.end_of("ada", "player")
    assert await there.holder(headers), "as is documented"
    now = there._clock() + cookies.LOOK_AGAIN_S
    monkeypatch.setattr(there, "_clock", lambda: now)
    assert await there.holder(headers) is None
