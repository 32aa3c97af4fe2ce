"""A session: one user's way through a waiting room."""

from datetime import datetime

import msgspec

from domain.waitroom.commands import Status

LIVE = frozenset({"waiting", "ready"})


class Slot(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Room for one checkout, until `deadline`; the event of version `since` gave it.

    The shop has let its holder in once `redeemed`. A session that has expired keeps its slot, to
    tell how late a purchase is that is reported after all.
    """

    deadline: datetime
    since: int
    redeemed: bool = False


class Session(msgspec.Struct, array_like=True, gc=False):
    """Where somebody is, from joining to whatever end.

    A million of these must neither weigh much nor keep the garbage collector busy, hence a
    struct that it does not track (there is no cycle in it). Its shape is part of a snapshot's.
    It is `missed` once it was told that nobody sees it.
    """

    session_id: str
    user_id: str
    priority: int
    ticket: int
    joined_at: datetime
    status: Status = "waiting"
    slot: Slot | None = None
    missed: bool = False

    @property
    def is_live(self) -> bool:
        """Whether it waits or may check out."""
        return self.status in LIVE

    @property
    def deadline(self) -> datetime | None:
        """Until when the checkout may take, if there is one."""
        return self.slot.deadline if self.slot is not None and self.status == "ready" else None
