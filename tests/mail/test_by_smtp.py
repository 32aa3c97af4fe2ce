"""Mails go to a real server on this machine, which keeps them; and what is not taken is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from application.ports.deliveries import Delivery
from application.ports.mail import MailMessage
from infra.mail.sink import MOST_KEPT, Mailbox, sink
from infra.mail.sink_mails import SinkMails
from infra.mail.smtp import SmtpMail, client, way_to
from infra.reach import greet
from infra.stack.doctor import Check, Examined
from interfaces.bootstrap.stack import MAIL_GREETING_S, mail_server
from interfaces.settings import Settings
from tests.conftest import free_port

SENDER = "Game hall <hall@hall.example>"
TO_ADA = MailMessage(to="ada@hall.example", subject="Grüße", text="Öffne:\n.\nhttps://hall/#x\n")


@asynccontextmanager
async def a_sink(password: str = "word") -> AsyncIterator[tuple[Mailbox, str]]:
    port = free_port(1)
    async with sink(port, password) as kept:
        yield kept, f"smtp://hall:word@127.0.0.1:{port}"


@asynccontextmanager
async def a_server(*answers: str) -> AsyncIterator[str]:
    """A server that says one answer to each line, and hangs up behind the last."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            writer.write(f"{answer}\r\n".encode())
            if answer.startswith("354"):
                await reader.readuntil(b"\r\n.\r\n")
            else:
                await reader.readline()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_mail_arrives_as_it_was_written() -> None:
    async with a_sink() as (kept, url):
        assert await SmtpMail(url, SENDER).send(TO_ADA) == Delivery("accepted")
        (mail,) = await SinkMails(url).last()
        assert (mail.to, mail.subject, mail.text) == (TO_ADA.to, TO_ADA.subject, TO_ADA.text)
        assert list(kept.mails) == [mail]


async def test_the_sink_keeps_the_last_mails_and_no_more() -> None:
    async with a_sink() as (_, url):
        for number in range(MOST_KEPT + 2):
            message = MailMessage(to=TO_ADA.to, subject=str(number), text="x" * 2_000)
            assert (await SmtpMail(url, SENDER).send(message)).outcome == "accepted"
        kept = await SinkMails(url).last()
        assert [each.subject for each in kept] == [str(n) for n in range(MOST_KEPT + 1, 1, -1)]


async def test_who_does_not_know_the_word_neither_sends_nor_looks() -> None:
    async with a_sink("another") as (kept, url):
        for wrong in (url, url.replace("hall:word@", "")):
            assert (await SmtpMail(wrong, SENDER).send(TO_ADA)).outcome == "rejected"
            with pytest.raises(ConnectionError):
                await SinkMails(wrong).last()
        assert not kept.mails


async def told_by_doctor(url: str) -> Check:
    (server,) = mail_server(Settings(smtp_url=url)).values()
    greeted = await asyncio.to_thread(greet({"it": server}, MAIL_GREETING_S))
    piece, problem = Examined(server, {}), greeted["it"].problem
    return piece.away(problem)[0] if problem else piece.well()


async def test_doctor_greets_the_server_with_the_word_and_sends_nothing() -> None:
    async with a_sink() as (kept, url):
        check = await told_by_doctor(url)
        assert (check.well, check.name) == (True, "mail server")
        assert not kept.mails


async def test_doctor_says_that_the_server_does_not_take_the_word() -> None:
    async with a_sink("another") as (_, url):
        check = await told_by_doctor(url)
    assert "does not take the user and password, and answers 535" in check.finding
    assert "GAMEHALL_SMTP_URL" in check.remedy
    assert "word@" not in check.finding


@pytest.mark.parametrize(
    ("answers", "finding"),
    [(("554 not you",), "it answers 554"), (("220 here", "421 busy"), "it answers 421")],
)
async def test_doctor_says_what_the_server_answers(answers: tuple[str, ...], finding: str) -> None:
    async with a_server(*answers) as url:
        assert finding in (await told_by_doctor(url)).finding


async def test_doctor_says_that_a_server_elsewhere_does_not_encrypt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("infra.mail.smtp.LOOPBACK", frozenset())
    async with a_server("220 here", "250 here") as url:
        check = await told_by_doctor(url)
    assert "STARTTLS extension not supported" in check.finding


async def test_who_says_no_word_at_all_is_told_nothing() -> None:
    async with a_sink() as (_, url):
        assert (await SmtpMail(url, SENDER).send(TO_ADA)).outcome == "accepted"
        reader, writer = await asyncio.open_connection("127.0.0.1", way_to(url).port)
        writer.write(b"EHLO here\r\nXMAILS\r\nQUIT\r\n")
        heard = await reader.read()
        assert b"\r\n530 " in heard
        assert len(heard) < 500
        writer.close()


HELLO = "220 here", "250 here"


@pytest.mark.parametrize(
    ("answers", "outcome", "again"),
    [
        ((*HELLO, "550 no <ada@hall.example>"), "rejected", False),
        ((*HELLO, "250 ok", "550 nobody is ada@hall.example"), "rejected", False),
        ((*HELLO, "250 ok", "451 later"), "rejected", True),
        ((*HELLO, "250 ok", "250 ok", "554 no"), "rejected", False),
        ((*HELLO, "250 ok", "250 ok", "354 go on", "552 too much"), "rejected", False),
        (("421 busy",), "rejected", True),
        ((*HELLO, "250 ok"), "rejected", True),
        ((*HELLO, "250 ok", "250 ok", "354 go on"), "unknown", True),
        ((*HELLO, "250 ok", "250 ok", "354 go on", "what"), "unknown", False),
        ((*HELLO, "250 ok", "250 ok", "354 go on", "250 ok"), "accepted", False),
    ],
)
async def test_what_became_of_a_mail_is_told_apart(
    answers: tuple[str, ...], outcome: str, again: bool
) -> None:
    async with a_server(*answers) as url:
        delivery = await SmtpMail(url, SENDER).send(TO_ADA)
    assert (delivery.outcome, delivery.again) == (outcome, again)
    assert "ada" not in delivery.reason


async def test_a_server_that_is_away_has_taken_nothing() -> None:
    delivery = await SmtpMail(f"smtp://127.0.0.1:{free_port(1)}", SENDER).send(TO_ADA)
    assert (delivery.outcome, delivery.again) == ("rejected", True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": "ada@x.example\nBcc: eve@x.example"},
        {"to": "=?utf-8?q?ada?=@x.example"},
        {"subject": "Hi\r\nBcc: eve@x.example"},
        {"subject": "Hi =?utf-8?q?=0D=0ABcc:_eve=40x.example?="},
    ],
)
def test_the_head_of_a_mail_has_the_lines_that_it_was_given(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="head of a mail"):
        MailMessage(**{"to": "ada@x.example", "subject": "Hi", "text": "x", **wrong})


@pytest.mark.parametrize(
    ("url", "encrypted", "upgraded"),
    [
        ("smtps://mail.example", True, False),
        ("smtp://mail.example:25", False, True),
        ("smtp://127.0.0.1:25", False, None),
    ],
)
def test_what_leaves_the_machine_is_encrypted(
    url: str, encrypted: bool, upgraded: bool | None
) -> None:
    made = client(way_to(url))
    assert (made.use_tls, made._start_tls_on_connect) == (encrypted, upgraded)
    assert made.validate_certs == ("example" in url)


async def test_a_server_elsewhere_that_does_not_encrypt_is_told_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("infra.mail.smtp.LOOPBACK", frozenset())
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            heard.append(line)
            writer.write(b"250 here\r\n")
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"smtp://hall:hush@127.0.0.1:{port}"
        assert (await SmtpMail(url, SENDER).send(TO_ADA)).outcome == "rejected"
    assert {line.split()[0] for line in heard} <= {b"EHLO", b"QUIT"}


def test_a_way_in_may_have_any_characters() -> None:
    way = way_to("smtps://ha%40ll:pa%3Ass@mail.example")
    assert (way.user, way.password, way.host, way.port) == ("ha@ll", "pa:ss", "mail.example", 465)
