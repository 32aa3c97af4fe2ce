"""An example of everything that goes in or out of a waiting room."""

from datetime import UTC, datetime, timedelta

from domain.personal import Sealed
from domain.waitroom.commands import Place, Room
from interfaces.http.waitroom.join import Joining
from interfaces.http.waitroom.routes import Leaving, Opening
from projections.waitroom.queue import QueueOverview, QueuePlace

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
EVENT, USER = "concert-2026", "user-123"
SESSION = "0d9d3b7c1a5e4f0f8a3b6c2d1e0f9a8b"

EXAMPLES = (
    Opening(event_id=EVENT, capacity=10, checkout_seconds=300.0),
    Room(event_id=EVENT, capacity=10, checkout_seconds=300.0),
    Joining(user_id=USER, event_id=EVENT),
    Sealed(subject=USER, sealed="9q2-7wAAAAAAAAAAc2VhbGVkIGluIGFuIGV4YW1wbGUsIG5vdCBvcGVu"),
    Leaving(event_id=EVENT, session_id=SESSION),
    Place(
        session_id=SESSION,
        event_id=EVENT,
        user_id=USER,
        status="ready",
        priority=0,
        ticket=42,
        position=0,
        joined_at=NOON,
        deadline=NOON + timedelta(minutes=5),
    ),
    QueuePlace(
        session_id=SESSION,
        event_id=EVENT,
        user_id=USER,
        status="waiting",
        priority=0,
        ticket=42,
        position=7,
        people_ahead=6,
        joined_at=NOON,
        display_name="Ada",
    ),
    QueueOverview(
        event_id=EVENT,
        capacity=10,
        checkout_seconds=300.0,
        joined=52,
        waiting=40,
        ready=10,
        completed=2,
    ),
)
