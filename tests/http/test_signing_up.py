"""People sign up with a passkey, and stay who they are, or are somebody new."""

from typing import Any

import pytest

from application.ports.commands import Envelope
from domain.accounts.claimed_name import ClaimName
from domain.accounts.events import AccountRegistered, PasskeyAdded
from domain.categories import USERS
from interfaces.http.accounts.ceremonies import (
    user_handle,
)
from tests.accounts.authenticator import HAS_KEY, VERIFIED
from tests.accounts.browsers import Browser
from tests.http.at_browsers import HALL, OURS, another_browser, events_of, me
from tests.http.conftest import Api, problem

NOBODY = "nobody-to-keep"


@pytest.fixture
def here(api: Api) -> Browser:
    return Browser(api.client, HALL, headers=OURS)


async def test_somebody_new_signs_up_with_a_passkey_and_is_signed_in(
    api: Api, here: Browser
) -> None:
    answer = await here.sign_up("Ada", display_name="Ada L.", language="de")

    assert answer.status_code == 201, answer.text
    assert answer.json()["name"] == "ada"
    assert answer.json()["user_id"].startswith("player~")
    assert await me(here) == answer.json()
    mine = (await here.get("me/account")).json()
    assert (mine["handle"], mine["display_name"], mine["language"]) == ("ada", "Ada L.", "de")
    (passkey,) = await here.passkeys()
    assert passkey["credential_id"] == here.device.passkeys[0].credential_id
    assert (passkey["synced"], passkey["transports"]) == (True, ["internal"])
    (session,) = await here.sessions()
    assert (session["way"], session["device"]) == ("passkey", "Firefox on Linux")


async def test_an_account_and_its_passkey_are_one_commit(api: Api, here: Browser) -> None:
    await here.sign_up()
    (opened,), (added,) = events_of(api, AccountRegistered), events_of(api, PasskeyAdded)
    commands = {
        each.command_id for each in api.log.events[USERS.topic] if each.event in (opened, added)
    }
    assert len(commands) == 1


async def test_a_device_is_asked_for_a_passkey_that_it_finds_by_itself(here: Browser) -> None:
    asked = await here.asked("sign-up/options", {"handle": "ada"})
    assert asked["rp"] == {"name": "Gamehall", "id": "hall.example"}
    assert asked["user"]["name"] == "ada"
    chosen = asked["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "preferred")
    assert asked["attestation"] == "none"


def test_a_device_is_not_told_who_somebody_is() -> None:
    long = "\U0001f3ae" * 200
    assert len(user_handle(long)) <= 64
    assert b"ada" not in user_handle("ada~k7m2xqe")
    assert user_handle("ada") == user_handle("ada") != user_handle("ben")


async def test_a_guest_becomes_an_account_and_stays_who_they_are(api: Api, here: Browser) -> None:
    guest = (await here.post("sign-in/guest", {"name": "Ada"})).json()
    kept = api.client.cookies["gamehall"]
    sought = await here.post("games/seek")
    assert sought.is_success

    answer = await here.sign_up("ada", keep=True)

    assert answer.json()["user_id"] == guest["user_id"]
    assert answer.json()["expires_at"] > guest["expires_at"], "it lasts longer"
    assert (await here.get("me/place")).json()["status"] == "seeking"
    former = await api.client.get("/api/v1/me", headers={"cookie": f"gamehall={kept}"})
    problem(former, 401, "unauthenticated")
    assert (await here.sessions())[0]["way"] == "passkey"


async def test_a_guest_may_leave_what_they_played(here: Browser) -> None:
    guest = (await here.post("sign-in/guest", {"name": "Ada"})).json()
    answer = await here.sign_up("ada")
    assert answer.json()["user_id"] != guest["user_id"]


async def test_nobody_becomes_somebody_who_is_not_signed_in(api: Api, here: Browser) -> None:
    problem(await here.post("sign-up/options", {"handle": "a1a", "keep": True}), 403, NOBODY)
    await here.post("sign-in/guest", {"name": "Ada"})
    asked = await here.asked("sign-up/options", {"handle": "ada", "keep": True})
    await here.post("sign-in/guest", {"name": "Eve"})
    body = {"handle": "ada", "keep": True, "credential": here.device.make(asked)}
    problem(await here.post("sign-up", body), 403, NOBODY)
    await here.post("sign-in/link", {"code": api.services.tokens.link("grace")})
    problem(await here.post("sign-up/options", {"handle": "a1a", "keep": True}), 403, NOBODY)
    assert not events_of(api, AccountRegistered)


async def test_a_ceremony_to_stay_somebody_is_none_to_be_somebody_new(here: Browser) -> None:
    await here.post("sign-in/guest", {"name": "Ada"})
    asked = await here.asked("sign-up/options", {"handle": "ada", "keep": True})
    body = {"handle": "ada", "credential": here.device.make(asked)}
    problem(await here.post("sign-up", body), 403, "ceremony-over")


async def test_who_has_an_account_opens_no_other(here: Browser) -> None:
    await here.sign_up("ada")
    again = await here.post("sign-up/options", {"handle": "owl", "keep": True})
    problem(again, 409, "account-exists")


@pytest.mark.parametrize(
    ("handle", "status", "type"),
    [
        ("ada", 409, "handle-taken"),
        ("adm1n", 422, "handle-reserved"),
        ("a", 422, "handle-malformed"),
    ],
)
async def test_a_handle_that_nobody_gets_is_told_before_a_passkey_is_made(
    api: Api, here: Browser, handle: str, status: int, type: str
) -> None:
    await here.sign_up("ada")
    async with another_browser(api) as other:
        problem(await other.post("sign-up/options", {"handle": handle}), status, type)


async def test_who_loses_a_handle_to_another_has_no_account_and_is_not_signed_in(
    api: Api, here: Browser
) -> None:
    asked = await here.asked("sign-up/options", {"handle": "ada"})
    claim = ClaimName(name="@ada", user_id="ben")
    await api.log.execute(Envelope(command_id="claim", command=claim))

    body = {"handle": "ada", "credential": here.device.make(asked)}
    problem(await here.post("sign-up", body), 409, "handle-taken")

    assert not events_of(api, AccountRegistered)
    problem(await here.get("me"), 401, "unauthenticated")
    assert (await here.sign_up("owl")).status_code == 201


async def test_who_dies_after_the_account_signs_in_with_its_passkey(
    api: Api, here: Browser
) -> None:
    asked = await here.asked("sign-up/options", {"handle": "ada"})
    body = {"handle": "ada", "credential": here.device.make(asked)}
    api.sign_ins.away = True
    assert (await here.post("sign-up", body)).status_code == 503
    api.sign_ins.away = False
    (opened,) = events_of(api, AccountRegistered)

    entered = await here.sign_in()

    assert entered.json()["user_id"] == opened.originator_id


@pytest.mark.parametrize(
    "lie",
    [
        {"challenge": "AAAA"},
        {"origin": "https://evil.example"},
        {"origin": "https://hall.example:8443"},
        {"type": "webauthn.get"},
        {"flags": VERIFIED | HAS_KEY},
    ],
    ids=lambda lie: " ".join(map(str, lie.items())),
)
async def test_what_was_not_asked_for_opens_no_account(
    api: Api, here: Browser, lie: dict[str, Any]
) -> None:
    asked = await here.asked("sign-up/options", {"handle": "ada"})
    body = {"handle": "ada", "credential": here.device.make(asked, **lie)}
    problem(await here.post("sign-up", body), 403, "passkey-refused")
    assert not events_of(api, AccountRegistered)


async def test_a_passkey_of_another_domain_opens_no_account(here: Browser) -> None:
    asked = await here.asked("sign-up/options", {"handle": "ada"})
    asked["rp"] = {"id": "evil.example"}
    body = {"handle": "ada", "credential": here.device.make(asked)}
    problem(await here.post("sign-up", body), 403, "passkey-refused")


@pytest.mark.parametrize("part", ["clientDataJSON", "attestationObject"])
async def test_rubbish_is_no_passkey(here: Browser, part: str) -> None:
    for rubbish in ("AA", "_____w", "eyJ0eXBlIjoxfQ", "oA", "g" * 999):
        asked = await here.asked("sign-up/options", {"handle": "ada"})
        made = here.device.make(asked)
        made["response"][part] = rubbish
        body = {"handle": "ada", "credential": made}
        problem(await here.post("sign-up", body), 403, "passkey-refused")


@pytest.mark.parametrize(("way", "may"), [("guest", False), ("mail", False), ("provider", True)])
async def test_an_account_has_a_way_in_beside_the_browser_that_opens_it(
    api: Api, way: Any, may: bool
) -> None:
    """Otherwise it would be locked, with its handle, once a guest is signed out there."""
    begun = await api.services.cookies.begin("ada~guest", "Ada", "player", way)
    assert begun is not None
    headers = OURS | {"cookie": begun[1].partition(";")[0]}
    body = {"handle": "ada"}
    opened = await api.client.post("/api/v1/me/account/register", json=body, headers=headers)
    if may:
        assert opened.status_code == 201
    else:
        problem(opened, 403, "no-way-back")
        assert not api.log.of("ada~guest")
