"""What an erasure does to lounges: whoever is erased is in none, and theirs are closed."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from application.ports.people import Execute, Knowledge
from domain.lounges.commands import CloseLounge, LeaveLounge


class LoungesOfPerson(NamedTuple):
    """The lounges that somebody has opened and not closed, and those in which they are."""

    opened: Sequence[str]
    inside: Sequence[str]


class KnownLounges(Protocol):
    """Knows who is where, and whose lounges there are."""

    async def of_person(self, user_id: str) -> LoungesOfPerson:
        """All of somebody's, by now.

        Raises `Unavailable`, also where that is not known yet.
        """


class LoungesOfPeople(Knowledge):
    """Lounges, which close with who has opened them; bans and mutes of who is erased stay."""

    name = "rooms"
    forgets = "the rooms that you have opened close, and you leave the one in which you are"
    stays = "in which rooms you were, and what was decided about you there, by ids"
    keeps = "rooms, invitations and bans are the guest's: the account opens and enters its own"

    def __init__(self, known: KnownLounges) -> None:
        self._known = known

    async def erase(self, user_id: str, by: str, execute: Execute) -> int:
        """See `Knowledge`; what is closed and left already is so again."""
        known = await self._known.of_person(user_id)
        for room_id in known.inside:
            await execute(LeaveLounge(room_id=room_id, user_id=user_id))
        for room_id in known.opened:
            await execute(CloseLounge(room_id=room_id, user_id=user_id))
        return len(known.inside) + len(known.opened)
