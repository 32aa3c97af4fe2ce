"""What can be asked of a waiting room, and what is answered."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from domain.aggregate import Command
from domain.keys import Key, NewKey
from domain.personal import Sealed

Priority = Annotated[int, msgspec.Meta(ge=0, le=100)]
Capacity = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
CheckoutSeconds = Annotated[float, msgspec.Meta(ge=1, le=86_400)]
FailureReason = Annotated[str, msgspec.Meta(max_length=1_000)]
RESERVED = frozenset({"join", "leave", "passes", "rooms", "sessions"})
"""What stands in addresses where the name of a room does; a test finds them all."""

Status = Literal[
    "waiting", "ready", "completed", "failed", "expired", "left", "removed", "dismissed", "dropped"
]
"""Where a session is. An operator removes it, a room that closes dismisses who waits there, and one
that nobody sees is dropped, where the room wants that."""

RoomStatus = Literal["open", "closed", "archived"]
"""How a room is: `closed` lets nobody join any more, `archived` is over for good."""


class WaitroomCommand(Command, frozen=True, kw_only=True):
    """A command for the room of one `event_id`."""

    event_id: Key

    @property
    def aggregate_id(self) -> str:
        """The room of this event."""
        return self.event_id


class OpenWaitroom(WaitroomCommand, frozen=True, kw_only=True, tag="waitroom.open"):
    """Open a room. Opening it again the same way changes nothing; otherwise it is refused."""

    event_id: NewKey
    capacity: Capacity
    checkout_seconds: CheckoutSeconds


class JoinWaitroom(
    WaitroomCommand, frozen=True, kw_only=True, omit_defaults=True, tag="waitroom.join"
):
    """Take a place in line; `session_id` is used unless the user already has a live session.

    Whoever takes the command in gives that id; leave it out.
    """

    makes = "session_id"

    user_id: NewKey
    session_id: Key = ""
    priority: Priority = 0
    display_name: Sealed | None = None


class LeaveWaitroom(WaitroomCommand, frozen=True, kw_only=True, tag="waitroom.leave"):
    """Give up a session; with `user_id`, only that user's own."""

    session_id: Key
    user_id: Key | None = None


class CompleteCheckout(WaitroomCommand, frozen=True, kw_only=True, tag="waitroom.complete"):
    """The shop reports a purchase."""

    session_id: Key


class FailCheckout(WaitroomCommand, frozen=True, kw_only=True, tag="waitroom.fail"):
    """The shop reports a failed purchase."""

    session_id: Key
    reason: FailureReason = ""


class ExpireCheckout(WaitroomCommand, frozen=True, kw_only=True, tag="waitroom.expire"):
    """The shop gave up on a checkout."""

    session_id: Key


class RedeemPass(WaitroomCommand, frozen=True, kw_only=True, tag="waitroom.redeem-pass"):
    """The shop let somebody in for the pass of a session; it does so once."""

    session_id: Key


class TendWaitroom(WaitroomCommand, frozen=True, kw_only=True, tag="waitroom.tend"):
    """The owner's clock has passed the room's deadline: something is due."""


class Room(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The answer to opening a room."""

    event_id: str
    capacity: int
    checkout_seconds: float


class RoomView(msgspec.Struct, frozen=True, kw_only=True):
    """A room and how many people are where: `joined` counts everybody there ever was."""

    event_id: str
    capacity: int
    checkout_seconds: float
    joined: int
    waiting: int
    ready: int
    status: RoomStatus
    paused: bool


class Place(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A session's place: `position` 1 is the head of the line, 0 is no longer in line.

    The log remembers many thousands of these as answers, so the garbage collector is spared them.
    """

    session_id: str
    event_id: str
    user_id: str
    status: Status
    priority: int
    ticket: int
    position: int
    joined_at: datetime
    deadline: datetime | None = None
