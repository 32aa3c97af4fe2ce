"""What the public is told of accounts: ids, and nothing that somebody says of themselves."""

import msgspec

from application.outbox import Outbox, Outgoing
from application.topics import Topic
from domain.accounts.events import (
    AccountDeleted,
    AccountDisabled,
    AccountEnabled,
    AccountRegistered,
    EmailChanged,
    EmailRemoved,
    GuestMerged,
    HandleChanged,
    ProfileChanged,
    SignedIn,
)
from domain.events import DomainEvent

EVENTS = Topic("user-events", 3, "messages", "`user_id`", "relay", "what becomes of accounts")

NAMES: dict[type[DomainEvent], str] = {
    AccountRegistered: "user_registered",
    ProfileChanged: "profile_updated",
    HandleChanged: "profile_updated",
    SignedIn: "user_logged_in",
    EmailChanged: "account_changed",
    EmailRemoved: "account_changed",
    AccountDisabled: "account_disabled",
    AccountEnabled: "account_enabled",
    AccountDeleted: "account_deleted",
    GuestMerged: "guest_merged",
}


def publish(event: DomainEvent) -> Outgoing | None:
    """See `Outbox`."""
    name = NAMES.get(type(event))
    if name is None:
        return None
    message = {
        "event_type": name,
        "user_id": event.originator_id,
        "timestamp": int(event.timestamp.timestamp()),
    }
    if isinstance(event, SignedIn):
        message["device"] = event.device
    if isinstance(event, GuestMerged):
        message["into"] = event.into
    return Outgoing(EVENTS.name, event.originator_id, msgspec.json.encode(message))


ALL = ("event_type", "user_id", "timestamp")
MORE = {"user_logged_in": ("device",), "guest_merged": ("into",)}

TELLS = {EVENTS.name: {name: (*ALL, *MORE.get(name, ())) for name in {*NAMES.values()}}}

OUTBOX = Outbox((EVENTS,), publish, TELLS)
