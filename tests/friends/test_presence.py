"""Whether somebody lets their friends see when they are there."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from application.friends.presence import FriendPresence, PresenceOfFriends
from application.ports.listening import OnlineStatus
from domain.categories import SOCIAL
from domain.friends.commands import LookAtPresence, SetPresence
from domain.friends.events import PresenceHidden, PresenceShown
from domain.friends.pair import pair_id, person_id
from domain.friends.view import PresenceView
from domain.friends.visibility import Visibility
from tests.given import T0, given
from tests.snapshots import folds_the_same_from_any_snapshot

ADA = "ada"
NOW = T0
HIDE, SHOW = (SetPresence(user_id=ADA, hidden=hidden) for hidden in (True, False))


def test_who_wants_to_be_hidden_is_until_they_want_to_be_seen() -> None:
    story = given(Visibility(person_id(ADA))).when(HIDE).then(PresenceHidden)
    story.with_facts(user_id=ADA)
    story.when(HIDE).then()
    assert story.reply == PresenceView(hidden=True)
    story.when(LookAtPresence(user_id=ADA)).then()
    story.when(SHOW).then(PresenceShown).with_facts(user_id=ADA)
    story.when(SHOW).then()
    assert story.reply == PresenceView(hidden=False)


def test_what_is_one_person_s_own_is_no_pair() -> None:
    assert HIDE.aggregate_id == LookAtPresence(user_id=ADA).aggregate_id == person_id(ADA)
    assert person_id(ADA) != pair_id(ADA, ADA)


@for_all(st.lists(st.sampled_from([HIDE, SHOW])))
def test_it_goes_on_from_any_snapshot(commands: list[SetPresence]) -> None:
    story = given(Visibility(person_id(ADA)), *commands)
    folds_the_same_from_any_snapshot(SOCIAL, Visibility, person_id(ADA), story.history)


class There:
    """Implements `listening.WhoIsOnline`."""

    def __init__(self, seen: OnlineStatus) -> None:
        self.seen = seen

    async def look(self, people: Sequence[str]) -> Mapping[str, OnlineStatus]:
        return dict.fromkeys(people, self.seen)

    async def forget(self, _user_id: str) -> int:
        raise AssertionError("nobody asks for that here")


async def shown(seen: OnlineStatus, hidden: datetime | None) -> FriendPresence:
    (told,) = await PresenceOfFriends(There(seen)).look({ADA: hidden}, NOW)
    return told


@pytest.mark.parametrize("online", [True, False])
async def test_friends_see_who_is_there_and_when_they_were_last(*, online: bool) -> None:
    seen = OnlineStatus(online=online, last=T0)
    told = await shown(seen, None)
    assert told == FriendPresence(user_id=ADA, online=online, last_seen=T0)


@pytest.mark.parametrize("last", [NOW - timedelta(days=9), NOW, None])
@pytest.mark.parametrize("online", [True, False])
async def test_who_is_hidden_looks_as_if_they_had_left_then_whatever_they_do(
    *, online: bool, last: datetime | None
) -> None:
    since = NOW - timedelta(hours=1, microseconds=1)
    told = await shown(OnlineStatus(online=online, last=last), since)
    then = since.replace(microsecond=999_000)
    assert told == FriendPresence(user_id=ADA, online=False, last_seen=then)


@pytest.mark.parametrize("online", [True, False])
async def test_who_has_just_hidden_is_there_for_as_long_as_who_has_just_left(
    *, online: bool
) -> None:
    since = NOW - timedelta(seconds=9)
    told = await shown(OnlineStatus(online=online, last=NOW), since)
    assert told == FriendPresence(user_id=ADA, online=online, last_seen=since)


async def test_it_is_not_known_for_ever_since_when_somebody_is_hidden() -> None:
    told = await shown(OnlineStatus(online=True, last=NOW), NOW - timedelta(days=31))
    assert told == FriendPresence(user_id=ADA, online=False, last_seen=None)
