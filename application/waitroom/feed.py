"""What people in line are told in their feeds: that it is their turn, until their session ends."""

from collections.abc import Sequence

from application.entries import EntrySettled, Memory, NewEntry, Remembered, Tellings
from domain.categories import WAITROOMS
from domain.events import DomainEvent
from domain.waitroom.absence import SessionDropped
from domain.waitroom.events import (
    CheckoutCompleted,
    CheckoutExpired,
    CheckoutFailed,
    SessionAdmitted,
    SessionRemoved,
    WaitroomLeft,
)

QUEUE_READY = "queue-ready"

ENDS = (
    CheckoutCompleted,
    CheckoutFailed,
    CheckoutExpired,
    SessionRemoved,
    SessionDropped,
    WaitroomLeft,
)
"""What ends a session that was admitted; one that was not is nobody's to be told of."""


def tell(event: DomainEvent, admitted: Memory) -> Sequence[NewEntry | EntrySettled]:
    """Tell who is admitted, and settle that when the session ends; remembers who was admitted."""
    match event:
        case SessionAdmitted(session_id=session, user_id=user):
            admitted[session] = Remembered(people=[user])
            return [_ready(event)]
        case _ if isinstance(event, ENDS) and event.session_id in admitted:
            del admitted[event.session_id]
            return [EntrySettled(event.user_id, QUEUE_READY, event.session_id)]
    return []


def _ready(event: SessionAdmitted) -> NewEntry:
    data = {"event": event.originator_id, "deadline": event.deadline.isoformat()}
    return NewEntry(event.user_id, QUEUE_READY, event.session_id, data=data, pending=True)


FEED = Tellings(topics=(WAITROOMS.topic,), tell=tell)
