"""What the public is told of friends: ids, and neither notes nor blocks."""

import msgspec

from application.outbox import Outbox, Outgoing
from application.topics import Topic
from domain.events import DomainEvent
from domain.friends.events import (
    FriendRequested,
    FriendshipEnded,
    RequestAccepted,
    RequestCancelled,
    RequestDeclined,
)

HOLDS = "requests of people to be friends, and what becomes of them"
EVENTS = Topic("friend-requests", 3, "messages", "`pair_id`", "relay", HOLDS)
NOTIFICATIONS = Topic(
    "friend-notifications", 3, "messages", "`to`", "relay", "people who are asked to be friends"
)

REQUESTS: dict[type[DomainEvent], str] = {
    FriendRequested: "friend_requested",
    RequestAccepted: "friend_accepted",
    RequestDeclined: "friend_declined",
    RequestCancelled: "friend_cancelled",
}


def publish(event: DomainEvent) -> Outgoing | None:
    """See `Outbox`; what was withheld has not happened for anybody but its sender."""
    match event:
        case FriendshipEnded(user_id=one, other_id=other):
            return _told("friend_ended", event, one, other)
        case RequestCancelled(withheld=True):
            return None
        case FriendRequested() | RequestAccepted() | RequestDeclined() | RequestCancelled():
            return _told(REQUESTS[type(event)], event, event.sender, event.receiver)
    return None


def _told(name: str, event: DomainEvent, sender: str, receiver: str) -> Outgoing:
    pair = event.originator_id
    message = {"event_type": name, "pair_id": pair, "from": sender, "to": receiver}
    return Outgoing(EVENTS.name, pair, _at(message, event))


def notify(event: DomainEvent) -> Outgoing | None:
    """See `Outbox`."""
    if not isinstance(event, FriendRequested):
        return None
    message = {"event_type": "REQUEST_RECEIVED", "from": event.sender, "to": event.receiver}
    return Outgoing(NOTIFICATIONS.name, event.receiver, _at(message, event))


def _at(message: dict[str, str], event: DomainEvent) -> bytes:
    return msgspec.json.encode({**message, "timestamp": int(event.timestamp.timestamp())})


PEOPLE = ("from", "to", "timestamp")
NAMES = (*REQUESTS.values(), "friend_ended")

OUTBOX = Outbox(
    (EVENTS,), publish, {EVENTS.name: dict.fromkeys(NAMES, ("event_type", "pair_id", *PEOPLE))}
)
NOTIFYING = Outbox(
    (NOTIFICATIONS,), notify, {NOTIFICATIONS.name: {"REQUEST_RECEIVED": ("event_type", *PEOPLE)}}
)
