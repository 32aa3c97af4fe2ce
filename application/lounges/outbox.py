"""What the public is told of lounges, which it knows as rooms: ids and numbers, and no names."""

from datetime import datetime
from typing import Any

import msgspec

from application.outbox import Outbox, Outgoing
from application.topics import Topic
from domain.events import DomainEvent
from domain.lounges.events import (
    LoungeClosed,
    LoungeJoined,
    LoungeLeft,
    LoungeOpened,
    ModeratorAppointed,
    ModeratorDismissed,
    PersonBanned,
    PersonKicked,
    PersonMuted,
    PersonUnbanned,
    PersonUnmuted,
    TileSettled,
)
from domain.lounges.names import room_id_of

HOLDS = "rooms in which people meet: who comes, walks and goes, and what is decided about whom"
EVENTS = Topic("room-events", 12, "messages", "`room_id`", "relay", HOLDS)

MADE: dict[type[DomainEvent], tuple[str, tuple[str, ...]]] = {
    LoungeOpened: ("room_created", ("owner", "capacity", "access", "plan")),
    LoungeJoined: ("user_joined", ("user_id", "x", "y", "players", "entries")),
    LoungeLeft: ("user_left", ("user_id", "reason", "players")),
    TileSettled: ("user_moved", ("user_id", "x", "y")),
    ModeratorAppointed: ("role_changed", ("user_id", "by")),
    ModeratorDismissed: ("role_changed", ("user_id", "by")),
    PersonMuted: ("muted", ("user_id", "by", "until")),
    PersonUnmuted: ("unmuted", ("user_id", "by")),
    PersonKicked: ("kicked", ("user_id", "by", "until")),
    PersonBanned: ("banned", ("user_id", "by", "until")),
    PersonUnbanned: ("unbanned", ("user_id", "by")),
    LoungeClosed: ("room_closed", ()),
}
"""What an event is called, and what of it is told; whom somebody invites is between them."""

ROLES: dict[type[DomainEvent], dict[str, str]] = {
    ModeratorAppointed: {"role": "moderator"},
    ModeratorDismissed: {"role": "none"},
}


def publish(event: DomainEvent) -> Outgoing | None:
    """See `Outbox`."""
    if type(event) not in MADE:
        return None
    name, fields = MADE[type(event)]
    room_id = room_id_of(event.originator_id)
    message = {
        "event_type": name,
        "room_id": room_id,
        **{field: _plain(getattr(event, field)) for field in fields},
        **ROLES.get(type(event), {}),
        "timestamp": _plain(event.timestamp),
    }
    return Outgoing(EVENTS.name, room_id, msgspec.json.encode(message))


def _plain(fact: Any) -> Any:
    """A fact as messages have it: moments in seconds, as those of the other topics."""
    return int(fact.timestamp()) if isinstance(fact, datetime) else fact


TELLS = {
    EVENTS.name: {
        name: ("event_type", "room_id", *fields, *ROLES.get(event, {}), "timestamp")
        for event, (name, fields) in MADE.items()
    }
}

OUTBOX = Outbox((EVENTS,), publish, TELLS)
