"""Where something is told to those who are there at this moment, which is nowhere kept.

Whoever listens is there; so it is also known who is.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

PREFIX = "told:"
"""What the channels of Redis begin with; that of a person goes on with the id."""


def channel_of_room(room: str) -> str:
    """The channel of a waiting room's sockets; no id of a person has a slash."""
    return f"/room/{room}"


LAST_SEEN_KEPT_S = 30 * 86_400
"""For which it is known when somebody was last there."""

LEADING_ON_S = 10.0
"""For so long somebody is still there who listens no more: a page that leads to another ends its
sockets, and the next one has to begin its own."""


class OnlineStatus(NamedTuple):
    """Whether somebody is there, and when they were last; None where that is not known any more."""

    online: bool
    last: datetime | None


class WhoIsOnline(Protocol):
    """Knows who is there, at whichever process of the API."""

    async def look(self, people: Sequence[str]) -> Mapping[str, OnlineStatus]:
        """Each of these. Raises `Unavailable`."""

    async def forget(self, user_id: str) -> int:
        """Know no more when somebody was there; gives 1 where it was known."""


def channel_of_lounge(room_id: str) -> str:
    """The channel on which it is told who walks in a lounge."""
    return f"/lounge/{room_id}"
