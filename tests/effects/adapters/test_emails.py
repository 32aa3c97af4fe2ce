"""Mails: to whom, and what became of each as the server counts it."""

from collections.abc import AsyncIterator

import pytest

from application.ports.commands import Unavailable
from domain.effects.actions import Email
from infra.effects.email import Emails
from infra.mail.smtp import SmtpMail
from tests.effects.given import SOON_S, an_effect
from tests.effects.receivers import SmtpReceiver, Way, running

SENDER = "Game hall <hall@hall.example>"
TO_ADA = Email(to="ada", subject="You're in line!", text="You are the first.")


async def address_of(person: str) -> str | None:
    return {"ada": "ada@mail.example"}.get(person)


async def nobody_knows(person: str) -> str | None:
    raise Unavailable("The accounts cannot be read.")


@pytest.fixture
async def server() -> AsyncIterator[SmtpReceiver]:
    async with running(SmtpReceiver()) as one:
        yield one


@pytest.fixture
def emails(server: SmtpReceiver, monkeypatch: pytest.MonkeyPatch) -> Emails:
    monkeypatch.setattr("infra.mail.smtp.ANSWER_TIMEOUT_S", 0.5)
    return Emails(SmtpMail(server.url, SENDER), address_of)


async def test_it_goes_to_the_address_of_the_person_s_account(
    server: SmtpReceiver, emails: Emails
) -> None:
    assert (await emails.perform(an_effect(TO_ADA))).outcome == "accepted"
    (mail,) = server.mails
    assert "To: ada@mail.example" in mail
    assert "Subject: You're in line!" in mail
    assert "You are the first." in mail


async def test_it_goes_to_an_address_as_it_stands(server: SmtpReceiver, emails: Emails) -> None:
    written = Email(to="shop@mail.example", subject="s", text="t")
    assert (await emails.perform(an_effect(written))).outcome == "accepted"
    assert "To: shop@mail.example" in server.mails[0]


@pytest.mark.parametrize(
    "action",
    [
        Email(to="ben", subject="s", text="t"),
        Email(to="a@b@c", subject="s", text="t"),
        Email(to="ada", subject="s\r\nBcc: eve@mail.example", text="t"),
        Email(to="ada@mail.example\r\nBcc: eve@mail.example", subject="s", text="t"),
        Email(to="ada", subject="=?utf-8?q?=0ABcc:_eve=40mail.example?=", text="t"),
        Email(to="=?utf-8?q?ada?=@mail.example", subject="s", text="t"),
    ],
)
async def test_what_cannot_be_sent_is_not_tried_again(
    server: SmtpReceiver, emails: Emails, action: Email
) -> None:
    delivery = await emails.perform(an_effect(action))
    assert (delivery.outcome, delivery.again) == ("rejected", False)
    assert delivery.reason
    assert not server.got


async def test_a_repetition_has_the_same_message_id_and_another_mail_has_not(
    server: SmtpReceiver, emails: Emails
) -> None:
    for seq in (17, 17, 18):
        await emails.perform(an_effect(TO_ADA, seq))
    first, again, other = server.got
    assert first == again != other
    assert first.endswith("@hall.example>")


@pytest.mark.parametrize("way", ["silent", "late", "hang-up"])
async def test_who_took_it_and_did_not_say_so_makes_it_unknown(
    server: SmtpReceiver, emails: Emails, way: Way
) -> None:
    server.next.append(way)
    assert (await emails.perform(an_effect(TO_ADA))).outcome == "unknown"
    assert len(server.got) == 1


@pytest.mark.parametrize(("way", "again"), [("refuse", False), ("busy", True)])
async def test_what_the_server_refuses(
    server: SmtpReceiver, emails: Emails, way: Way, again: bool
) -> None:
    server.way = way
    delivery = await emails.perform(an_effect(TO_ADA))
    assert (delivery.outcome, delivery.again) == ("rejected", again)


async def test_a_server_that_is_killed_has_not_got_it(server: SmtpReceiver, emails: Emails) -> None:
    await server.kill()
    delivery = await emails.perform(an_effect(TO_ADA))
    assert (delivery.outcome, delivery.again) == ("rejected", True)
    await server.start()
    assert (await emails.perform(an_effect(TO_ADA))).outcome == "accepted"
    assert len(server.got) == 1


async def test_where_accounts_cannot_be_read_it_is_tried_again(server: SmtpReceiver) -> None:
    emails = Emails(SmtpMail(server.url, SENDER), nobody_knows)
    delivery = await emails.perform(an_effect(TO_ADA))
    assert (delivery.outcome, delivery.again) == ("rejected", True)


async def test_a_hall_without_mail_sends_none() -> None:
    delivery = await Emails(None, address_of).perform(an_effect(TO_ADA))
    assert (delivery.outcome, delivery.again) == ("rejected", False)
    assert "GAMEHALL_SMTP_URL" in delivery.reason


async def test_a_server_that_takes_its_time_for_each_answer_does_not_take_it_for_all(
    server: SmtpReceiver,
) -> None:
    server.way = "silent"
    emails = Emails(SmtpMail(server.url, SENDER, SOON_S), address_of)
    assert (await emails.perform(an_effect(TO_ADA))).outcome == "unknown"
    server.greets = False
    delivery = await emails.perform(an_effect(TO_ADA))
    assert (delivery.outcome, delivery.again) == ("rejected", True)
    assert len(server.got) == 1
