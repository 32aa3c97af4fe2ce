"""Read models of waiting rooms."""

from domain.categories import WAITROOMS
from projections.people import KeySays
from projections.read_model import ReadModel, log
from projections.waitroom.queue import ENDS, NAME, Queue
from projections.waitroom.rooms import RoomQueries

WAITROOM = ReadModel(
    name=NAME,
    source=log(WAITROOMS.topic),
    keys=Queue,
    queries=lambda stores: RoomQueries(stores.redis, stores.open),
    says=(
        KeySays(
            "sessions:*",
            of=("user_id",),
            sealed=("display_name",),
            fields=(
                *("session_id", "event_id", "status", "priority", "ticket"),
                *("joined_at", "deadline", "redeemed_at"),
            ),
        ),
        *(
            KeySays(f"waitroom:*:{kind}", members="sessions")
            for kind in ("queue", "admitted", "sessions", "users", "missed")
        ),
        KeySays(
            "waitroom:*:room",
            fields=(
                *("capacity", "checkout_seconds", "status", "paused", "appearance"),
                *("absent_seconds", "redeems", "joined", *ENDS.values(), "late"),
            ),
        ),
        KeySays("waitroom:*:minutes", members="minutes, and what was counted in them"),
        KeySays("waitroom:*:hours", members="hours"),
        KeySays("attended", members="rooms"),
        KeySays("rooms", members="rooms"),
    ),
)
