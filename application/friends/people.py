"""What an erasure does to friends: whoever is erased is nobody's, and nobody waits for them."""

from collections.abc import Sequence
from typing import Protocol

from application.ports.listening import WhoIsOnline
from application.ports.people import Execute, Knowledge
from domain.friends.commands import CancelRequest, DeclineRequest, EndFriendship, FriendCommand
from domain.friends.refusals import NoFriendRequest, NotFriends
from domain.friends.view import Relation
from domain.refusals import Refusal

ENDS: dict[Relation, tuple[type[FriendCommand], ...]] = {
    "friends": (EndFriendship,),
    "requested": (CancelRequest, EndFriendship),
    "asked": (DeclineRequest, EndFriendship),
}
"""What ends it; a request may have been accepted since it was looked up."""

OVER = (NotFriends.type, NoFriendRequest.type)


class KnownFriends(Protocol):
    """Knows who is something to whom."""

    async def of(self, user_id: str) -> Sequence[tuple[str, Relation]]:
        """All who are friends of somebody, or have asked or were asked, by now.

        Raises `Unavailable`, also where that is not known yet.
        """


class FriendsOfPeople(Knowledge):
    """Friendships and requests, which end with who is erased; blocks are the other's peace, too."""

    name = "friends"
    forgets = (
        "your friendships end, what you asked is taken back, who asks you is told no, and when you "
        "were last here is known no more"
    )
    stays = "that you were friends or asked, whom you have blocked, and that you hid, by ids"
    keeps = "friends, requests and blocks are the guest's: the account asks its friends anew"

    def __init__(self, known: KnownFriends, online: WhoIsOnline) -> None:
        self._known = known
        self._online = online

    async def erase(self, user_id: str, by: str, execute: Execute) -> int:
        """See `Knowledge`; what the other has ended meanwhile is over as well."""
        ended = await self._online.forget(user_id)
        for other_id, relation in await self._known.of(user_id):
            for end in ENDS[relation]:
                if await _has_ended(execute, end(user_id=user_id, other_id=other_id)):
                    ended += 1
                    break
        return ended


async def _has_ended(execute: Execute, command: FriendCommand) -> bool:
    """Whether the command has ended something, and not what was over, or was something else."""
    try:
        await execute(command)
    except Refusal as refusal:
        if refusal.type not in OVER:
            raise
        return False
    return True
