"""Mail: a message to one address, and what became of it."""

from typing import Protocol

import msgspec

from application.ports.deliveries import Delivery

ENCODED = "=?"
"""What begins a word that says something else than what it looks like (RFC 2047): a new line."""


class MailMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A text for one person. `to` is one address in ASCII.

    `id` names it where it may be sent again, so that a mailbox can know a repetition; else it gets
    one of its own. Raises `ValueError` where a line of its head would be two.
    """

    to: str
    subject: str
    text: str
    id: str = ""

    def __post_init__(self) -> None:
        for line in (self.to, self.subject, self.id):
            if not line.isprintable():
                raise ValueError("A line of the head of a mail has a character that is not seen.")
            if ENCODED in line:
                raise ValueError(
                    f"A line of the head of a mail has {ENCODED} in it, which encodes."
                )


class Mail(Protocol):
    """Hands mails to a server."""

    async def send(self, message: MailMessage) -> Delivery:
        """Hand over a mail, and say what became of it; raises nothing that a server does."""
