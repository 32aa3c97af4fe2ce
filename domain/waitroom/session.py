"""A session: one user's way through a waiting room."""

from datetime import datetime

import msgspec

from domain.waitroom.commands import Status


class Session(msgspec.Struct, gc=False):
    """Where somebody is, from joining to whatever end.

    A million of these must neither weigh much nor keep the garbage collector busy, hence a
    struct that it does not track (there is no cycle in it).
    """

    session_id: str
    user_id: str
    priority: int
    ticket: int
    joined_at: datetime
    status: Status = "waiting"
    deadline: datetime | None = None
