"""What events change of the rows of conversations; pure."""

from collections.abc import Iterable
from typing import Any

from domain.conversations.events import (
    ConversationOpened,
    ConversationRead,
    GroupStarted,
    MemberAdded,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessageReacted,
    MessageSaid,
    MessageWithheld,
    ReactionTaken,
)
from domain.conversations.names import id_in, kind_of
from domain.events import DomainEvent

HANDLED: tuple[type[DomainEvent], ...] = (
    ConversationOpened,
    GroupStarted,
    MemberAdded,
    MemberLeft,
    MessageSaid,
    MessageWithheld,
    MessageEdited,
    MessageDeleted,
    MessageReacted,
    ReactionTaken,
    ConversationRead,
)

ConversationRow = dict[str, Any]
InIt = tuple[str, str]
"""Somebody, and a conversation that they are in."""

MessagePlace = tuple[str, int]
"""A conversation, and the number of a message."""

Shown = tuple[str, int, str]
"""A message, and who shows what they think of it."""


class ConversationChanges:
    """New rows, and what becomes of older ones.

    Of a row that is new here, what happens to it later is in the row; so all that is left for
    older rows can be done behind the new ones, in any order. None stands for no row any more.
    """

    def __init__(self, events: Iterable[DomainEvent] = ()) -> None:
        self.conversations: list[ConversationRow] = []
        self.members: dict[InIt, ConversationRow | None] = {}
        self.read: dict[InIt, int] = {}
        self.messages: dict[MessagePlace, ConversationRow] = {}
        self.edited: dict[MessagePlace, ConversationRow] = {}
        self.deleted: set[MessagePlace] = set()
        self.reactions: dict[Shown, str | None] = {}
        for event in events:
            self._of_members(event, id_in(event.originator_id))
            self._of_messages(event, id_in(event.originator_id))

    def _of_members(self, event: DomainEvent, id: str) -> None:
        match event:
            case ConversationOpened(user_id=one, other_id=other):
                self._start(event, id, one)
                self._join(event, id, other)
            case GroupStarted(user_id=user_id, name=name):
                self._start(event, id, user_id, name=name)
            case MemberAdded(user_id=user_id, after=after):
                self._join(event, id, user_id, after)
            case MemberLeft(user_id=user_id):
                self.members[user_id, id] = None
                self.read.pop((user_id, id), None)
            case ConversationRead(user_id=user_id, up_to=up_to):
                self._read(user_id, id, up_to)

    def _of_messages(self, event: DomainEvent, id: str) -> None:
        match event:
            case MessageSaid() | MessageWithheld():
                self._say(event, id)
            case MessageEdited() | MessageDeleted():
                self._change(event, id)
            case MessageReacted(user_id=user_id, number=number, reaction=reaction):
                self.reactions[id, number, user_id] = reaction
            case ReactionTaken(user_id=user_id, number=number):
                self.reactions[id, number, user_id] = None

    def _start(self, event: DomainEvent, id: str, user_id: str, name: Any = None) -> None:
        kind = kind_of(id)
        row = {"conversation_id": id, "kind": kind, "started_by": user_id, "name": name}
        self.conversations.append(row)
        self._join(event, id, user_id)

    def _join(self, event: DomainEvent, id: str, user_id: str, after: int = 0) -> None:
        row = {"user_id": user_id, "conversation_id": id, "after_number": after}
        self.members[user_id, id] = row | {"read_up_to": after, "since": event.timestamp}

    def _read(self, user_id: str, id: str, up_to: int) -> None:
        if row := self.members.get((user_id, id)):
            row["read_up_to"] = up_to
        else:
            self.read[user_id, id] = up_to

    def _say(self, event: MessageSaid | MessageWithheld, id: str) -> None:
        row = {"conversation_id": id, "number": event.number, "sender": event.sender}
        row |= {"text": event.text, "said_at": event.timestamp, "reply_to": event.reply_to}
        row |= {"edited_at": None, "deleted": False}
        row |= {"withheld": isinstance(event, MessageWithheld)}
        self.messages[id, event.number] = row

    def _change(self, event: MessageEdited | MessageDeleted, id: str) -> None:
        place = id, event.number
        if isinstance(event, MessageEdited):
            changed = {"text": event.text, "edited_at": event.timestamp}
            if place in self.messages:
                self.messages[place] |= changed
            else:
                at = {"conversation_id": id, "number": event.number}
                self.edited[place] = at | changed
        elif place in self.messages:
            self.messages[place] |= {"text": None, "deleted": True}
        else:
            self.edited.pop(place, None)
            self.deleted.add(place)
