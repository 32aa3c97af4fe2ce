"""Mails that nobody brings anywhere, for who tries a hall out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec


class KeptMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail, and when it came."""

    to: str
    subject: str
    text: str
    at: datetime


class KeptMails(Protocol):
    """The server that keeps them."""

    async def last(self) -> Sequence[KeptMail]:
        """The last mails, the latest first; raises `OSError` where nobody answers."""
