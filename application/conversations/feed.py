"""What people are told in their feeds: that somebody talks to them, or has put them in a group."""

from collections.abc import Sequence

from application.entries import EntrySettled, Memory, NewEntry, Tellings
from domain.categories import SOCIAL
from domain.conversations.events import ConversationRead, MemberAdded, MessageSaid
from domain.conversations.names import id_in
from domain.events import DomainEvent

MESSAGE, GROUP_JOINED = "message", "group-joined"


def tell(event: DomainEvent, _nothing: Memory) -> Sequence[NewEntry | EntrySettled]:
    """Tell of the first message that somebody has not read; a withheld one is never told."""
    match event:
        case MessageSaid(receiver=str(receiver), sender=sender, number=number):
            about, data = id_in(event.originator_id), {"number": number}
            return [NewEntry(receiver, MESSAGE, about, sender, data, pending=True)]
        case MemberAdded(user_id=user_id, by=by):
            return [NewEntry(user_id, GROUP_JOINED, id_in(event.originator_id), by)]
        case ConversationRead(user_id=user_id, unread=False):
            return [EntrySettled(user_id, MESSAGE, id_in(event.originator_id))]
    return []


FEED = Tellings(topics=(SOCIAL.topic,), tell=tell)
