"""What can happen in a waiting room. Stream key: the `event_id` that people wait for."""

from datetime import datetime
from typing import Annotated, Literal

from domain.events import DomainEvent
from domain.personal import OpenText, PersonId, Sealed, Tells, ThingId
from domain.waitroom.description import Appearance


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

    session_id: ThingId
    user_id: PersonId
    priority: int
    ticket: int
    position: int
    display_name: Sealed | None = None


class WaitroomLeft(DomainEvent, frozen=True, kw_only=True, tag="waitroom.left.v1"):
    """Someone gave up their place in line or their slot."""

    session_id: ThingId
    user_id: PersonId


class SessionAdmitted(DomainEvent, frozen=True, kw_only=True, tag="waitroom.admitted.v1"):
    """The head of the line got a slot and may check out until `deadline`, or a moment longer."""

    session_id: ThingId
    user_id: PersonId
    deadline: datetime


class PassRedeemed(DomainEvent, frozen=True, kw_only=True, tag="waitroom.pass-redeemed.v1"):
    """The shop let in whoever has this slot; the pass opens nothing any more."""

    session_id: ThingId
    user_id: PersonId


class CheckoutCompleted(
    DomainEvent, frozen=True, kw_only=True, tag="waitroom.checkout-completed.v1"
):
    """The purchase went through; the slot is free."""

    session_id: ThingId
    user_id: PersonId


class CheckoutFailed(DomainEvent, frozen=True, kw_only=True, tag="waitroom.checkout-failed.v1"):
    """The purchase failed for `reason`; the slot is free."""

    session_id: ThingId
    user_id: PersonId
    reason: OpenText


class CheckoutExpired(DomainEvent, frozen=True, kw_only=True, tag="waitroom.checkout-expired.v1"):
    """The checkout took too long; the slot is free."""

    session_id: ThingId
    user_id: PersonId


class CheckoutCompletedLate(
    DomainEvent, frozen=True, kw_only=True, tag="waitroom.checkout-completed-late.v1"
):
    """A checkout that had expired was a purchase after all; its slot had been given on."""

    session_id: ThingId
    user_id: PersonId


class CheckoutExtended(DomainEvent, frozen=True, kw_only=True, tag="waitroom.checkout-extended.v1"):
    """An operator gave a checkout more time, until `deadline`."""

    session_id: ThingId
    user_id: PersonId
    deadline: datetime
    by: PersonId


class SessionRemoved(DomainEvent, frozen=True, kw_only=True, tag="waitroom.removed.v1"):
    """An operator took away somebody's place in line or slot."""

    session_id: ThingId
    user_id: PersonId
    by: PersonId


class SessionDismissed(DomainEvent, frozen=True, kw_only=True, tag="waitroom.dismissed.v1"):
    """Somebody waited in a room that has closed, and is not served any more."""

    session_id: ThingId
    user_id: PersonId


class AdmissionGranted(DomainEvent, frozen=True, kw_only=True, tag="waitroom.admission-granted.v1"):
    """An operator let somebody in ahead of the line; that they are admitted is the next event."""

    session_id: ThingId
    user_id: PersonId
    by: PersonId


class WaitroomChanged(DomainEvent, frozen=True, kw_only=True, tag="waitroom.changed.v1"):
    """The room goes on on these terms; who had been admitted keeps the deadline."""

    capacity: int
    checkout_seconds: float
    by: PersonId


class WaitroomPaused(DomainEvent, frozen=True, kw_only=True, tag="waitroom.paused.v1"):
    """Nobody is admitted any more, but by hand."""

    by: PersonId


class WaitroomResumed(DomainEvent, frozen=True, kw_only=True, tag="waitroom.resumed.v1"):
    """The head of the line is admitted again."""

    by: PersonId


class WaitroomClosed(DomainEvent, frozen=True, kw_only=True, tag="waitroom.closed.v1"):
    """Nobody may join any more; who waits is served, or dismissed.

    `keep_seconds` after the last session has ended, the room is archived.
    """

    waiting: Literal["serve", "dismiss"]
    keep_seconds: float
    by: PersonId


class WaitroomReopened(DomainEvent, frozen=True, kw_only=True, tag="waitroom.reopened.v1"):
    """People may join again."""

    by: PersonId


class WaitroomDescribed(DomainEvent, frozen=True, kw_only=True, tag="waitroom.described.v1"):
    """How the room looks to visitors from now on."""

    appearance: Annotated[Appearance, Tells.NOBODY]
    by: PersonId


class WaitroomArchived(DomainEvent, frozen=True, kw_only=True, tag="waitroom.archived.v1"):
    """The oldest `sessions` of a closed room are kept nowhere but in the log; `left` are still.

    With none left, the same is true of the room, and it is over for good.
    """

    sessions: int
    left: int
