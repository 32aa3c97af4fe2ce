"""What snapshots of a waiting room are made of."""

from collections.abc import Sequence

from domain.snapshot import State
from domain.waitroom.session import Session


class WaitroomState(State, frozen=True, kw_only=True, tag="waitroom.snapshot.v1"):
    """A room without its sessions."""

    capacity: int
    checkout_seconds: float


class WaitroomSessions(State, frozen=True, kw_only=True, tag="waitroom.sessions-snapshot.v2"):
    """The sessions of a page of the register, in the order of tickets.

    A session is a list: `session_id`, `user_id`, `priority`, `ticket`, `joined_at`, `status` and,
    while it has one, its slot: `deadline`, the version of the event that gave it and whether its
    pass was redeemed.
    """

    sessions: Sequence[Session]
