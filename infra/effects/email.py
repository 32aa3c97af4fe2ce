"""A mail, to a person whose account has an address, or to an address as it stands."""

from email_validator import EmailNotValidError, validate_email

from application.effects.ports import Effect
from application.effects.receivers import AddressOf
from application.effects.signing import message_id
from application.ports.commands import Unavailable
from application.ports.deliveries import Delivery
from application.ports.mail import Mail, MailMessage
from domain.effects.actions import Email


class Emails:
    """Implements `effects.ports.Adapter` for `Email`.

    Guarantee: a server has taken the mail, at least once where it is tried again after `unknown`,
    which is a mail whose text was sent and not answered. Its `Message-ID` is the same every time,
    by which most mailboxes know a repetition; no standard says that they do. What becomes of it
    behind that server is not known.
    """

    def __init__(self, mail: Mail | None, address_of: AddressOf) -> None:
        self._mail = mail
        self._address_of = address_of

    async def perform(self, effect: Effect) -> Delivery:
        """See the port."""
        action = effect.action
        assert isinstance(action, Email)
        if self._mail is None:
            return Delivery("rejected", "this hall sends no mail: GAMEHALL_SMTP_URL")
        try:
            to = await self._address_of(action.to) or _written(action.to)
        except Unavailable as error:
            return Delivery("rejected", str(error), again=True)
        if to is None:
            return Delivery("rejected", "the person has no address")
        try:
            id = message_id(effect.id)
            message = MailMessage(to=to, subject=action.subject, text=action.text, id=id)
        except ValueError as error:
            return Delivery("rejected", str(error))
        return await self._mail.send(message)

    async def close(self) -> None:
        """See the port."""


def _written(address: str) -> str | None:
    """An address as it stands, in ASCII; None for what is none."""
    try:
        return validate_email(address, check_deliverability=False).ascii_email
    except EmailNotValidError:
        return None
