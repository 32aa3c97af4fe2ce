"""A server that takes every mail, brings it nowhere, and keeps the last of them in its memory.

It speaks SMTP, to who knows the word that is kept in the home, and has one command beside: `XMAILS`
tells the mails, the latest first, as JSON in Base64.
"""

import asyncio
import hmac
import logging
import sys
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import msgspec
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from application.ports.kept_mails import KeptMail

logging.getLogger("mail.log").setLevel(logging.ERROR)  # it warns of what it does itself

MOST_KEPT = 100
MOST_BYTES = 100_000
"""Of a mail."""

LINE_CHARACTERS = 500
USER = "hall"
NOT_YOU = "530 5.7.0 Authentication required"


class Mailbox:
    """The last mails, by whoever was let in."""

    def __init__(self, password: str) -> None:
        self._password = password
        self.mails: deque[KeptMail] = deque(maxlen=MOST_KEPT)

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _by: str, told: Any) -> Any:
        """Whether somebody knows the word."""
        assert isinstance(told, LoginPassword)
        knows = hmac.compare_digest(told.password, self._password.encode())
        return AuthResult(success=knows, handled=False)

    async def handle_MAIL(  # noqa: N802  as the package calls it
        self, _server: Any, session: Any, envelope: Any, address: str, options: Sequence[str]
    ) -> str:
        """Hear who sends a mail."""
        if not session.authenticated:
            return NOT_YOU
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a mail."""
        mail = message_from_bytes(envelope.content, policy=policy.default)
        body = mail.get_body(("plain",))
        self.mails.appendleft(
            KeptMail(
                to=", ".join(envelope.rcpt_tos),
                subject=str(mail["subject"] or ""),
                text=body.get_content().replace("\r\n", "\n") if body else "",
                at=datetime.now(UTC),
            )
        )
        return "250 OK"


class SinkSession(SMTP):
    """A client of the sink."""

    async def smtp_XMAILS(self, _argument: str) -> None:  # noqa: N802  as the package calls it
        """Tell the mails."""
        assert self.session is not None
        if not self.session.authenticated:
            await self.push(NOT_YOU)
            return
        told = b64encode(msgspec.json.encode(list(self.event_handler.mails))).decode()
        for at in range(0, len(told), LINE_CHARACTERS):
            await self.push(f"250-{told[at : at + LINE_CHARACTERS]}")
        await self.push("250 ")


@asynccontextmanager
async def sink(port: int, password: str, host: str = "127.0.0.1") -> AsyncIterator[Mailbox]:
    """Listen within the block."""
    kept, loop = Mailbox(password), asyncio.get_running_loop()

    def session() -> SinkSession:
        return SinkSession(
            kept,
            loop=loop,
            hostname="gamehall",
            ident="sink",
            data_size_limit=MOST_BYTES,
            auth_require_tls=False,  # nothing leaves the machine
            authenticator=kept.authenticate,
        )

    server = await loop.create_server(session, host, port)
    try:
        yield kept
    finally:
        server.close()


async def _serve(port: int, password: str) -> None:
    async with sink(port, password):
        await asyncio.Event().wait()


def main() -> None:
    """Serve until the end of the process, with the word in the file that is named."""
    port, file = sys.argv[1:]
    asyncio.run(_serve(int(port), Path(file).read_text().strip()))


if __name__ == "__main__":
    main()
