"""People sign in with passkeys, and nobody does with anything else."""

from typing import Any

import httpx
import msgspec
import pytest

from application.ports.commands import Answer, Envelope, Unavailable
from domain.accounts.commands import NoteSignIn
from domain.accounts.events import SignedIn
from interfaces.http.accounts.ceremonies import (
    Ceremonies,
)
from interfaces.http.platform.welcome import MOST_TRIES
from interfaces.tokens import Tokens
from projections.accounts import ACCOUNTS
from tests.accounts.browsers import Browser
from tests.http.at_browsers import ASIDE, HALL, HOST, OURS, another_browser, events_of
from tests.http.conftest import SECRET, Api, problem


@pytest.fixture
def here(api: Api) -> Browser:
    return Browser(api.client, HALL, headers=OURS)


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


@pytest.mark.parametrize("order", ["account/delete", "passkeys/{id}/remove", "erase"])
async def test_a_passkey_that_is_gone_is_good_no_more_while_read_models_are_behind(
    api: Api, here: Browser, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    user = (await here.sign_up()).json()["user_id"]
    await here.add()
    stolen = here.device.passkeys[0]
    accounts = api.services.queries(ACCOUNTS)
    row, account = (await accounts.passkeys(user))[0], await accounts.account(user)
    body = {"user_id": user} if order == "erase" else None
    gone = await here.post(f"me/{order.format(id=row.credential_id)}", body)
    assert gone.is_success, gone.text

    async def called(_: str) -> Any:
        return [row]

    async def known(_: str) -> Any:
        return account

    monkeypatch.setattr(accounts, "passkeys_called", called)
    monkeypatch.setattr(accounts, "account", known)
    async with another_browser(api) as there:
        there.device.passkeys.append(stolen)
        problem(await there.sign_in(stolen), 403, "way-in-gone")
        problem(await there.get("me"), 401, "unauthenticated")


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
