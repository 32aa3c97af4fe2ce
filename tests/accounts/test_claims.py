"""Claims: whatever dies, each handle and address has one owner, and each account its own."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from domain.accounts.account import Account
from domain.accounts.claimed_name import (
    ClaimedName,
    ClaimName,
    DoubtClaim,
    GiveUpName,
    NameClaim,
    NameGivenUp,
    NameReleased,
)
from domain.aggregate import decides
from tests.accounts.world import MOST_SKEW_S, World

USERS = some.sampled_from(["ada", "bob"])
HANDLES = some.sampled_from(["@night", "@owl", "@day"])
ADDRESSES = some.sampled_from(["=am", "=pm"])
SECONDS = some.sampled_from([1, 59, 61, 3_600, 31 * 86_400])


class Claims(RuleBasedStateMachine):
    """People who want the same names, while requests and the process die where they are."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @rule(user=USERS, name=HANDLES | ADDRESSES, steps=some.integers(0, 3))
    def take(self, user: str, name: str, steps: int) -> None:
        self.world.take(user, name, steps)

    @rule(user=USERS, name=HANDLES, address=ADDRESSES, steps=some.integers(0, 4))
    def register_with(self, user: str, name: str, address: str, steps: int) -> None:
        self.world.register_with(user, name, address, steps)

    @rule(user=USERS)
    def remove_email(self, user: str) -> None:
        self.world.give_up(user, "=")

    @rule(user=USERS)
    def delete(self, user: str) -> None:
        self.world.give_up(user, "@")

    @precondition(lambda self: self.world.requests)
    @rule(data=some.data())
    def advance(self, data: Any) -> None:
        self.world.advance(data.draw(some.sampled_from(self.world.requests)))

    @precondition(lambda self: self.world.requests)
    @rule(data=some.data())
    def kill(self, data: Any) -> None:
        self.world.kill(data.draw(some.sampled_from(self.world.requests)))

    @rule(events=some.integers(1, 9))
    def follow(self, events: int) -> None:
        self.world.follow(events)

    @rule(events=some.integers(1, 9), commands=some.integers(0, 4))
    def follow_and_die(self, events: int, commands: int) -> None:
        self.world.follow(events, killed_after=commands)

    @rule(seconds=SECONDS)
    def pass_time(self, seconds: int) -> None:
        self.world.pass_time(seconds)

    @rule()
    def ring(self) -> None:
        self.world.ring()

    @invariant()
    def no_two_accounts_have_the_same_name(self) -> None:
        assert all(len(users) == 1 for users in self.world.holders().values())

    def teardown(self) -> None:
        self.world.come_to_rest()
        self.no_two_accounts_have_the_same_name()
        assert self.world.holders() == self.world.owners()
        assert self.world.claims() == []


class TestClaims(Claims.TestCase):  # type: ignore[misc,valid-type]
    settings = settings(max_examples=250, stateful_step_count=50)


# -- each rule is needed ---------------------------------------------------------------------------


class TakesByAnyClaim(Account):
    """Forgets which claims it has forgone."""

    def _good(self, name: str, until: datetime | None) -> datetime:
        return until or super()._good(name, until)


class UsesAnEarlierClaim(Account):
    """Knows only which claims it has forgone, and not which it has used."""

    def _take(self, name: str, until: datetime) -> None:
        held = self._held[name[0]]
        held.name, held.claimed_until = name, until


class LetsGoInTime(ClaimedName):
    """Gives a claim up when its time is over, and asks no account."""

    @decides(DoubtClaim)
    def doubt(self, command: DoubtClaim, now: datetime) -> None:
        if (claim := self.state().claim) is not None and now >= claim.until:
            self._record(NameReleased, user_id=claim.user_id, until=claim.until)


class KeepsOneClaim(ClaimedName):
    """Gives every request of an account the same claim."""

    @decides(ClaimName)
    def claim(self, command: ClaimName, now: datetime) -> NameClaim:
        claim = self.state().claim
        if claim is not None and claim.user_id == command.user_id:
            return claim
        return super().claim(command, now)


class GivesUpWhatever(ClaimedName):
    """Does not look by which claim its owner has it."""

    @decides(GiveUpName)
    def give_up(self, command: GiveUpName, now: datetime) -> None:
        owner = self.state().owner
        if owner is not None and owner.user_id == command.user_id:
            self._record(NameGivenUp, user_id=owner.user_id, held_until=now)


class Wanted(NamedTuple):
    """Two names of one kind, which people want."""

    first: str
    second: str


NAMES = {"handles": Wanted("@night", "@owl"), "addresses": Wanted("=am", "=pm")}
Tale = Callable[[World, Wanted], None]


def comes_late(world: World, wanted: Wanted) -> None:
    """Ada's request stops behind its claim, until Bob has the name."""
    world.take("ada", wanted.first, steps=2)
    (request,) = world.requests
    for _ in range(2):
        world.pass_time(3_600)
        world.ring()
        world.follow(99)
    world.follow(99)
    world.take("bob", wanted.first)
    world.advance(request)


def comes_back_by_an_earlier_claim(world: World, wanted: Wanted) -> None:
    """Bob's first request stops behind its claim; a second one takes the name; he gives it up."""
    world.take("bob", wanted.first, steps=2)
    (first,) = world.requests
    world.take("bob", wanted.first)
    world.give_up("bob", wanted.first[0])
    world.advance(first)


def is_confirmed_late(world: World, wanted: Wanted) -> None:
    """Ada has the name, of which the process knows nothing yet when Bob wants it."""
    world.take("ada", wanted.first)
    world.pass_time(3_600)
    world.ring()
    world.take("bob", wanted.first)


def goes_and_comes_back(world: World, wanted: Wanted) -> None:
    """Ada changes her name and changes it back, before the process knows of the first."""
    for name in (wanted.first, wanted.second, wanted.first):
        world.pass_time(MOST_SKEW_S)
        world.take("ada", name)


def goes_and_comes_back_twice_told(world: World, wanted: Wanted) -> None:
    """And the process dies in the middle of it, and begins again."""
    goes_and_comes_back(world, wanted)
    world.follow(99, killed_after=4)


def told(tale: Tale, world: World, wanted: Wanted) -> bool:
    """Whether all is well at the end of a tale, and once everything has come to rest."""
    if wanted.first.startswith("="):  # which only accounts have
        for user in ("ada", "bob"):
            world.take(user, f"@{user}")
        world.come_to_rest()
    tale(world, wanted)
    was_well = all(len(users) == 1 for users in world.holders().values())
    world.come_to_rest()
    return was_well and world.holders() == world.owners() and not world.claims()


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize(
    ("tale", "without"),
    [
        (comes_late, (TakesByAnyClaim, ClaimedName)),
        (comes_back_by_an_earlier_claim, (UsesAnEarlierClaim, ClaimedName)),
        (is_confirmed_late, (Account, LetsGoInTime)),
        (goes_and_comes_back_twice_told, (Account, GivesUpWhatever)),
    ],
)
def test_each_rule_is_needed(tale: Tale, without: Any, kind: str) -> None:
    assert told(tale, World(), NAMES[kind])
    assert not told(tale, World(*without), NAMES[kind])


def test_whoever_changes_a_handle_and_back_again_has_it() -> None:
    world, without = World(), World(name=KeepsOneClaim)
    for each in (world, without):
        goes_and_comes_back(each, NAMES["handles"])
    assert world.holders() == {"@night": ["ada"]}
    assert without.holders() == {"@owl": ["ada"]}


def test_who_registers_with_an_address_has_both_or_no_account() -> None:
    world = World()
    world.register_with("ada", "@night", "=am", steps=3)
    assert world.holders() == {}
    world.register_with("bob", "@owl", "=pm")
    assert world.holders() == {"@owl": ["bob"], "=pm": ["bob"]}
