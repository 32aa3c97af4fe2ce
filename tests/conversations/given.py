"""People who talk, and what they do."""

from typing import Any

from domain.conversations.commands import ConversationCommand, OpenConversation, Say
from domain.conversations.conversation import Conversation
from domain.conversations.names import id_of_two, stream_key
from domain.personal import Sealed
from tests.given import Story, given

ADA, BOB, CYD = "ada", "bob", "cyd"
TWO, GROUP = id_of_two(ADA, BOB), "0d9d3b7c1a5e4f0f8a3b6c2d1e0f9a8b"


def by(person: str, kind: type[ConversationCommand], **facts: Any) -> ConversationCommand:
    """A command for the group."""
    return kind(**{"user_id": person, "conversation_id": GROUP} | facts)


def two(person: str, kind: type[ConversationCommand], **facts: Any) -> ConversationCommand:
    """A command for the conversation of two."""
    return by(person, kind, conversation_id=TWO, **facts)


def say(person: str, client_seq: int, conversation_id: str = TWO, **facts: Any) -> Say:
    """Something of which `client_seq` tells what it is, unless `text_mark` does."""
    text = Sealed(subject=person, sealed=f"{client_seq}")
    said: dict[str, Any] = {"client_seq": client_seq, "text": text, "text_mark": client_seq}
    return Say(user_id=person, conversation_id=conversation_id, **said | facts)


def in_two(*commands: ConversationCommand) -> Story:
    """Ada and Bob have a conversation, in which this was done."""
    opened = given(Conversation(stream_key(TWO)), OpenConversation(user_id=ADA, other_id=BOB))
    for command in commands:
        opened.when(command)
        assert opened.refusal is None, opened.refusal
    return opened
