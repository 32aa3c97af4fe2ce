"""Two people: who asks, who answers, who is whose friend, and who wants nothing of whom."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.categories import SOCIAL
from domain.events import DomainEvent
from domain.friends.commands import (
    AcceptRequest,
    BlockPerson,
    CancelRequest,
    DeclineRequest,
    EndFriendship,
    FriendCommand,
    RequestFriend,
    UnblockPerson,
)
from domain.friends.events import (
    FriendRequested,
    FriendshipEnded,
    PersonBlocked,
    PersonUnblocked,
    RequestAccepted,
    RequestCancelled,
    RequestDeclined,
    RequestWithheld,
)
from domain.friends.pair import pair_id
from domain.friends.refusals import (
    AlreadyFriends,
    AskedAgainTooSoon,
    BlockedByYou,
    NoFriendRequest,
    NotFriends,
    WithOneself,
)
from domain.friends.relationship import Relationship
from domain.friends.view import FriendView
from domain.personal import Sealed
from domain.refusals import Refusal
from tests.given import T0, Story, given
from tests.snapshots import folds_the_same_from_any_snapshot

ADA, BOB = "ada", "bob"
PAIR = pair_id(ADA, BOB)
NOTE = Sealed(subject=ADA, sealed="…")


def by(person: str, kind: type[FriendCommand], **facts: Any) -> FriendCommand:
    other = BOB if person == ADA else ADA
    return kind(user_id=person, other_id=other, **facts)


def ada(kind: type[FriendCommand], **facts: Any) -> FriendCommand:
    return by(ADA, kind, **facts)


def bob(kind: type[FriendCommand], **facts: Any) -> FriendCommand:
    return by(BOB, kind, **facts)


def ada_and_bob(*commands: FriendCommand) -> Story:
    return given(Relationship(PAIR), *commands)


def test_whom_is_named_first_makes_no_difference() -> None:
    assert pair_id(ADA, BOB) == pair_id(BOB, ADA)
    assert pair_id(ADA, BOB) != pair_id(ADA, "bo")
    assert ada(RequestFriend).aggregate_id == bob(AcceptRequest).aggregate_id == PAIR


def test_who_is_asked_says_yes() -> None:
    story = ada_and_bob().when(ada(RequestFriend, note=NOTE)).then(FriendRequested)
    story.with_facts(sender=ADA, receiver=BOB, since=T0, note=NOTE)
    story.when(bob(AcceptRequest)).then(RequestAccepted).with_facts(sender=ADA, receiver=BOB)
    story.when(bob(AcceptRequest)).then()
    story.when(ada(RequestFriend)).refuses(AlreadyFriends)


def test_asking_again_changes_nothing() -> None:
    ada_and_bob(ada(RequestFriend)).when(ada(RequestFriend)).then()


def test_two_who_ask_each_other_are_friends() -> None:
    story = ada_and_bob(ada(RequestFriend)).when(bob(RequestFriend)).then(RequestAccepted)
    story.with_facts(sender=ADA, receiver=BOB)


def test_who_was_told_no_asks_again_a_week_later() -> None:
    story = ada_and_bob(ada(RequestFriend)).when(bob(DeclineRequest)).then(RequestDeclined)
    story.when(ada(RequestFriend), now=T0 + timedelta(days=7, seconds=-1))
    story.refuses(AskedAgainTooSoon)
    story.when(ada(RequestFriend), now=T0 + timedelta(days=7)).then(FriendRequested)


def test_who_has_said_no_may_ask_at_once() -> None:
    ada_and_bob(ada(RequestFriend), bob(DeclineRequest)).when(bob(RequestFriend)).then(
        FriendRequested
    )


def test_a_request_is_taken_back() -> None:
    story = ada_and_bob(ada(RequestFriend)).when(ada(CancelRequest)).then(RequestCancelled)
    story.with_facts(sender=ADA, receiver=BOB, withheld=False)
    story.when(bob(AcceptRequest)).refuses(NoFriendRequest)


@pytest.mark.parametrize(
    "command", [ada(AcceptRequest), ada(DeclineRequest), bob(CancelRequest), bob(DeclineRequest)]
)
def test_only_who_is_asked_answers_and_only_who_asks_takes_it_back(command: FriendCommand) -> None:
    asked = [] if command == bob(DeclineRequest) else [ada(RequestFriend)]
    ada_and_bob(*asked).when(command).refuses(NoFriendRequest)


def test_either_ends_a_friendship() -> None:
    story = ada_and_bob(ada(RequestFriend), bob(AcceptRequest))
    story.when(bob(EndFriendship)).then(FriendshipEnded).with_facts(user_id=BOB, other_id=ADA)
    story.when(ada(EndFriendship)).refuses(NotFriends)
    story.when(ada(RequestFriend)).then(FriendRequested)


@pytest.mark.parametrize("kind", [RequestFriend, BlockPerson])
def test_nobody_is_their_own_friend(kind: type[FriendCommand]) -> None:
    alone = kind(user_id=ADA, other_id=ADA)
    given(Relationship(alone.aggregate_id)).when(alone).refuses(WithOneself)


def test_a_block_ends_a_friendship() -> None:
    story = ada_and_bob(ada(RequestFriend), bob(AcceptRequest)).when(bob(BlockPerson))
    story.then(FriendshipEnded, PersonBlocked).with_facts(user_id=BOB, other_id=ADA)
    story.when(bob(BlockPerson)).then()
    story.when(bob(RequestFriend)).refuses(BlockedByYou)


def test_a_block_takes_back_what_was_asked() -> None:
    ada_and_bob(bob(RequestFriend)).when(bob(BlockPerson)).then(RequestCancelled, PersonBlocked)


def test_what_a_blocked_person_has_asked_seems_to_wait() -> None:
    story = ada_and_bob(ada(RequestFriend)).when(bob(BlockPerson))
    story.then(RequestWithheld, PersonBlocked)
    story.when(bob(AcceptRequest)).refuses(NoFriendRequest)
    story.when(ada(RequestFriend)).then()
    waits = FriendView(user_id=BOB, relation="requested", since=T0, blocked=False)
    assert story.reply == waits


def test_what_a_blocked_person_asks_comes_when_the_block_is_lifted() -> None:
    story = ada_and_bob(bob(BlockPerson)).when(ada(RequestFriend, note=NOTE)).then(RequestWithheld)
    story.when(bob(UnblockPerson), now=T0 + timedelta(days=1))
    story.then(PersonUnblocked, FriendRequested)
    story.with_facts(1, sender=ADA, receiver=BOB, since=T0, note=NOTE)
    story.when(bob(UnblockPerson)).then()
    story.when(bob(AcceptRequest)).then(RequestAccepted)


def test_what_a_blocked_person_took_back_never_comes() -> None:
    story = ada_and_bob(bob(BlockPerson), ada(RequestFriend)).when(ada(CancelRequest))
    story.then(RequestCancelled).with_facts(withheld=True)
    story.when(bob(UnblockPerson)).then(PersonUnblocked)


def test_both_may_block() -> None:
    story = ada_and_bob(bob(BlockPerson), ada(RequestFriend)).when(ada(BlockPerson))
    story.then(RequestCancelled, PersonBlocked).with_facts(withheld=True)
    story.when(bob(UnblockPerson)).then(PersonUnblocked)
    story.when(bob(RequestFriend)).then(RequestWithheld)


KINDS = (RequestFriend, AcceptRequest, DeclineRequest, CancelRequest, EndFriendship)
BLOCKS = (BlockPerson, UnblockPerson)
HOURS = st.integers(0, 200)


def asked_of(people: Sequence[str], kinds: Sequence[type[FriendCommand]]) -> Any:
    each = st.builds(by, st.sampled_from(people), st.sampled_from(kinds))
    return st.lists(st.tuples(each, HOURS), max_size=12)


@for_all(asked_of([ADA, BOB], [*KINDS, *BLOCKS]))
def test_whatever_happens_it_stays_in_order(asked: Sequence[tuple[FriendCommand, int]]) -> None:
    pair, now = Relationship(PAIR), T0
    history: list[DomainEvent] = []
    for command, hours in asked:
        now += timedelta(hours=hours)
        answered(pair, command, now)
        history += pair.collect_events()
        state = pair.state()
        assert state.request is None or state.friends_since is None
        assert state.friends_since is None or not state.blockers
        if state.request is not None:
            other = BOB if state.request.sender == ADA else ADA
            assert state.request.sender not in state.blockers
            assert state.request.withheld == (other in state.blockers)
    folds_the_same_from_any_snapshot(SOCIAL, Relationship, PAIR, history)


@for_all(asked_of([ADA, BOB], KINDS), asked_of([ADA], KINDS))
def test_a_blocked_person_is_answered_as_by_somebody_who_does_not_answer(
    before: Sequence[tuple[FriendCommand, int]], after: Sequence[tuple[FriendCommand, int]]
) -> None:
    blocked, silent, now = Relationship(PAIR), Relationship(PAIR), T0
    for command, hours in before:
        now += timedelta(hours=hours)
        answered(blocked, command, now)
        answered(silent, command, now)
    answered(blocked, bob(BlockPerson), now)
    for visible in (bob(EndFriendship), bob(CancelRequest)):
        answered(silent, visible, now)
    for command, hours in after:
        now += timedelta(hours=hours)
        assert answered(blocked, command, now) == answered(silent, command, now)
    answered(blocked, bob(UnblockPerson), now)
    assert told(blocked, ADA) == told(silent, ADA)


@for_all(asked_of([ADA, BOB], [*KINDS, *BLOCKS]))
def test_who_has_blocked_somebody_is_told_what_they_did(
    asked: Sequence[tuple[FriendCommand, int]],
) -> None:
    pair, now = Relationship(PAIR), T0
    for command, hours in asked:
        now += timedelta(hours=hours)
        answered(pair, command, now)
    events = pair.collect_events()
    own = [each for each in events if isinstance(each, PersonBlocked) and each.user_id == BOB]
    names = [name for name, _ in told(events, BOB)]
    assert names.count("friends.blocked.v1") == len(own)
    assert "friends.request-withheld.v1" not in names


def told(pair: Relationship | Sequence[DomainEvent], person: str) -> Sequence[tuple[str, Any]]:
    """What somebody would find in an export."""
    events = pair.collect_events() if isinstance(pair, Relationship) else pair
    known = [each.as_told_to(person) for each in events]
    return [(each.wire_name(), each.facts()) for each in known if each is not None]


def answered(pair: Relationship, command: FriendCommand, now: datetime) -> Any:
    """What somebody is told, be it yes or no."""
    try:
        return pair.decide(command, now)
    except Refusal as refusal:
        return type(refusal), str(refusal)
