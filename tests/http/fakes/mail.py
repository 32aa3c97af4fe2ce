"""Mail, and what is kept for who asked for one, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from application.accounts.by_mail import Postage, Sending
from application.accounts.ports import MailAttempt
from application.errands import Errands
from application.ports.deliveries import Delivery
from application.ports.kept_mails import KeptMail
from application.ports.mail import MailMessage
from interfaces.tokens import Tokens
from tests.http.fakes.sign_ins import FakeTries
from tests.http.fakes.subjects import FakeSeals

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)


class FakeMail:
    """Takes every mail, unless it is told to answer otherwise; keeps them as a sink does."""

    def __init__(self) -> None:
        self.sent: list[MailMessage] = []
        self.delivery = Delivery("accepted")
        self.away = False

    async def send(self, message: MailMessage) -> Delivery:
        self.sent.append(message)
        return self.delivery

    async def last(self) -> Sequence[KeptMail]:
        if self.away:
            raise ConnectionRefusedError("nobody listens")
        return [
            KeptMail(to=each.to, subject=each.subject, text=each.text, at=AT)
            for each in reversed(self.sent)
        ]


@dataclass
class FakeAttempt:
    attempt: MailAttempt
    code: str
    link: str | None
    tried: int = 0


@dataclass
class FakeAttempts:
    """Keeps attempts as Redis does, and forgets them all when time has passed."""

    begun: dict[str, FakeAttempt] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    proven: dict[str, MailAttempt] = field(default_factory=dict)

    def pass_time(self) -> None:
        for each in (self.begun, self.links, self.proven):
            each.clear()

    async def begin(
        self, at: str, attempt: MailAttempt, code: str, link: str | None, seconds: int
    ) -> None:
        self.begun[at] = FakeAttempt(attempt, code, link)
        if link is not None:
            self.links[link] = at

    async def by_code(self, at: str, code: str, most: int) -> MailAttempt | None:
        kept = self.begun.get(at)
        if kept is None:
            return None
        kept.tried += 1
        if kept.code == code or kept.tried >= most:
            del self.begun[at]
        return kept.attempt if kept.code == code else None

    async def by_link(self, link: str) -> MailAttempt | None:
        at = self.links.pop(link, "")
        kept = self.begun.get(at)
        if kept is None or kept.link != link:
            return None
        return self.begun.pop(at).attempt

    async def keep(self, name: str, attempt: MailAttempt, seconds: int) -> None:
        self.proven[name] = attempt

    async def kept(self, name: str) -> MailAttempt | None:
        return self.proven.get(name)

    async def forget(self, name: str) -> None:
        self.proven.pop(name, None)


class FakePost:
    """All that mails are sent with."""

    def __init__(self, tokens: Tokens, seals: FakeSeals, tries: FakeTries) -> None:
        self.mail = FakeMail()
        self.attempts = FakeAttempts()
        self.errands = Errands()
        postage = Postage(self.mail, tries)
        self.sending = Sending(
            postage, self.attempts, seals, digest=tokens.digest_for, errands=self.errands
        )
