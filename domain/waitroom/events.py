"""What can happen in a waiting room. Stream key: the `event_id` that people wait for."""

from datetime import datetime

from domain.events import DomainEvent
from domain.personal import Sealed


class WaitroomOpened(DomainEvent, frozen=True, kw_only=True, tag="waitroom.opened.v1"):
    """A room opened: `capacity` checkouts at a time, `checkout_seconds` for each."""

    capacity: int
    checkout_seconds: float


class WaitroomJoined(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="waitroom.joined.v1"
):
    """Someone took a place in line.

    `ticket` counts the room's joins from 1 and is handed out once; `position` is the place in
    line at that moment, 1 being the head. `display_name` is how they want to be called.
    """

    session_id: str
    user_id: str
    priority: int
    ticket: int
    position: int
    display_name: Sealed | None = None


class WaitroomLeft(DomainEvent, frozen=True, kw_only=True, tag="waitroom.left.v1"):
    """Someone gave up their place in line or their slot."""

    session_id: str
    user_id: str


class SessionAdmitted(DomainEvent, frozen=True, kw_only=True, tag="waitroom.admitted.v1"):
    """The head of the line got a slot and may check out until `deadline`, or a moment longer."""

    session_id: str
    user_id: str
    deadline: datetime


class PassRedeemed(DomainEvent, frozen=True, kw_only=True, tag="waitroom.pass-redeemed.v1"):
    """The shop let in whoever has this slot; the pass opens nothing any more."""

    session_id: str
    user_id: str


class CheckoutCompleted(
    DomainEvent, frozen=True, kw_only=True, tag="waitroom.checkout-completed.v1"
):
    """The purchase went through; the slot is free."""

    session_id: str
    user_id: str


class CheckoutFailed(DomainEvent, frozen=True, kw_only=True, tag="waitroom.checkout-failed.v1"):
    """The purchase failed for `reason`; the slot is free."""

    session_id: str
    user_id: str
    reason: str


class CheckoutExpired(DomainEvent, frozen=True, kw_only=True, tag="waitroom.checkout-expired.v1"):
    """The checkout took too long; the slot is free."""

    session_id: str
    user_id: str
