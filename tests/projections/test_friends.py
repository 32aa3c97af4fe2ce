"""Who is suggested and who is hidden, by the read model and by going through everybody."""

import random
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import permutations
from types import SimpleNamespace
from typing import Any, cast

import pytest
from psycopg_pool import AsyncConnectionPool

from domain.friends.commands import (
    AcceptRequest,
    BlockPerson,
    EndFriendship,
    FriendCommand,
    RequestFriend,
    SetPresence,
    UnblockPerson,
)
from domain.refusals import Refusal
from projections.friends.friends import FriendQueries
from tests.conftest import Hall
from tests.http.fakes.friends import FakeFriends
from tests.projections.conftest import Build
from tests.projections.living import live
from tests.projections.story import Narrator

PEOPLE = [f"person-{number}" for number in range(15)]
BEFRIEND = ((RequestFriend, 1), (AcceptRequest, -1))
DOES: tuple[tuple[tuple[type[FriendCommand], int], ...], ...] = (
    *(BEFRIEND,) * 5,
    ((RequestFriend, 1),),
    ((BlockPerson, 1),),
    ((UnblockPerson, 1),),
    ((EndFriendship, 1),),
)
"""What two people do, one after the other: 1 is the first of them, and -1 the second."""


@pytest.fixture
async def friends(empty: Hall) -> AsyncIterator[FriendQueries]:
    options = {"autocommit": True}
    async with AsyncConnectionPool[Any](empty.postgres, open=False, kwargs=options) as pool:
        yield FriendQueries(pool)


@pytest.fixture
def chance() -> random.Random:
    return random.Random(17)


@pytest.fixture
def everybody(narrator: Narrator, chance: random.Random) -> FakeFriends:
    """Of people who have lived together."""
    live_together(narrator, chance)
    return FakeFriends(cast("Any", SimpleNamespace(events={"social-log": narrator.events})))


def live_together(narrator: Narrator, chance: random.Random) -> None:
    pairs = list(permutations(PEOPLE, 2))
    for person in chance.choices(PEOPLE, k=12):
        narrator.tell(SetPresence(user_id=person, hidden=chance.random() < 0.6))
    for pair in chance.choices(pairs, k=110):
        for kind, order in chance.choice(DOES):
            one, other = pair[::order]
            with suppress(Refusal):
                narrator.tell(kind(user_id=one, other_id=other))


async def test_whoever_is_suggested_is_a_friend_of_friends_and_nothing_else(
    everybody: FakeFriends, read_model: Build, friends: FriendQueries
) -> None:
    live(read_model("friends"))

    found = {each: await friends.suggested(each, limit=100) for each in PEOPLE}

    assert found == {each: await everybody.suggested(each, limit=100) for each in PEOPLE}
    assert sum(map(len, found.values())) > len(PEOPLE), "the story has something to tell"
    assert await friends.suggested(PEOPLE[0], limit=1) == found[PEOPLE[0]][:1]
    for each in PEOPLE:
        page = await friends.hidden(each, after="", limit=100)
        assert page == await everybody.hidden(each, after="", limit=100)
        assert len((await friends.hidden(each, after="", limit=1)).since) == min(1, len(page.since))
