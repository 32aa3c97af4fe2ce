"""Who of somebody's friends is there, as far as these let it be seen."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from application.ports.listening import OnlineStatus, WhoIsOnline


class FriendPresence(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a friend is there, at any page or socket, and when they were last.

    `last_seen` is null after thirty days. Who is hidden looks as if they had left then.
    """

    user_id: str
    online: bool
    last_seen: datetime | None


class PresenceOfFriends:
    """Looks who is there, and tells nothing of who is hidden."""

    def __init__(self, presence: WhoIsOnline) -> None:
        self._presence = presence

    async def look(self, friends: Mapping[str, datetime | None]) -> Sequence[FriendPresence]:
        """Each of these friends, with since when they are hidden, if so. Raises `Unavailable`."""
        seen = await self._presence.look([*friends])
        return [_shown(user_id, seen[user_id], since) for user_id, since in friends.items()]


def _shown(user_id: str, seen: OnlineStatus, hidden: datetime | None) -> FriendPresence:
    """What is seen of somebody who is hidden since a time, or not."""
    if hidden is None:
        return FriendPresence(user_id=user_id, online=seen.online, last_seen=seen.last)
    last = None if seen.last is None else min(seen.last, hidden)
    return FriendPresence(user_id=user_id, online=False, last_seen=last)
