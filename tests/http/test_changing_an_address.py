"""Another e-mail address: proven by a code, told to both, removed where another way is left."""

from dataclasses import replace
from typing import Any

import pytest

from application.accounts.by_mail import MOST_CODES, MOST_MAILS_PER_ADDRESS
from application.accounts.email_changes import EmailChanges
from application.ports.commands import Unavailable
from domain.accounts.events import EmailChanged
from interfaces.http import app as application
from interfaces.http.platform import welcome
from tests.http.conftest import Api, problem
from tests.http.post import ADA, EVE, OURS, ada_has_an_account, browser, code_in, latest

EMAIL = "/api/v1/me/account/email"
NEW = "ada@new.example"
NOT_GOOD = 403, "mail-not-good"


async def at_browser(api: Api, path: str, body: Any = None, user: str = "ann") -> Any:
    """Ask at a browser where somebody has just signed in."""
    begun = await api.services.cookies.begin(user, user, "player", "provider")
    assert begun is not None
    headers = OURS | {"cookie": begun[1].partition(";")[0]}
    return await api.client.post(f"{EMAIL}{path}", json=body or {}, headers=headers)


async def ask(api: Api, email: str = NEW, user: str = "ann") -> Any:
    answer = await at_browser(api, "", {"email": email}, user)
    await api.post.errands.done()
    return answer


async def confirm(api: Api, code: str, user: str = "ann") -> Any:
    answer = await at_browser(api, "/confirm", {"code": code}, user)
    await api.post.errands.done()
    return answer


async def has(api: Api, email: str, user: str = "ann") -> None:
    """Give somebody's account an address."""
    assert (await ask(api, email, user)).status_code == 202
    assert (await confirm(api, code_in(latest(api)), user)).is_success
    api.log.pass_time(1)  # the next claim ends later


async def account(api: Api, user: str = "ann", handle: str = "ann") -> None:
    opened = await api.ask("POST", "/api/v1/me/account/register", {"handle": handle}, user=user)
    assert opened.status_code == 201


async def email_of(api: Api, user: str = "ann") -> Any:
    return (await api.ask("GET", "/api/v1/me/account", user=user)).json()["email"]


async def test_an_account_gets_an_address_and_is_entered_by_it(api: Api) -> None:
    await account(api)
    await has(api, NEW)
    assert await email_of(api) == NEW
    async with browser(api) as there:
        await there.ask(NEW)
        assert (await there.code(code_in(latest(api)))).json()["me"]["user_id"] == "ann"


async def test_both_addresses_are_told_of_a_change(api: Api) -> None:
    await account(api)
    await has(api, ADA)
    await has(api, NEW)
    former, new = api.post.mail.sent[-2:]
    assert (former.to, former.subject) == (ADA, "Your account has this address no more")
    assert (new.to, new.subject) == (NEW, "Your account has this address now")
    assert NEW not in former.text
    async with browser(api) as there:
        await there.ask(ADA)
        assert (await there.code(code_in(latest(api)))).json() == {"me": None}, "it is free again"


async def test_a_code_for_an_address_is_good_for_its_account_alone_and_once(api: Api) -> None:
    await account(api)
    await account(api, "ben", "ben")
    await ask(api)
    code = code_in(latest(api))
    problem(await confirm(api, code, "ben"), *NOT_GOOD)
    assert (await confirm(api, code)).is_success
    problem(await confirm(api, code), *NOT_GOOD)


async def test_who_tries_codes_for_an_address_has_so_many_tries(api: Api) -> None:
    await account(api)
    await ask(api)
    code = code_in(latest(api))
    for _ in range(MOST_CODES):
        problem(await confirm(api, "0" if code != "0" else "1"), *NOT_GOOD)
    problem(await confirm(api, code), *NOT_GOOD)
    assert await email_of(api) is None


async def test_who_asks_learns_nothing_of_others_until_they_read_the_mail(api: Api) -> None:
    await account(api)
    await account(api, "ben", "ben")
    await has(api, ADA, "ben")
    free, taken = await ask(api, NEW), await ask(api, ADA)
    assert (free.status_code, free.json()) == (taken.status_code, taken.json())
    problem(await confirm(api, code_in(latest(api))), 409, "address-taken")


async def test_an_account_asks_for_so_many_mails_and_nobody_is_told(api: Api) -> None:
    await account(api)
    statuses = {
        (await ask(api, f"ada-{n}@hall.example")).status_code
        for n in range(MOST_MAILS_PER_ADDRESS + 1)
    }
    assert statuses == {202}
    assert len(api.post.mail.sent) == MOST_MAILS_PER_ADDRESS


async def test_an_address_gets_so_many_mails_whichever_account_asks(api: Api) -> None:
    for n in range(MOST_MAILS_PER_ADDRESS + 1):
        await account(api, f"user-{n}", f"user-{n}")
        assert (await ask(api, user=f"user-{n}")).status_code == 202
    assert len(api.post.mail.sent) == MOST_MAILS_PER_ADDRESS


async def test_a_change_is_made_although_there_is_no_room_to_tell_of_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise Unavailable("Too many mails wait to be sent.")

    await account(api)
    await ask(api)
    monkeypatch.setattr(api.post.errands, "add", refuse)
    assert (await confirm(api, code_in(latest(api)))).is_success
    assert await email_of(api) == NEW
    assert (await ask(api, ADA)).status_code == 503


async def test_a_hall_that_sends_no_mail_says_so_to_accounts(api: Api) -> None:
    parts = {each: part for each, part in api.services.parts.items() if each is not EmailChanges}
    doors = application.create_app(replace(api.services, parts=parts))
    async with browser(replace(api, doors=doors)) as there:
        for path, body in (("", {"email": ADA}), ("/confirm", {"code": "1"}), ("/remove", {})):
            answer = await there.client.post(f"{EMAIL}{path}", json=body, headers=api.token("ann"))
            problem(answer, 404, "no-mail")


async def test_only_an_account_that_is_there_and_enabled_gets_an_address(api: Api) -> None:
    problem(await ask(api), 404, "account-not-found")
    problem(await confirm(api, "1"), 404, "account-not-found")
    await account(api)
    await api.ask("POST", "/api/v1/accounts/ann/disable", user="olga", scope="admin")
    problem(await ask(api), 403, "account-disabled")


async def test_an_address_is_removed_where_there_is_another_way_in(api: Api) -> None:
    await account(api)
    problem(await at_browser(api, "/remove"), 404, "email-missing")
    await has(api, ADA)
    assert (await at_browser(api, "/remove")).is_success
    await api.post.errands.done()
    assert (latest(api).to, latest(api).subject) == (ADA, "Your account has this address no more")
    assert await email_of(api) is None

    user_id = await ada_has_an_account(api, EVE, "eve")
    problem(await at_browser(api, "/remove", user=user_id), 409, "last-way-in")
    assert await email_of(api, user_id) == EVE


async def test_a_deleted_account_leaves_its_address_to_whoever_proves_it(api: Api) -> None:
    await account(api)
    await has(api, ADA)
    await api.ask("POST", "/api/v1/me/account/delete")
    assert await ada_has_an_account(api) != "ann"


@pytest.mark.parametrize("email", ["ada", "ada@hall.example\r\nBcc: eve@hall.example"])
async def test_what_is_no_address_is_none_for_an_account(api: Api, email: str) -> None:
    await account(api)
    problem(await ask(api, email), 422, "email-malformed")


@pytest.mark.parametrize("path", ["", "/confirm", "/remove"])
async def test_who_has_signed_in_long_ago_signs_in_again_before_a_change(
    api: Api, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await account(api)
    await has(api, ADA)
    await ask(api)
    body = {"": {"email": NEW}, "/confirm": {"code": code_in(latest(api))}}.get(path)
    by_token = await api.ask("POST", f"{EMAIL}{path}", body or {})
    problem(by_token, 403, "sign-in-too-old")
    monkeypatch.setattr(welcome, "FRESH_S", -1)
    problem(await at_browser(api, path, body), 403, "sign-in-too-old")
    assert await email_of(api) == ADA


async def test_the_log_has_no_address_in_the_open(api: Api) -> None:
    await account(api)
    await has(api, ADA)
    (changed,) = (each for each in api.log.of("ann") if isinstance(each, EmailChanged))
    assert changed.email is not None
    assert api.seals.open(changed.email) == ADA
    assert ADA not in repr(api.log.told) + repr(api.log.commands)
    api.seals.erase("ann")
    assert await email_of(api) is None
