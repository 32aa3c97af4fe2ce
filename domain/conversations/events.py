"""What happens in a conversation.

Texts are sealed: what is decided of a message is decided by numbers. Whoever is blocked is told
nothing of it, and so is told what would have happened without the block.
"""

import msgspec

from domain.conversations.commands import Reaction
from domain.events import DomainEvent
from domain.personal import PersonId, Sealed


class ConversationOpened(DomainEvent, frozen=True, kw_only=True, tag="conversation.opened.v1"):
    """`user_id` wants to talk to `other_id`; from now on both can."""

    user_id: PersonId
    other_id: PersonId


class GroupStarted(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="conversation.started.v1"
):
    """`user_id` started a group, and is in it; who else is follows."""

    user_id: PersonId
    name: Sealed | None = None


class MemberAdded(DomainEvent, frozen=True, kw_only=True, tag="conversation.member-added.v1"):
    """`by` put `user_id` in the group, who sees what is said `after` this number."""

    user_id: PersonId
    by: PersonId
    after: int


class MemberLeft(DomainEvent, frozen=True, kw_only=True, tag="conversation.member-left.v1"):
    """Somebody is in the group no more."""

    user_id: PersonId


class MessageSaid(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="conversation.said.v1"
):
    """`sender` said something, which is the `number`th of the conversation.

    `receiver` is the other of two, and nobody in a group.
    """

    sender: PersonId
    receiver: PersonId | None = None
    number: int
    client_seq: int
    text: Sealed | None = None
    text_mark: int
    reply_to: int | None = None


class MessageWithheld(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="conversation.withheld.v1"
):
    """`sender` said something to somebody who has blocked them: they alone see it, for good."""

    sender: PersonId
    receiver: PersonId | None = None
    number: int
    client_seq: int
    text: Sealed | None = None
    text_mark: int
    reply_to: int | None = None

    def as_told_to(self, person: str) -> DomainEvent | None:
        """To its sender it is a message like others, and to whom it is not told, it is none."""
        if person != self.sender:
            return None
        return MessageSaid(**{name: getattr(self, name) for name in self.__struct_fields__})


class MessageEdited(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="conversation.edited.v1"
):
    """`user_id`, who said it, said it in other words."""

    user_id: PersonId
    number: int
    text: Sealed | None = None
    withheld: bool = False

    def as_told_to(self, person: str) -> DomainEvent | None:
        """See `_about_message`."""
        return _about_message(self, person)


class MessageDeleted(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="conversation.deleted.v1"
):
    """`user_id`, who said it, took it back."""

    user_id: PersonId
    number: int
    withheld: bool = False

    def as_told_to(self, person: str) -> DomainEvent | None:
        """See `_about_message`."""
        return _about_message(self, person)


class MessageReacted(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="conversation.reacted.v1"
):
    """`user_id` shows what they think of it, and nothing else any more."""

    user_id: PersonId
    number: int
    reaction: Reaction
    withheld: bool = False

    def as_told_to(self, person: str) -> DomainEvent | None:
        """See `_about_message`."""
        return _about_message(self, person)


class ReactionTaken(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="conversation.reaction-taken.v1"
):
    """`user_id` shows nothing of it any more."""

    user_id: PersonId
    number: int
    withheld: bool = False

    def as_told_to(self, person: str) -> DomainEvent | None:
        """See `_about_message`."""
        return _about_message(self, person)


class ConversationRead(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="conversation.read.v1"
):
    """Somebody has read all up to this number, and counts what follows as `unread`, if it is any.

    Only the newest messages are looked at for that, which are known.
    """

    user_id: PersonId
    up_to: int
    unread: bool = False


def _about_message(
    event: MessageEdited | MessageDeleted | MessageReacted | ReactionTaken, person: str
) -> DomainEvent | None:
    """What somebody is told of what was done about a message.

    Of one that was withheld only who said it knows, to whom it is like others.
    """
    if not event.withheld:
        return event
    return msgspec.structs.replace(event, withheld=False) if person == event.user_id else None
