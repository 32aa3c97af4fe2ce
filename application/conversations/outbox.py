"""What the public is told of conversations: ids and numbers, and never a text."""

from typing import Any

import msgspec

from application.outbox import Outbox, Outgoing
from application.topics import Topic
from domain.conversations.events import (
    ConversationRead,
    MessageDeleted,
    MessageEdited,
    MessageReacted,
    MessageSaid,
    ReactionTaken,
)
from domain.conversations.names import id_in
from domain.events import DomainEvent

EVENTS = Topic(
    "chat-messages",
    3,
    "messages",
    "`conversation_id`",
    "relay",
    "what is said in conversations, by ids and numbers",
)

ABOUT = ("user_id", "number")
TELLS: dict[type[DomainEvent], tuple[str, tuple[str, ...]]] = {
    MessageSaid: (
        "message_sent",
        ("sender", "receiver", "number", "client_seq", "reply_to"),
    ),
    MessageEdited: ("message_edited", ABOUT),
    MessageDeleted: ("message_deleted", ABOUT),
    MessageReacted: ("reaction_added", (*ABOUT, "reaction")),
    ReactionTaken: ("reaction_removed", ABOUT),
    ConversationRead: ("conversation_read", ("user_id", "up_to")),
}
"""What each is called, and which of its facts are told."""


def publish(event: DomainEvent) -> Outgoing | None:
    """See `Outbox`; what was withheld has not happened for anybody but its sender."""
    if type(event) not in TELLS or getattr(event, "withheld", False):
        return None
    name, facts = TELLS[type(event)]
    conversation_id = id_in(event.originator_id)
    message: dict[str, Any] = {"event_type": name, "conversation_id": conversation_id}
    message |= {fact: getattr(event, fact) for fact in facts}
    message["timestamp"] = int(event.timestamp.timestamp())
    return Outgoing(EVENTS.name, conversation_id, msgspec.json.encode(message))


COMMON = ("event_type", "conversation_id", "timestamp")

OUTBOX = Outbox(
    (EVENTS,), publish, {EVENTS.name: {name: (*COMMON, *facts) for name, facts in TELLS.values()}}
)
