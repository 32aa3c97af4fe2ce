"""Who of somebody's friends is there, as far as these let it be seen."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from application.ports.listening import LAST_SEEN_KEPT_S, LEADING_ON_S, OnlineStatus, WhoIsOnline


class FriendPresence(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a friend is there, at any page or socket, and when they were last.

    `last_seen` is null after thirty days. Who is hidden looks as if they had left at that moment.
    """

    user_id: str
    online: bool
    last_seen: datetime | None


class PresenceOfFriends:
    """Looks who is there, and tells nothing of who is hidden."""

    def __init__(self, presence: WhoIsOnline) -> None:
        self._presence = presence

    async def look(
        self, friends: Mapping[str, datetime | None], now: datetime
    ) -> Sequence[FriendPresence]:
        """Each of these friends, with since when they are hidden, if so. Raises `Unavailable`."""
        seen = await self._presence.look([*friends])
        return [_shown(user_id, seen[user_id], since, now) for user_id, since in friends.items()]


def _shown(
    user_id: str, seen: OnlineStatus, hidden: datetime | None, now: datetime
) -> FriendPresence:
    """What is seen of somebody who is hidden since a time, or not.

    Who is hidden is shown by that time alone, or what they do would show.
    """
    if hidden is None:
        return FriendPresence(user_id=user_id, online=seen.online, last_seen=seen.last)
    left = hidden.replace(microsecond=hidden.microsecond // 1_000 * 1_000)  # as others are noted
    gone_s = (now - left).total_seconds()
    return FriendPresence(
        user_id=user_id,
        online=seen.online and gone_s < LEADING_ON_S,
        last_seen=left if gone_s < LAST_SEEN_KEPT_S else None,
    )
