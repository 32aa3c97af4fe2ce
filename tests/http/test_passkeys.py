"""People sign up and in with passkeys, and nobody does with anything else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from application.ports.commands import Answer, Envelope, Unavailable
from domain.accounts.claimed_name import ClaimName
from domain.accounts.commands import NoteSignIn
from domain.accounts.events import AccountRegistered, PasskeyAdded, SignedIn
from domain.accounts.ways_in import MOST_PASSKEYS
from domain.categories import USERS
from interfaces.http import app as application
from interfaces.http.accounts import own_passkeys
from interfaces.http.accounts.ceremonies import (
    Ceremonies,
    RelyingParty,
    relying_party,
    user_handle,
)
from interfaces.http.platform.welcome import MOST_TRIES
from interfaces.tokens import Tokens
from projections.accounts import ACCOUNTS
from tests.accounts.authenticator import HAS_KEY, VERIFIED
from tests.accounts.browsers import Browser
from tests.http.conftest import SECRET, Api, problem
from tests.http.fakes.accounts import FakePasskeyUses
from tests.http.fakes.once import FakeOnce

HALL = "https://hall.example"
NOBODY = "nobody-to-keep"
ASIDE = "gamehall-aside-passkey"
HOST = "testserver.local"
OURS = {"origin": f"http://{HOST}", "user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"}


@asynccontextmanager
async def another_browser(api: Api, **options: Any) -> AsyncIterator[Browser]:
    transport = httpx.ASGITransport(api.doors.public)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
        yield Browser(client, HALL, headers=OURS, **options)


@pytest.fixture
def here(api: Api) -> Browser:
    return Browser(api.client, HALL, headers=OURS)


async def me(here: Browser) -> dict[str, Any]:
    return dict((await here.get("me")).json())


def events_of(api: Api, kind: type[Any]) -> list[Any]:
    events = [each.event for each in api.log.events[USERS.topic]]
    return [each for each in events if isinstance(each, kind)]


# -- signing up ------------------------------------------------------------------------------------


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


# -- signing in ------------------------------------------------------------------------------------


async def test_whose_passkey_signs_is_signed_in_without_saying_who(api: Api, here: Browser) -> None:
    opened = (await here.sign_up()).json()
    await here.post("sign-out")
    asked = await here.asked("sign-in/passkey/options")
    assert asked["allowCredentials"] == []

    entered = await here.sign_in()

    assert entered.status_code == 201
    assert (entered.json()["user_id"], entered.json()["name"]) == (opened["user_id"], "ada")
    noted = events_of(api, SignedIn)
    assert [(each.way, each.device) for each in noted] == [("passkey", "Firefox on Linux")] * 2


@pytest.mark.parametrize(
    "lie",
    [
        {"challenge": "AAAA"},
        {"origin": "https://evil.example"},
        {"origin": "http://hall.example"},
        {"type": "webauthn.create"},
    ],
    ids=lambda lie: " ".join(lie.values()),
)
async def test_what_was_not_asked_signs_nobody_in(here: Browser, lie: dict[str, Any]) -> None:
    await here.sign_up()
    await here.post("sign-out")
    problem(await here.sign_in(**lie), 403, "passkey-refused")
    problem(await here.get("me"), 401, "unauthenticated")


async def test_an_answer_is_good_once(here: Browser) -> None:
    await here.sign_up()
    asked = await here.asked("sign-in/passkey/options")
    body = {"credential": here.device.sign(asked)}
    assert (await here.post("sign-in/passkey", body)).status_code == 201
    problem(await here.post("sign-in/passkey", body), 403, "ceremony-over")


async def test_an_answer_is_good_once_although_redis_has_forgotten(
    api: Api, here: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.sign_up()
    used = api.services.part(Ceremonies)._used
    asked = await here.asked("sign-in/passkey/options")
    body = {"credential": here.device.sign(asked)}
    assert (await here.post("sign-in/passkey", body)).status_code == 201
    monkeypatch.setattr(used, "names", {})
    problem(await here.post("sign-in/passkey", body), 403, "ceremony-over")


async def test_an_answer_is_good_at_the_browser_that_was_asked(api: Api, here: Browser) -> None:
    await here.sign_up()
    asked = await here.asked("sign-in/passkey/options")
    body = {"credential": here.device.sign(asked)}
    async with another_browser(api) as other:
        problem(await other.post("sign-in/passkey", body), 403, "ceremony-over")
        await other.asked("sign-in/passkey/options")
        problem(await other.post("sign-in/passkey", body), 403, "passkey-refused")


async def test_an_answer_is_good_for_a_while(
    api: Api, here: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.sign_up()
    asked = await here.asked("sign-in/passkey/options")
    body = {"credential": here.device.sign(asked)}
    tokens = api.services.part(Ceremonies)._tokens
    later = tokens._clock() + 301
    monkeypatch.setattr(tokens, "_clock", lambda: later)
    problem(await here.post("sign-in/passkey", body), 403, "ceremony-over")


@pytest.mark.parametrize(
    "ticket",
    [
        "",
        "nonsense",
        Tokens(SECRET).issue("ada", "player"),
        Tokens(SECRET).link("ada"),
        Tokens("another secret that is long enough for it").issue("ada", "player"),
    ],
)
async def test_what_is_no_ceremony_of_this_hall_is_none(here: Browser, ticket: str) -> None:
    await here.sign_up()
    signed = here.device.sign(await here.asked("sign-in/passkey/options"))
    here.client.cookies.clear()
    here.client.cookies.set(ASIDE, ticket)
    problem(await here.post("sign-in/passkey", {"credential": signed}), 403, "ceremony-over")


async def test_another_key_signs_nobody_in(api: Api, here: Browser) -> None:
    await here.sign_up()
    await here.post("sign-out")
    async with another_browser(api) as other:
        await other.sign_up("eve")
        await other.post("sign-out")
        forged = other.device.passkeys[0]
        forged.id = here.device.passkeys[0].id
        forged.user_handle = here.device.passkeys[0].user_handle
        problem(await other.sign_in(forged), 403, "passkey-refused")
        problem(await other.get("me"), 401, "unauthenticated")


async def test_who_takes_the_id_of_anothers_passkey_harms_nobody(api: Api, here: Browser) -> None:
    ada = (await here.sign_up("ada")).json()
    async with another_browser(api) as other:
        eve = (await other.sign_up("eve")).json()
        added = await add_called(other, here.device.passkeys[0].id)
        assert added.status_code == 201, added.text
        assert (await other.sign_in()).json()["user_id"] == eve["user_id"]
    assert (await here.sign_in()).json()["user_id"] == ada["user_id"]


async def add_called(here: Browser, id: bytes) -> httpx.Response:
    """Add a passkey that says it is called so."""
    asked = await here.asked("me/passkeys/options")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.accounts.authenticator.secrets.token_bytes", lambda _: id)
        made = here.device.make(asked)
    return await here.post("me/passkeys/add", {"credential": made})


@pytest.mark.parametrize("handle", [None, "AAAA"])
async def test_a_passkey_says_for_which_account_it_signs(here: Browser, handle: str | None) -> None:
    await here.sign_up()
    problem(await here.sign_in(user_handle=handle), 403, "passkey-unknown")


async def test_a_passkey_that_nobody_has_is_not_known(here: Browser) -> None:
    asked = await here.asked("sign-up/options", {"handle": "ada"})
    here.device.make(asked)
    problem(await here.sign_in(), 403, "passkey-unknown")


async def test_a_copy_of_a_key_that_counts_is_noticed(api: Api) -> None:
    async with another_browser(api, synced=False) as here:
        await here.sign_up()
        (passkey,) = here.device.passkeys
        for _ in range(2):
            assert (await here.sign_in()).status_code == 201
        passkey.uses -= 1
        problem(await here.sign_in(), 403, "passkey-copied")
        assert (await here.sign_in()).status_code == 201, "the one that has counted on"
        here.device.synced = True
        passkey.uses = 0
        problem(await here.sign_in(), 403, "passkey-copied")


async def test_who_is_disabled_is_signed_out_and_not_in(api: Api, here: Browser) -> None:
    user = (await here.sign_up()).json()["user_id"]
    order = f"/api/v1/accounts/{user}/disable"
    assert (await api.ask("POST", order, user="olga", scope="admin")).is_success
    problem(await here.get("me"), 401, "unauthenticated")
    problem(await here.sign_in(), 403, "account-disabled")
    problem(await here.get("me"), 401, "unauthenticated")
    assert (await api.ask("POST", order.replace("dis", "en"), scope="admin")).is_success
    assert (await here.sign_in()).status_code == 201


async def test_the_account_itself_says_that_it_is_disabled(
    api: Api, here: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the read model has not heard of it yet."""
    user = (await here.sign_up()).json()["user_id"]
    await here.post("sign-out")
    order = f"/api/v1/accounts/{user}/disable"
    assert (await api.ask("POST", order, user="olga", scope="admin")).is_success
    accounts = api.services.queries(ACCOUNTS)
    known = await accounts.account(user)
    assert known is not None
    lagging = msgspec.structs.replace(known, status="active")

    async def account(_: str) -> Any:
        return lagging

    monkeypatch.setattr(accounts, "account", account)
    problem(await here.sign_in(), 403, "account-disabled")
    problem(await here.get("me"), 401, "unauthenticated")
    assert api.sign_ins.rows.keys() == api.sign_ins.ended, "none is left"


async def test_a_sign_in_that_cannot_be_noted_is_one_all_the_same(
    api: Api, here: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.sign_up()
    execute = api.log.execute

    async def away(envelope: Envelope) -> Answer:
        if isinstance(envelope.command, NoteSignIn):
            raise Unavailable("Kafka is away.")
        return await execute(envelope)

    monkeypatch.setattr(api.log, "execute", away)
    before = len(events_of(api, SignedIn))
    assert (await here.sign_in()).status_code == 201
    assert len(events_of(api, SignedIn)) == before


async def test_one_network_tries_so_often(api: Api) -> None:
    transport = httpx.ASGITransport(api.doors.public)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
        here = Browser(client, HALL, headers=OURS)
        await here.sign_up()
        for _ in range(MOST_TRIES - 1):
            await here.sign_in(challenge="AAAA")
        problem(await here.sign_in(), 429, "too-many-sign-ins")


@pytest.mark.parametrize(
    "path", ["sign-up/options", "sign-up", "sign-in/passkey/options", "sign-in/passkey"]
)
async def test_a_page_of_another_address_begins_and_ends_nothing(
    api: Api, here: Browser, path: str
) -> None:
    await here.sign_up()
    there = Browser(api.client, HALL, headers={"origin": "https://evil.example"})
    made = here.device.make(await here.asked("sign-up/options", {"handle": "owl"}))
    signed = here.device.sign(await here.asked("sign-in/passkey/options"))
    bodies = {
        "sign-up/options": {"handle": "owl"},
        "sign-up": {"handle": "owl", "credential": made},
        "sign-in/passkey": {"credential": signed},
    }
    problem(await there.post(path, bodies.get(path)), 403, "another-origin")


# -- passkeys of one's own -------------------------------------------------------------------------


async def test_somebody_adds_a_passkey_names_it_and_removes_the_first(
    api: Api, here: Browser
) -> None:
    await here.sign_up()
    asked = await here.asked("me/passkeys/options")
    first = here.device.passkeys[0].credential_id
    assert [each["id"] for each in asked["excludeCredentials"]] == [first]

    assert (await here.add(name="My phone")).status_code == 201

    second = here.device.passkeys[-1].credential_id
    listed = await here.passkeys()
    assert [(each["credential_id"], each["name"]) for each in listed] == [
        (first, None),
        (second, "My phone"),
    ]
    written = msgspec.json.encode([api.log.events, api.log.commands]).decode()
    assert "My phone" not in written
    assert (await here.post(f"me/passkeys/{first}/remove")).is_success
    problem(await here.sign_in(here.device.passkeys[0]), 403, "passkey-unknown")
    assert (await here.sign_in(here.device.passkeys[-1])).status_code == 201
    problem(await here.post(f"me/passkeys/{second}/remove"), 409, "last-way-in")
    problem(await here.post("me/passkeys/unknown/remove"), 404, "passkey-not-found")


async def test_what_was_added_and_removed_is_not_added_by_the_same_answer(here: Browser) -> None:
    await here.sign_up()
    made = here.device.make(await here.asked("me/passkeys/options"))
    assert (await here.post("me/passkeys/add", {"credential": made})).status_code == 201
    assert (await here.post(f"me/passkeys/{made['id']}/remove")).is_success
    problem(await here.post("me/passkeys/add", {"credential": made}), 403, "ceremony-over")
    assert len(await here.passkeys()) == 1


async def test_an_account_has_so_many_passkeys(here: Browser) -> None:
    await here.sign_up()
    for _ in range(MOST_PASSKEYS - 1):
        assert (await here.add()).status_code == 201
    problem(await here.add(), 409, "too-many-passkeys")


async def test_an_answer_adds_a_passkey_to_who_was_asked(api: Api, here: Browser) -> None:
    await here.sign_up("ada")
    made = here.device.make(await here.asked("me/passkeys/options"))
    kept = here.client.cookies[ASIDE]
    async with another_browser(api) as other:
        await other.sign_up("eve")
        other.client.cookies.delete(ASIDE)
        other.client.cookies.set(ASIDE, kept, domain=HOST)
        answer = await other.post("me/passkeys/add", {"credential": made})
        problem(answer, 403, "ceremony-over")
        assert len(await other.passkeys()) == 1


@pytest.mark.parametrize("path", ["options", "add", "some/remove"])
async def test_who_has_signed_in_long_ago_signs_in_again_before_that(
    api: Api, here: Browser, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = (await here.sign_up()).json()["user_id"]
    body = {"credential": here.device.make(await here.asked("me/passkeys/options"))}
    monkeypatch.setattr(own_passkeys, "FRESH_S", -1)
    problem(await here.post(f"me/passkeys/{path}", body), 403, "sign-in-too-old")
    monkeypatch.undo()
    by_token = await api.ask("POST", f"/api/v1/me/passkeys/{path}", body, user=user)
    problem(by_token, 403, "sign-in-too-old")


async def test_a_guest_has_no_passkeys_to_add(here: Browser) -> None:
    await here.post("sign-in/guest", {"name": "Ada"})
    assert await here.passkeys() == []
    problem(await here.post("me/passkeys/options"), 404, "account-not-found")


# -- where browsers make passkeys ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base_url", "party"),
    [
        ("https://hall.example", RelyingParty("hall.example", "https://hall.example")),
        ("https://Hall.example:443", RelyingParty("hall.example", "https://hall.example")),
        ("https://hall.example:8443", RelyingParty("hall.example", "https://hall.example:8443")),
        ("http://127.0.0.1:8080", RelyingParty("localhost", "http://localhost:8080")),
        ("http://[::1]:8080", RelyingParty("localhost", "http://localhost:8080")),
        ("http://localhost", RelyingParty("localhost", "http://localhost")),
        ("http://hall.example", None),
        ("https://10.0.0.7", None),
        ("http://0.0.0.0:8080", None),
    ],
)
def test_passkeys_are_for_a_name_and_a_safe_address(
    base_url: str, party: RelyingParty | None
) -> None:
    assert relying_party(base_url) == party


async def test_a_hall_without_a_name_says_that_it_takes_none(api: Api) -> None:
    ceremonies = Ceremonies(
        Tokens(SECRET), FakeOnce(), FakePasskeyUses(), base_url="http://10.0.0.7:8080"
    )
    services = replace(api.services, parts={**api.services.parts, Ceremonies: ceremonies})
    there = replace(api, doors=application.create_app(services))
    async with another_browser(there) as here:
        for path in ("sign-up/options", "sign-in/passkey/options"):
            said = problem(await here.post(path, {"handle": "ada"}), 404, "no-passkeys")
            assert "GAMEHALL_API_URL" in said["detail"]


async def test_a_session_of_a_passkey_lasts_a_month(here: Browser) -> None:
    await here.sign_up()
    (session,) = await here.sessions()
    began, ends = (datetime.fromisoformat(session[name]) for name in ("began_at", "expires_at"))
    assert ends - began == timedelta(days=30)


async def test_who_deletes_the_account_is_signed_out_everywhere(api: Api, here: Browser) -> None:
    await here.sign_up()
    assert (await here.post("me/account/delete")).is_success
    problem(await here.get("me"), 401, "unauthenticated")
    problem(await here.sign_in(), 403, "passkey-unknown")
