"""Signing in by mail: who reads the mails of an address may come in.

What is answered to who asks is the same for every address, and has been answered before anything
is looked up: whether anybody has an account with it is known to who reads its mails alone.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from application.accounts import mail_texts
from application.accounts.addresses import canonical_email
from application.accounts.ports import AddressBook, Attempts, Known, MailAttempt
from application.errands import Errand, Errands
from application.ports.commands import Seals
from application.ports.limits import Tries
from application.ports.mail import Mail, MailMessage
from domain.personal import HALL

CODE_DIGITS = 8
MOST_CODES = 5
"""That may be tried, the right one included: one chance in twenty million."""

LIFETIME_S = 600
"""Of a code and a link."""

PROVEN_S = 1_800
"""For which who has no account yet may take to open one."""

MOST_MAILS, BROWSER_S = 5, 600
"""So many mails a browser may ask for within so many seconds."""

MOST_MAILS_PER_ADDRESS, ADDRESS_S = 5, 3_600
"""So many mails an address gets within so many seconds, whoever asks; the rest is not sent."""

Digest = Callable[[str, str], str]
"""What a secret is known by where it is kept: the use it is put to, and the secret."""

logger = structlog.get_logger(__name__)


class Postage:
    """Sends mails, not too many to one address, and logs what became of them."""

    def __init__(self, mail: Mail, tries: Tries) -> None:
        self._mail = mail
        self._tries = tries

    async def admits(
        self, use: str, who: str, most: int = MOST_MAILS_PER_ADDRESS, seconds: int = ADDRESS_S
    ) -> bool:
        """Whether there may be one mail more because of somebody."""
        return await self._tries.may_try(f"mails:{use}:{who}", most, seconds)

    async def send(self, message: MailMessage) -> None:
        """Send a mail; whoever waits for it asks again where nothing comes."""
        delivery = await self._mail.send(message)
        if delivery.outcome != "accepted":
            logger.warning("a mail was not taken", outcome=delivery.outcome, reason=delivery.reason)


@dataclass(frozen=True, slots=True)
class Sending:
    """What sending codes, and taking them, stands on."""

    postage: Postage
    attempts: Attempts
    seals: Seals
    digest: Digest
    errands: Errands

    def opened(self, attempt: MailAttempt | None) -> tuple[MailAttempt, str] | None:
        """An attempt, and its address as it reads; raises `Unavailable`."""
        email = None if attempt is None else self.seals.open(attempt.email)
        return None if attempt is None or email is None else (attempt, email)


class MailSignIns:
    """Sends ways in, and tells which address is proven by one.

    `browser` is a digest of a secret that the browser has which asked; the code is good there
    alone. `page` is the address that a link leads to.
    """

    def __init__(self, sending: Sending, book: AddressBook, page: str) -> None:
        self._to = sending
        self._book = book
        self._page = page

    async def admits(self, browser: str) -> bool:
        """Whether a browser may ask for one mail more."""
        return await self._to.postage.admits("browser", browser, MOST_MAILS, BROWSER_S)

    async def ask(self, email: str, browser: str) -> Errand:
        """What has a way in sent to an address, once the answer is on its way, and not before.

        Raises `EmailMalformed` and `Unavailable`.
        """
        email = canonical_email(email)
        address = await self._to.seals.digest(email)
        self._to.errands.require_room()
        return partial(self._begin, partial(self._send, email, address, browser))

    async def _begin(self, errand: Errand) -> None:
        self._to.errands.put(errand)

    async def _send(self, email: str, address: str, browser: str) -> None:
        if not await self._to.postage.admits("address", address):
            return
        found = await self._book.by_address(address)
        if found is not None and found.status != "active":
            await self._to.postage.send(mail_texts.of_disabled_account(email))
            return
        code, link = new_code(), secrets.token_urlsafe(32)
        attempt = MailAttempt(address=address, email=await self._to.seals.seal(HALL, email))
        digests = self._to.digest(f"code {browser}", code), self._to.digest("link", link)
        await self._to.attempts.begin(browser, attempt, *digests, LIFETIME_S)
        message = mail_texts.to_sign_in(
            email, code, f"{self._page}#mail={link}", LIFETIME_S // 60, known=found is not None
        )
        await self._to.postage.send(message)

    async def by_code(self, browser: str, code: str) -> MailAttempt | None:
        """What is proven by a code, at the browser that asked for it."""
        digest = self._to.digest(f"code {browser}", code)
        return await self._to.attempts.by_code(browser, digest, MOST_CODES)

    async def by_link(self, link: str) -> MailAttempt | None:
        """What is proven by a link."""
        return await self._to.attempts.by_link(self._to.digest("link", link))

    async def account_of(self, attempt: MailAttempt) -> Known | None:
        """The account with the address that is proven, if there is one."""
        return await self._book.by_address(attempt.address)

    async def keep(self, attempt: MailAttempt) -> str:
        """Keep what is proven, for who opens an account; the secret that the browser gets."""
        proof = secrets.token_urlsafe(32)
        await self._to.attempts.keep(self._to.digest("proof", proof), attempt, PROVEN_S)
        return proof

    async def proven(self, proof: str) -> tuple[MailAttempt, str] | None:
        """What a browser has proven, and the address as it reads."""
        attempt = await self._to.attempts.kept(self._to.digest("proof", proof))
        return self._to.opened(attempt)

    async def forget(self, proof: str) -> None:
        """It has been used."""
        await self._to.attempts.forget(self._to.digest("proof", proof))


def new_code() -> str:
    """A code that nobody guesses in so few tries."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
