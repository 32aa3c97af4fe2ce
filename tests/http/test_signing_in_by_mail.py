"""Signing in by mail: who reads the mails of an address comes in, and nobody else learns of it."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from application.accounts.by_mail import MOST_CODES, MOST_MAILS, MOST_MAILS_PER_ADDRESS, MailSignIns
from application.ports.commands import Unavailable
from application.ports.deliveries import Delivery
from interfaces.http import app as application
from projections.accounts import ACCOUNTS
from tests.http.conftest import Api, problem
from tests.http.post import (
    ADA,
    EVE,
    MAIL,
    OURS,
    ada_has_an_account,
    browser,
    code_in,
    latest,
    link_in,
)

NOT_GOOD = 403, "mail-not-good"


def wrong(code: str) -> str:
    """Another code."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)


async def test_a_code_signs_in_at_the_browser_that_asked(api: Api) -> None:
    await ada_has_an_account(api)
    async with browser(api) as there:
        asked = await there.ask()
        assert asked.status_code == 202

        entered = await there.code(code_in(latest(api)))

        assert entered.json()["me"]["name"] == "ada"
        assert await there.name() == "ada"
        assert {(each.way, each.scope) for each in api.sign_ins.rows.values()} == {
            ("mail", "player")
        }


async def test_a_link_signs_in_at_any_browser(api: Api) -> None:
    user_id = await ada_has_an_account(api)
    async with browser(api) as there, browser(api) as elsewhere:
        await there.ask()
        entered = await elsewhere.link(link_in(latest(api)))
        assert entered.json()["me"]["user_id"] == user_id
        assert await elsewhere.name() == "ada"
        assert await there.name() is None


async def test_a_code_is_good_at_no_other_browser(api: Api) -> None:
    await ada_has_an_account(api)
    async with browser(api) as there, browser(api) as elsewhere, browser(api) as nowhere:
        await there.ask()
        code = code_in(latest(api))
        await elsewhere.ask(EVE)
        problem(await elsewhere.code(code), *NOT_GOOD)
        problem(await nowhere.code(code), *NOT_GOOD)
        assert (await there.code(code)).is_success


@pytest.mark.parametrize("first", ["code", "link"])
async def test_a_mail_is_good_once(api: Api, first: str) -> None:
    await ada_has_an_account(api)
    async with browser(api) as there, browser(api) as again:
        await there.ask()
        code, link = code_in(latest(api)), link_in(latest(api))
        used = await (there.code(code) if first == "code" else again.link(link))
        assert used.is_success
        problem(await there.code(code), *NOT_GOOD)
        problem(await again.link(link), *NOT_GOOD)
        problem(await there.link(link), *NOT_GOOD)


async def test_of_many_who_show_one_link_at_once_one_comes_in(api: Api) -> None:
    await ada_has_an_account(api)
    async with browser(api) as there:
        await there.ask()
        link = link_in(latest(api))
        answers = await asyncio.gather(*(there.link(link) for _ in range(8)))
    assert sum(each.is_success for each in answers) == 1


async def test_a_later_mail_makes_the_one_before_it_good_no_more(api: Api) -> None:
    await ada_has_an_account(api)
    async with browser(api) as there:
        await there.ask()
        former = latest(api)
        await there.ask()
        problem(await there.link(link_in(former)), *NOT_GOOD)
        problem(await there.code(code_in(former)), *NOT_GOOD)
        assert (await there.link(link_in(latest(api)))).is_success


async def test_what_is_too_old_or_forgotten_is_asked_for_again(api: Api) -> None:
    await ada_has_an_account(api)
    async with browser(api) as there:
        await there.ask()
        api.post.attempts.pass_time()
        problem(await there.code(code_in(latest(api))), *NOT_GOOD)
        problem(await there.link(link_in(latest(api))), *NOT_GOOD)


async def test_who_tries_codes_has_so_many_tries(api: Api) -> None:
    await ada_has_an_account(api)
    async with browser(api) as there:
        await there.ask()
        code = code_in(latest(api))
        for _ in range(MOST_CODES - 1):
            problem(await there.code(wrong(code)), *NOT_GOOD)
        assert (await there.code(code)).is_success, "the last try may be right"
        await there.ask()
        code = code_in(latest(api))
        for _ in range(MOST_CODES):
            problem(await there.code(wrong(code)), *NOT_GOOD)
        problem(await there.code(code), *NOT_GOOD)
        problem(await there.link(link_in(latest(api))), *NOT_GOOD)


async def test_another_mail_gives_no_more_tries_than_there_are_mails(api: Api) -> None:
    await ada_has_an_account(api)
    async with browser(api) as there:
        for _ in range(MOST_MAILS):
            assert (await there.ask()).status_code == 202
        late = problem(await there.ask(), 429, "too-many-mails")
        assert str(MOST_MAILS) in late["detail"]


async def test_an_address_gets_so_many_mails_whoever_asks_and_nobody_is_told(api: Api) -> None:
    asked: list[httpx.Response] = []
    for _ in range(MOST_MAILS_PER_ADDRESS + 2):
        async with browser(api) as there:
            asked.append(await there.ask())
    assert {each.status_code for each in asked} == {202}
    assert len(api.post.mail.sent) == MOST_MAILS_PER_ADDRESS


async def test_a_network_tries_so_often(api: Api) -> None:
    async with browser(api) as there:
        statuses = [
            (await there.client.post(f"{MAIL}/code", json={"code": "1"}, headers=OURS)).status_code
            for _ in range(21)
        ]
    assert statuses == [403] * 20 + [429]


# -- nobody learns who has an account --------------------------------------------------------------


async def test_who_asks_is_answered_the_same_for_every_address(api: Api) -> None:
    """Status, body and headers; the secret aside, and the moment, which passes."""
    await ada_has_an_account(api)
    answers = []
    for email in (ADA, EVE, "somebody@else.example"):
        async with browser(api) as there:
            answers.append(shape(await there.ask(email)))
    assert answers[0] == answers[1] == answers[2]


def shape(answer: httpx.Response) -> tuple[object, ...]:
    headers = {**answer.headers, "set-cookie": re.sub("=[^;]+", "=…", answer.headers["set-cookie"])}
    return answer.status_code, [*answer.json()], headers


async def test_nothing_is_looked_up_before_the_answer(api: Api) -> None:
    """So that the time that it takes tells nothing either; `bench.sign_in` prints the times."""
    await ada_has_an_account(api)
    accounts, commands = api.services.queries(ACCOUNTS), len(api.log.commands)
    looks, sent = accounts.looks, len(api.post.mail.sent)  # type: ignore[attr-defined]
    added: list[object] = []
    api.post.errands.put = added.append  # type: ignore[method-assign,assignment]
    for email in (ADA, EVE):
        async with browser(api) as there:
            assert (await there.ask(email)).status_code == 202
    assert (accounts.looks, len(api.post.mail.sent)) == (looks, sent)  # type: ignore[attr-defined]
    assert len(api.log.commands) == commands
    assert len(added) == 2, "and the same waits for both"


async def test_what_follows_begins_when_the_answer_is_on_its_way(api: Api) -> None:
    """In one loop it would come before the answer otherwise, and tell by its work."""
    happened: list[str] = []
    put = api.post.errands.put

    def noted(errand: Any) -> None:
        happened.append("begun")
        put(errand)

    api.post.errands.put = noted  # type: ignore[method-assign]
    body = b'{"email": "ada@hall.example"}'

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        await asyncio.sleep(0)
        happened.append(message["type"])

    headers = [(b"content-type", b"application/json"), (b"sec-fetch-site", b"same-origin")]
    headers.append((b"content-length", str(len(body)).encode()))
    scope: Any = {"type": "http", "method": "POST", "path": MAIL, "headers": headers}
    scope |= {"client": ("127.0.0.1", 50_000), "query_string": b"", "root_path": ""}
    await api.doors.public(scope, receive, send)
    assert happened == ["http.response.start", "http.response.body", "begun"]


async def test_known_and_unknown_get_the_same_kind_of_mail(api: Api) -> None:
    await ada_has_an_account(api)
    async with browser(api) as there:
        await there.ask(ADA)
        known = latest(api)
        await there.ask(EVE)
        unknown = latest(api)
    assert (known.to, unknown.to) == (ADA, EVE)
    for mail in (known, unknown):
        assert code_in(mail)
        assert link_in(mail)
        assert mail.subject == f"{code_in(mail)} is your code"
    assert len(known.text.splitlines()) == len(unknown.text.splitlines())


async def test_who_has_proven_an_address_without_account_opens_one(api: Api) -> None:
    async with browser(api) as there:
        await there.ask()
        proven = await there.code(code_in(latest(api)))
        assert proven.json() == {"me": None}
        assert (await there.client.get(f"{MAIL}/proven")).json() == {"email": ADA}
        assert await there.name() is None

        opened = await there.post("/register", {"handle": "Ada", "display_name": "Ada L."})

        assert opened.status_code == 201
        assert await there.name() == "ada"
        mine = await there.client.get("/api/v1/me/account")
        assert (mine.json()["email"], mine.json()["display_name"]) == (ADA, "Ada L.")
        problem(await there.client.get(f"{MAIL}/proven"), 403, "nothing-proven")


async def test_a_guest_opens_an_account_by_mail_and_stays_who_they_are(api: Api) -> None:
    async with browser(api) as there:
        await there.client.post("/api/v1/sign-in/guest", json={"name": "Ada"}, headers=OURS)
        guest = (await there.client.get("/api/v1/me")).json()["user_id"]
        await there.ask()
        await there.code(code_in(latest(api)))
        opened = await there.post("/register", {"handle": "ada", "keep": True})
        assert opened.json()["user_id"] == guest
    async with browser(api) as elsewhere:
        await elsewhere.ask()
        answer = await elsewhere.code(code_in(latest(api)))
        assert answer.json()["me"]["user_id"] == guest


async def test_who_has_an_account_gets_no_address_by_opening_it_again(api: Api) -> None:
    user_id = await ada_has_an_account(api, EVE, "eve")
    async with browser(api) as there:
        await there.ask(EVE)
        await there.code(code_in(latest(api)))
        await there.ask(ADA)
        await there.code(code_in(latest(api)))
        again = await there.post("/register", {"handle": "eve", "keep": True})
        problem(again, 409, "account-exists")
        assert await there.name() == "eve"
    account = await api.ask("GET", "/api/v1/me/account", user=user_id)
    assert account.json()["email"] == EVE


async def test_who_is_nobody_stays_nobody_by_mail(api: Api) -> None:
    async with browser(api) as there:
        await there.ask()
        await there.code(code_in(latest(api)))
        problem(
            await there.post("/register", {"handle": "ada", "keep": True}), 403, "nobody-to-keep"
        )


async def test_an_account_is_opened_at_the_browser_that_proved_the_address_alone(api: Api) -> None:
    async with browser(api) as there, browser(api) as elsewhere:
        await there.ask()
        await there.code(code_in(latest(api)))
        problem(await elsewhere.post("/register", {"handle": "ada"}), 403, "nothing-proven")
        problem(await elsewhere.client.get(f"{MAIL}/proven"), 403, "nothing-proven")


async def test_who_asks_for_a_handle_that_is_taken_asks_for_another(api: Api) -> None:
    await api.ask("POST", "/api/v1/me/account/register", {"handle": "ada"})
    async with browser(api) as there:
        await there.ask()
        await there.code(code_in(latest(api)))
        problem(await there.post("/register", {"handle": "ada"}), 409, "handle-taken")
        problem(await there.post("/register", {"handle": "adm1n"}), 422, "handle-reserved")
        zone = {"handle": "owl", "time_zone": "Europe/Atlantis"}
        problem(await there.post("/register", zone), 422, "time-zone-unknown")
        assert (await there.post("/register", {"handle": "owl"})).status_code == 201


async def test_who_asks_again_because_no_answer_came_has_one_account(api: Api) -> None:
    async with browser(api) as there:
        await there.ask()
        await there.code(code_in(latest(api)))
        kept = dict(there.client.cookies)
        first = (await there.post("/register", {"handle": "ada"})).json()
        there.client.cookies.clear()
        there.client.cookies.update(kept)
        problem(await there.post("/register", {"handle": "ada"}), 403, "nothing-proven")
        await there.ask()
        again = await there.code(code_in(latest(api)))
        assert again.json()["me"]["user_id"] == first["user_id"]


async def test_of_two_who_prove_one_address_one_has_it(api: Api) -> None:
    """Both read its mails; the second asks when the first has an account, and signs in."""
    async with browser(api) as one, browser(api) as other:
        for each in (one, other):
            await each.ask()
            await each.code(code_in(latest(api)))
        assert (await one.post("/register", {"handle": "ada"})).status_code == 201
        taken = problem(await other.post("/register", {"handle": "owl"}), 409, "address-taken")
        assert ADA not in taken["detail"]


async def test_case_does_not_count_and_nothing_else_is_guessed(api: Api) -> None:
    await ada_has_an_account(api)
    async with browser(api) as there:
        await there.ask("ADA@Hall.EXAMPLE")
        assert latest(api).to == ADA
        assert (await there.code(code_in(latest(api)))).json()["me"]["name"] == "ada"
        await there.ask("a.da+tag@hall.example")
        assert latest(api).to == "a.da+tag@hall.example", "which nobody guesses to be the same"
        assert (await there.code(code_in(latest(api)))).json() == {"me": None}


@pytest.mark.parametrize(
    "email",
    ["ada", "ada@", "ada@hall", "@hall.example", "ada@hall.example\nBcc: eve@hall.example",
     "Ada <ada@hall.example>", "ada@hall.example, eve@hall.example", "\u0430da@hall.example",
     "=?utf-8?q?ada?=@hall.example"],
)  # fmt: skip
async def test_what_is_no_address_gets_no_mail(api: Api, email: str) -> None:
    async with browser(api) as there:
        problem(await there.ask(email), 422, "email-malformed")
    assert not api.post.mail.sent


async def test_a_disabled_account_is_told_so_by_mail_alone(api: Api) -> None:
    user_id = await ada_has_an_account(api)
    async with browser(api) as there:
        await there.ask()
        code = code_in(latest(api))
        disable = f"/api/v1/accounts/{user_id}/disable"
        assert (await api.ask("POST", disable, user="olga", scope="admin")).is_success
        problem(await there.code(code), 403, "account-disabled")

        assert (await there.ask()).status_code == 202
        assert latest(api).subject == "Your account is disabled"
        assert not re.search(r"\d{4}|#mail=", latest(api).text)


async def test_what_waits_is_bounded(api: Api) -> None:
    def refuse() -> None:
        raise Unavailable("Too many mails wait to be sent.")

    api.post.errands.require_room = refuse  # type: ignore[method-assign]
    async with browser(api) as there:
        assert (await there.ask()).status_code == 503
    assert not api.post.mail.sent


async def test_a_mail_that_nobody_takes_is_no_problem_of_who_asks(api: Api) -> None:
    api.post.mail.delivery = Delivery("rejected", "the server answered 550 to RCPT")
    async with browser(api) as there:
        assert (await there.ask()).status_code == 202


@pytest.mark.parametrize("path", ["", "/code", "/link", "/register"])
async def test_a_page_of_others_signs_nobody_in(api: Api, path: str) -> None:
    async with browser(api) as there:
        bodies = {"": {"email": ADA}, "/code": {"code": "1"}, "/link": {"link": "1"}}
        theirs = {"origin": "https://evil.example"}
        answer = await there.post(path, bodies.get(path, {"handle": "ada"}), **theirs)
        problem(answer, 403, "another-origin")
    assert not api.post.mail.sent


async def test_a_hall_that_sends_no_mail_says_so(api: Api) -> None:
    parts = {each: part for each, part in api.services.parts.items() if each is not MailSignIns}
    doors = application.create_app(replace(api.services, parts=parts))
    async with browser(replace(api, doors=doors)) as there:
        entrance = await there.client.get("/api/v1/sign-in")
        assert entrance.json()["mail"] is False
        told = problem(await there.post("", {"email": ADA}), 404, "no-mail")
        assert "GAMEHALL_SMTP_URL" in told["detail"]


async def test_no_secret_and_no_address_is_kept_or_logged_in_the_open(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    api.post.mail.delivery = Delivery("unknown", "no answer to DATA (SMTPServerDisconnected)")
    await ada_has_an_account(api)
    async with browser(api) as there:
        await there.ask()
        mail = latest(api)
        secrets = [
            code_in(mail).replace(" ", ""),
            link_in(mail),
            ADA,
            *there.client.cookies.values(),
        ]
        kept = repr((api.post.attempts, api.log.told, api.log.commands, api.tries.tried))
        said = "".join(capsys.readouterr())
        assert [each for each in secrets if each in kept or each in said] == []


async def test_an_address_that_an_account_has_no_more_lets_nobody_in_while_read_models_are_behind(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await ada_has_an_account(api)
    accounts = api.services.queries(ACCOUNTS)
    known = await accounts.account(user)
    assert (await api.ask("POST", "/api/v1/me/account/delete", user=user)).is_success

    async def by_address(_: str) -> Any:
        return known

    monkeypatch.setattr(accounts, "by_address", by_address)
    async with browser(api) as there:
        await there.ask()
        problem(await there.code(code_in(latest(api))), 403, "way-in-gone")
        assert await there.name() is None
