"""Rooms and people for the stories of the waiting room."""

from msgspec import UNSET

from domain.waitroom import Waitroom
from domain.waitroom.commands import (
    CompleteCheckout,
    JoinWaitroom,
    LeaveWaitroom,
    OpenWaitroom,
    Place,
    RoomView,
    TendWaitroom,
)
from domain.waitroom.orders import (
    AdmitSession,
    ChangeWaitroom,
    CloseWaitroom,
    ExtendCheckout,
    PauseWaitroom,
    RemoveSession,
    ReopenWaitroom,
    ResumeWaitroom,
    Waiting,
)
from tests.given import Story, given

EVENT = "concert-2026"
TEND = TendWaitroom(event_id=EVENT)
PAUSE = PauseWaitroom(event_id=EVENT, by="olga")
RESUME = ResumeWaitroom(event_id=EVENT, by="olga")
REOPEN = ReopenWaitroom(event_id=EVENT, by="olga")


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


def completing(user: str) -> CompleteCheckout:
    return CompleteCheckout(event_id=EVENT, session_id=f"s-{user}")


def changing(capacity: int | None = None, checkout_seconds: float | None = None) -> ChangeWaitroom:
    return ChangeWaitroom(
        event_id=EVENT,
        capacity=capacity or UNSET,
        checkout_seconds=checkout_seconds or UNSET,
        by="olga",
    )


def closing(waiting: Waiting = "serve", keep_seconds: float = 3_600) -> CloseWaitroom:
    return CloseWaitroom(event_id=EVENT, waiting=waiting, keep_seconds=keep_seconds, by="olga")


def extending(user: str, seconds: float) -> ExtendCheckout:
    return ExtendCheckout(event_id=EVENT, session_id=f"s-{user}", seconds=seconds, by="olga")


def removing(user: str) -> RemoveSession:
    return RemoveSession(event_id=EVENT, session_id=f"s-{user}", by="olga")


def admitting(user: str) -> AdmitSession:
    return AdmitSession(event_id=EVENT, session_id=f"s-{user}", by="olga")


def place(story: Story) -> Place:
    """What was answered."""
    assert isinstance(story.reply, Place)
    return story.reply


def view(story: Story) -> RoomView:
    """How the room is."""
    assert isinstance(story.aggregate.view, RoomView)
    return story.aggregate.view
