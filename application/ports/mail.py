"""Mail: a message to one address, and what became of it."""

from typing import Literal, NamedTuple, Protocol

import msgspec

Outcome = Literal["accepted", "rejected", "unknown"]
"""A server has taken it; nobody has, and nobody will; or the answer was lost, and it may arrive."""


class MailMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A text for one person. `to` is one address in ASCII.

    Raises `ValueError` where a line of its head would be two.
    """

    to: str
    subject: str
    text: str

    def __post_init__(self) -> None:
        for line in (self.to, self.subject):
            if not line.isprintable():
                raise ValueError("A line of the head of a mail has a character that is not seen.")


class MailDelivery(NamedTuple):
    """What became of a mail. `reason` names no address and no secret.

    `again` says whether another try may do better; after `unknown` it may be a second mail.
    """

    outcome: Outcome
    reason: str = ""
    again: bool = False


class Mail(Protocol):
    """Hands mails to a server."""

    async def send(self, message: MailMessage) -> MailDelivery:
        """Hand over a mail, and say what became of it; raises nothing that a server does."""
