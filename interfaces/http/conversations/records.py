"""Messages as people read them."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from application.ports.commands import Seals
from projections.conversations.queries import SaidMessage


class MessageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A message, and what people think of it, by their ids.

    There is no `text` when it was deleted, or who said it is erased.
    """

    number: int
    sender: str
    text: str | None
    at: datetime
    reply_to: int | None
    edited_at: datetime | None
    deleted: bool
    reactions: Mapping[str, str]


def record_of(seals: Seals, said: SaidMessage) -> MessageRecord:
    """A message with its text opened; raises `Unavailable`."""
    return MessageRecord(
        number=said.number,
        sender=said.sender,
        text=None if said.text is None else seals.open(said.text),
        at=said.at,
        reply_to=said.reply_to,
        edited_at=said.edited_at,
        deleted=said.deleted,
        reactions=said.reactions,
    )
