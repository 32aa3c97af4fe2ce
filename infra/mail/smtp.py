"""Mail by SMTP (RFC 5321), a connection for each, by the package `aiosmtplib`."""

import asyncio
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime, localtime, make_msgid, parseaddr
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponseException
from prometheus_client import Counter

from application.ports.deliveries import Delivery
from application.ports.mail import MailMessage

ANSWER_TIMEOUT_S = 10.0
"""For each answer of a server."""

MAIL_TIMEOUT_S = 20.0
"""For all answers of a server that takes its time for each."""

GOODBYE_S = 1.0
"""For an answer that changes nothing any more."""

PORTS = {"smtp": 587, "smtps": 465}
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
TEMPORARY = range(400, 500)

MAILS = Counter("gamehall_mails_total", "Mails by what became of them.", ["outcome"])


class SmtpServer(NamedTuple):
    """How a server is reached: `smtps` is encrypted from the beginning, `smtp` after STARTTLS."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None

    @property
    def is_here(self) -> bool:
        """Whether nothing leaves this machine, so that nobody can listen on the way."""
        return self.host in LOOPBACK


def way_to(url: str) -> SmtpServer:
    """Read an address such as `smtp://user:password@host:587`."""
    parts = urlsplit(url)
    return SmtpServer(
        parts.scheme,
        parts.hostname or "",
        parts.port or PORTS[parts.scheme],
        None if parts.username is None else unquote(parts.username),
        None if parts.password is None else unquote(parts.password),
    )


def client(way: SmtpServer) -> SMTP:
    """A client that encrypts, except where a server of this machine does not offer it."""
    encrypted = way.scheme == "smtps"
    return SMTP(
        hostname=way.host,
        port=way.port,
        local_hostname="localhost" if way.is_here else None,
        username=way.user,
        password=way.password,
        use_tls=encrypted,
        # Without it, nothing is said to a server elsewhere; here it is used where it is offered.
        start_tls=False if encrypted else (None if way.is_here else True),
        validate_certs=not way.is_here,
        timeout=ANSWER_TIMEOUT_S,
    )


def greet(url: str, seconds: float) -> None:
    """Say who asks, encrypted and with the password as for a mail, within so many seconds.

    Raises `OSError` where that cannot be done.
    """
    try:
        asyncio.run(_greet(client(way_to(url)), seconds))
    except SMTPException as error:
        raise ConnectionError(_why(error)) from error


async def _greet(talk: SMTP, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await talk.connect()
            await talk.ehlo()
            with suppress(SMTPException):  # it is there, whatever is said now
                await talk.quit()
    finally:
        talk.close()


def _why(error: SMTPException) -> str:
    # What else the server said may name the user.
    if isinstance(error, SMTPAuthenticationError):
        return f"it does not take the user and password, and answers {error.code}"
    if isinstance(error, SMTPResponseException):
        return f"it answers {error.code}"
    refused = isinstance(error.__cause__, ConnectionRefusedError)
    return "Connection refused" if refused else str(error)


class SmtpMail:
    """Implements `ports.mail.Mail`; `sender` is who the mails are from, as `Hall <hall@here>`.

    A mail is given up after so many seconds, whatever a server answers meanwhile.
    """

    def __init__(self, url: str, sender: str, seconds: float = MAIL_TIMEOUT_S) -> None:
        self._way = way_to(url)
        self._seconds = seconds
        name, self._address = parseaddr(sender)
        self._sender = Address(name, addr_spec=self._address)

    async def send(self, message: MailMessage) -> Delivery:
        """See the port."""
        delivery = await self._deliver(message)
        MAILS.labels(delivery.outcome).inc()
        return delivery

    async def _deliver(self, message: MailMessage) -> Delivery:
        talk, step = client(self._way), "the greeting"
        try:
            async with asyncio.timeout(self._seconds):
                await talk.connect()
                step = "MAIL"
                await talk.mail(self._address)
                step = "RCPT"
                await talk.rcpt(message.to)
                step = "DATA"
                await talk.data(self._written(message))
        except SMTPResponseException as error:
            return _refused(error.code, step)
        except (SMTPException, OSError) as error:
            return _lost(error, step)
        else:
            with suppress(SMTPException, OSError):  # it is taken, whatever is said now
                async with asyncio.timeout(GOODBYE_S):
                    await talk.quit()
            return Delivery("accepted")
        finally:
            talk.close()

    def _written(self, message: MailMessage) -> bytes:
        mail = EmailMessage(WIRE)
        mail["From"] = self._sender
        mail["To"] = Address(addr_spec=message.to)
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(localtime())
        domain = self._sender.domain
        mail["Message-ID"] = f"<{message.id}@{domain}>" if message.id else make_msgid(domain=domain)
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text, cte="quoted-printable")
        return mail.as_bytes()


def _refused(code: int, step: str) -> Delivery:
    # What else the server said may name the address.
    reason = f"the server answered {code} to {step}"
    if code < TEMPORARY.start:  # no answer that there is
        return Delivery("unknown" if step == "DATA" else "rejected", reason)
    return Delivery("rejected", reason, again=code in TEMPORARY)


def _lost(error: Exception, step: str) -> Delivery:
    reason = f"no answer to {step} ({type(error).__name__})"
    # Before the text is sent nobody has it; afterwards, the answer alone may be lost.
    return Delivery("unknown" if step == "DATA" else "rejected", reason, again=True)
