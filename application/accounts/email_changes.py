"""Changing the address of an account: a code to the new one, and a word to both."""

from functools import partial

import structlog

from application.accounts import mail_texts
from application.accounts.addresses import canonical_email
from application.accounts.by_mail import LIFETIME_S, MOST_CODES, Sending, new_code
from application.accounts.ports import MailAttempt
from application.ports.commands import Unavailable
from application.ports.mail import MailMessage
from domain.personal import HALL

logger = structlog.get_logger(__name__)


class EmailChanges:
    """Sends codes to addresses that accounts are to have, and tells what has become of one.

    Nobody learns whether another account has an address who does not read its mails.
    """

    def __init__(self, sending: Sending) -> None:
        self._to = sending

    async def ask(self, user_id: str, email: str) -> int:
        """Have a code sent to an address; in how many seconds that will be too old.

        Raises `EmailMalformed` and `Unavailable`.
        """
        email = canonical_email(email)
        address = await self._to.seals.digest(email)
        self._to.errands.add(partial(self._send, self._at(user_id), email, address))
        return LIFETIME_S

    async def _send(self, at: str, email: str, address: str) -> None:
        if not await self._to.postage.admits("account", at):
            return
        if not await self._to.postage.admits("address", address):
            return
        code = new_code()
        attempt = MailAttempt(address=address, email=await self._to.seals.seal(HALL, email))
        digest = self._to.digest(f"code {at}", code)
        await self._to.attempts.begin(at, attempt, digest, None, LIFETIME_S)
        await self._to.postage.send(mail_texts.to_confirm_address(email, code, LIFETIME_S // 60))

    async def by_code(self, user_id: str, code: str) -> tuple[MailAttempt, str] | None:
        """The address that an account is to have by a code, and as it reads."""
        at = self._at(user_id)
        attempt = await self._to.attempts.by_code(
            at, self._to.digest(f"code {at}", code), MOST_CODES
        )
        return self._to.opened(attempt)

    def tell(self, former: str | None, new: str | None) -> None:
        """Tell both addresses, as far as there are two."""
        if former is not None:
            self._tell(mail_texts.of_former_address(former))
        if new is not None:
            self._tell(mail_texts.of_new_address(new))

    def _tell(self, message: MailMessage) -> None:
        try:
            self._to.errands.add(partial(self._to.postage.send, message))
        except Unavailable:  # what is done is done
            logger.warning("an address was not told of its change, too many mails wait")

    def _at(self, user_id: str) -> str:
        return self._to.digest("change", user_id)
