"""What the public is told of waiting rooms; the names are those of the sources."""

from collections.abc import Mapping

import msgspec

from application.outbox import Fields, Outbox, Outgoing
from application.topics import Topic
from domain.events import DomainEvent
from domain.waitroom.absence import SessionDropped, SessionMissed
from domain.waitroom.events import (
    SessionAdmitted,
    SessionDismissed,
    SessionRemoved,
    WaitroomJoined,
    WaitroomLeft,
)

JOINED = Topic("QUEUE_JOINED", 5, "messages", "`event_id`", "relay", "who joins a line")
LEFT = Topic("QUEUE_LEFT", 5, "messages", "`event_id`", "relay", "who leaves it")
MISSED = Topic("QUEUE_MISSED", 5, "messages", "`event_id`", "relay", "who is about to be dropped")
READY = Topic("QUEUE_READY", 10, "messages", "`event_id`", "relay", "who may check out")

Told = (
    WaitroomJoined
    | WaitroomLeft
    | SessionRemoved
    | SessionDismissed
    | SessionDropped
    | SessionMissed
    | SessionAdmitted
)


def publish(event: DomainEvent) -> Outgoing | None:
    """See `Outbox`."""
    match event:
        case WaitroomJoined(position=position, timestamp=joined_at):
            return _told(JOINED, event, position=position, joined_at=joined_at)
        case WaitroomLeft() | SessionRemoved() | SessionDismissed() | SessionDropped():
            return _told(LEFT, event)
        case SessionMissed():
            return _told(MISSED, event)
        case SessionAdmitted(deadline=deadline):
            return _told(READY, event, deadline=deadline)
    return None


def _told(topic: Topic, event: Told, **facts: object) -> Outgoing:
    message = {
        "session_id": event.session_id,
        "user_id": event.user_id,
        "event_id": event.originator_id,
        **facts,
        "timestamp": event.timestamp,
    }
    return Outgoing(topic.name, event.originator_id, msgspec.json.encode(message))


ALL = ("session_id", "user_id", "event_id", "timestamp")

TELLS: Mapping[str, Fields] = {
    JOINED.name: {"": (*ALL, "position", "joined_at")},
    LEFT.name: {"": ALL},
    MISSED.name: {"": ALL},
    READY.name: {"": (*ALL, "deadline")},
}

OUTBOX = Outbox((JOINED, LEFT, MISSED, READY), publish, TELLS)
