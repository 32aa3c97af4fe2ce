"""What people are told in their feeds: who asks them to be a friend, and who has said yes."""

from collections.abc import Sequence

from application.entries import EntrySettled, Memory, NewEntry, Tellings
from domain.categories import SOCIAL
from domain.events import DomainEvent
from domain.friends.events import (
    FriendRequested,
    RequestAccepted,
    RequestCancelled,
    RequestDeclined,
    RequestWithheld,
)

FRIEND_REQUEST, FRIEND_ACCEPTED = "friend-request", "friend-accepted"


def tell(event: DomainEvent, _nothing: Memory) -> Sequence[NewEntry | EntrySettled]:
    """Tell who is asked, until they have answered; a withheld request is never told."""
    match event:
        case FriendRequested(sender=sender, receiver=receiver):
            return [NewEntry(receiver, FRIEND_REQUEST, sender, sender, pending=True)]
        case RequestAccepted(sender=sender, receiver=receiver):
            settled = EntrySettled(receiver, FRIEND_REQUEST, sender)
            return [settled, NewEntry(sender, FRIEND_ACCEPTED, receiver, receiver)]
        case RequestDeclined() | RequestCancelled(withheld=False) | RequestWithheld():
            return [EntrySettled(event.receiver, FRIEND_REQUEST, event.sender)]
    return []


FEED = Tellings(topics=(SOCIAL.topic,), tell=tell)
