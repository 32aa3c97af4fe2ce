"""What somebody is told of a conversation by who decides it."""

from collections.abc import Sequence

import msgspec

from domain.conversations.names import ConversationKind


class ConversationView(msgspec.Struct, frozen=True, kw_only=True):
    """How a conversation stands, as one of its members sees it.

    `last` is the number of the last message, or 0. What one says next takes a `client_seq` beyond
    the one here, which is the last that one has used, at whatever device.
    """

    conversation_id: str
    kind: ConversationKind
    members: Sequence[str]
    last: int
    read_up_to: int
    client_seq: int


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """The message that a command was about: its number in the conversation."""

    conversation_id: str
    number: int


class ConversationLeft(msgspec.Struct, frozen=True, kw_only=True):
    """The conversation that somebody is in no more."""

    conversation_id: str
