"""What an erasure does to friends, whatever happens to them at the same time."""

from collections.abc import Mapping, Sequence

import msgspec
import pytest

from application.friends.people import FriendsOfPeople
from application.ports.commands import Answer
from application.ports.listening import OnlineStatus
from domain.aggregate import Command
from domain.events import Position
from domain.friends.commands import CancelRequest, DeclineRequest, EndFriendship
from domain.friends.refusals import NoFriendRequest, NotFriends, WithOneself
from domain.friends.view import Relation
from domain.refusals import Refusal

KNOWN: list[tuple[str, Relation]] = [("bob", "friends"), ("cyd", "requested"), ("dan", "asked")]


class Known:
    """Implements `friends.people.KnownFriends`."""

    async def of(self, _user_id: str) -> Sequence[tuple[str, Relation]]:
        return KNOWN


class Gone:
    """Implements `listening.WhoIsOnline` where nobody is known to have been there."""

    async def look(self, people: Sequence[str]) -> Mapping[str, OnlineStatus]:
        return {each: OnlineStatus(online=False, last=None) for each in people}

    async def forget(self, _user_id: str) -> int:
        return 0


class Hall:
    """Decides what it is asked, and refuses what concerns some people."""

    def __init__(self, refused: dict[str, Refusal]) -> None:
        self.refused = refused
        self.accepted: set[str] = set()
        self.decided: list[Command] = []

    async def execute(self, command: Command) -> Answer:
        assert isinstance(command, EndFriendship | CancelRequest | DeclineRequest)
        refused = self.refused.get(command.other_id)
        if refused is not None and not (command.other_id in self.accepted and _ends(command)):
            raise refused
        self.decided.append(command)
        return Answer(Position("social-log", 0, 1), msgspec.Raw(b"{}"))


def _ends(command: Command) -> bool:
    return isinstance(command, EndFriendship)


async def erased(hall: Hall) -> int:
    return await FriendsOfPeople(Known(), Gone()).erase("ann", "olga", hall.execute)


async def test_each_ends_in_its_own_way() -> None:
    hall = Hall({})
    assert await erased(hall) == len(KNOWN)
    assert hall.decided == [
        EndFriendship(user_id="ann", other_id="bob"),
        CancelRequest(user_id="ann", other_id="cyd"),
        DeclineRequest(user_id="ann", other_id="dan"),
    ]


async def test_what_others_end_at_the_same_time_is_over_as_well() -> None:
    hall = Hall({"bob": NotFriends("They are no friends."), "dan": NoFriendRequest("None.")})
    assert await erased(hall) == 1


async def test_what_cannot_be_is_not_passed_over() -> None:
    with pytest.raises(WithOneself):
        await erased(Hall({"cyd": WithOneself("That is yourself.")}))


@pytest.mark.parametrize("other", ["cyd", "dan"])
async def test_a_request_that_was_accepted_a_moment_ago_ends_as_a_friendship(other: str) -> None:
    hall = Hall({other: NoFriendRequest("None.")})
    hall.accepted = {other}
    assert await erased(hall) == len(KNOWN)
    assert EndFriendship(user_id="ann", other_id=other) in hall.decided
