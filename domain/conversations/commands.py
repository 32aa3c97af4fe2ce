"""What can be asked of a conversation: `user_id` asks."""

from typing import Annotated, Literal

import msgspec

from domain.aggregate import Command
from domain.conversations.names import ConversationId, GroupId, id_of_two, stream_key
from domain.keys import Key
from domain.personal import Sealed

MOST_AT_ONCE = 20
"""People who may be put in a group when it is started; others are added one by one."""

Number = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
"""Of a message, from 1, without gaps."""

UpTo = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""The number of the last message that somebody has read, with all before it; 0 means none."""

ClientSeq = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
"""Counts what somebody says in a conversation, by their own count: it grows with each message."""

TextMark = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
"""Tells what was said from other things said, and nothing of it: a few bits of a keyed digest."""

Reaction = Literal["like", "love", "laugh", "wow", "sad", "angry", "thanks", "party"]
"""A closed list, so that nobody's words are in an event in the clear."""

Reception = Literal["told", "withheld", "refused"]
"""What becomes of a message: its receiver has blocked its sender (`withheld`), or is blocked."""


class ConversationCommand(Command, frozen=True, kw_only=True):
    """A command for one conversation, in somebody's name."""

    user_id: Key
    conversation_id: ConversationId

    @property
    def aggregate_id(self) -> str:
        """The conversation."""
        return stream_key(self.conversation_id)


class OpenConversation(Command, frozen=True, kw_only=True, tag="conversation.open"):
    """Have a conversation with somebody; there is one for two people, and it is always the same."""

    user_id: Key
    other_id: Key

    @property
    def aggregate_id(self) -> str:
        """Their conversation."""
        return stream_key(id_of_two(self.user_id, self.other_id))


class StartGroup(ConversationCommand, frozen=True, kw_only=True, tag="conversation.start"):
    """Start a group with some friends; whether they are is known to who issues the command."""

    by_hall = True

    conversation_id: GroupId
    members: Annotated[list[Key], msgspec.Meta(max_length=MOST_AT_ONCE)]
    name: Sealed | None = None


class AddMember(ConversationCommand, frozen=True, kw_only=True, tag="conversation.add-member"):
    """Put a friend in a group; whether they are one is known to who issues the command."""

    by_hall = True

    member_id: Key


class LeaveConversation(ConversationCommand, frozen=True, kw_only=True, tag="conversation.leave"):
    """Be in a group no more."""


class Say(ConversationCommand, frozen=True, kw_only=True, tag="conversation.say"):
    """Say something, once for each `client_seq`; who issues the command knows of blocks."""

    by_hall = True

    client_seq: ClientSeq
    text: Sealed | None = None
    text_mark: TextMark
    reply_to: Number | None = None
    reception: Reception = "told"


class MessageCommand(ConversationCommand, frozen=True, kw_only=True):
    """A command about one message."""

    number: Number


class EditMessage(MessageCommand, frozen=True, kw_only=True, tag="conversation.edit"):
    """Say it in other words."""

    text: Sealed | None = None


class DeleteMessage(MessageCommand, frozen=True, kw_only=True, tag="conversation.delete"):
    """Take it back."""


class React(MessageCommand, frozen=True, kw_only=True, tag="conversation.react"):
    """Show what one thinks of it, in place of what one has shown before."""

    reaction: Reaction


class TakeReactionBack(MessageCommand, frozen=True, kw_only=True, tag="conversation.take-reaction"):
    """Show nothing of it any more."""


class ReadUpTo(ConversationCommand, frozen=True, kw_only=True, tag="conversation.read"):
    """Count all up to a message as read, and what follows as unread; it may go back."""

    up_to: UpTo


class LookAtConversation(ConversationCommand, frozen=True, kw_only=True, tag="conversation.look"):
    """Tell how it stands; changes nothing."""


class ConfirmConversation(
    LookAtConversation, frozen=True, kw_only=True, tag="conversation.confirm"
):
    """The same, by who certainly owns the shard; it takes an empty record."""

    confirmed = True
