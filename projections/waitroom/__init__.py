"""Read models of waiting rooms."""

from domain.categories import WAITROOMS
from projections.people import Key
from projections.read_model import ReadModel, log
from projections.waitroom.queue import ENDS, NAME, Queue
from projections.waitroom.rooms import RoomQueries

WAITROOM = ReadModel(
    name=NAME,
    source=log(WAITROOMS.topic),
    keys=Queue,
    queries=lambda stores: RoomQueries(stores.redis, stores.open),
    says=(
        Key(
            "sessions:*",
            of=("user_id",),
            sealed=("display_name",),
            fields=(
                *("session_id", "event_id", "status", "priority", "ticket"),
                *("joined_at", "deadline", "redeemed_at"),
            ),
        ),
        *(
            Key(f"waitroom:*:{kind}", members="sessions")
            for kind in ("queue", "admitted", "sessions", "users", "missed")
        ),
        Key(
            "waitroom:*:room",
            fields=(
                *("capacity", "checkout_seconds", "status", "paused", "appearance"),
                *("absent_seconds", "redeems", "joined", *ENDS.values(), "late"),
            ),
        ),
        Key("waitroom:*:minutes", members="minutes, and what was counted in them"),
        Key("waitroom:*:hours", members="hours"),
        Key("attended", members="rooms"),
        Key("rooms", members="rooms"),
    ),
)
