"""People add and remove passkeys of their own; and where browsers make any."""

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest

from domain.accounts.ways_in import MOST_PASSKEYS
from interfaces.http import app as application
from interfaces.http.accounts.ceremonies import (
    Ceremonies,
    RelyingParty,
    relying_party,
)
from interfaces.http.platform import welcome
from interfaces.tokens import Tokens
from tests.accounts.browsers import Browser
from tests.http.at_browsers import ASIDE, HALL, HOST, OURS, another_browser
from tests.http.conftest import SECRET, Api, problem
from tests.http.fakes.accounts import FakePasskeyUses
from tests.http.fakes.once import FakeOnce


@pytest.fixture
def here(api: Api) -> Browser:
    return Browser(api.client, HALL, headers=OURS)


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
    monkeypatch.setattr(welcome, "FRESH_S", -1)
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
