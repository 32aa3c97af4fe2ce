"""What snapshots of a waiting room are made of."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.snapshot import State
from domain.waitroom.absence import Presence
from domain.waitroom.description import Appearance
from domain.waitroom.orders import Waiting
from domain.waitroom.session import Session


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """How a room was closed, and when something last happened to a session in it."""

    waiting: Waiting
    keep_seconds: float
    idle_since: datetime


class WaitroomState(State, frozen=True, kw_only=True, tag="waitroom.snapshot.v3"):
    """A room without its sessions.

    `joined` counts those that there ever were, `left_to_archive` those that an archive that has
    begun lacks. `moved_at` is when an event last changed how many wait, or may be admitted.
    """

    capacity: int
    checkout_seconds: float
    grace_seconds: float
    paused: bool
    closing: Closing | None
    moved_at: datetime
    joined: int
    left_to_archive: int | None
    appearance: Appearance | None
    presence: Presence | None


class WaitroomSessions(State, frozen=True, kw_only=True, tag="waitroom.sessions-snapshot.v4"):
    """The sessions of a page of the register, in the order of tickets.

    A session is a list: `session_id`, `user_id`, `priority`, `ticket`, `joined_at`, `status` and
    its slot, while it has one or after it has expired: `deadline`, the version of the event that
    gave it and whether its pass was redeemed; and whether it is missed.
    """

    sessions: Sequence[Session]
