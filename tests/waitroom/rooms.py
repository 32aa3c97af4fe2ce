"""Rooms and people for the stories of the waiting room."""

from domain.waitroom import Waitroom
from domain.waitroom.commands import JoinWaitroom, LeaveWaitroom, OpenWaitroom
from tests.given import Story, given

EVENT = "concert-2026"


def opening(capacity: int = 1, checkout_seconds: float = 60) -> OpenWaitroom:
    return OpenWaitroom(event_id=EVENT, capacity=capacity, checkout_seconds=checkout_seconds)


def joining(user: str, priority: int = 0, session: str | None = None) -> JoinWaitroom:
    return JoinWaitroom(
        event_id=EVENT, user_id=user, session_id=session or f"s-{user}", priority=priority
    )


def leaving(user: str, by: str | None = None) -> LeaveWaitroom:
    return LeaveWaitroom(event_id=EVENT, session_id=f"s-{user}", user_id=by)


def unopened() -> Story:
    return given(Waitroom(EVENT))


def room(*users: str, capacity: int = 1, checkout_seconds: float = 60) -> Story:
    """An open room that these users have joined, in this order."""
    return given(
        Waitroom(EVENT), opening(capacity, checkout_seconds), *(joining(user) for user in users)
    )
