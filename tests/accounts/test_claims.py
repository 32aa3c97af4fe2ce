"""Claims of handles: whatever dies, each handle has one owner, and each account its handle."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from domain.accounts.account import (
    Account,
)
from domain.accounts.commands import (
    ChangeHandle,
    RegisterAccount,
)
from domain.accounts.events import (
    AccountRegistered,
    HandleChanged,
)
from domain.accounts.handle import (
    ClaimHandle,
    DoubtClaim,
    GiveUpHandle,
    Handle,
    HandleClaim,
    HandleGivenUp,
    HandleReleased,
)
from domain.aggregate import decides
from tests.accounts.world import MOST_SKEW_S, World

USERS = some.sampled_from(["ada", "bob"])
HANDLES = some.sampled_from(["night", "owl", "day"])
SECONDS = some.sampled_from([1, 59, 61, 3_600, 31 * 86_400])


class Claims(RuleBasedStateMachine):
    """People who want the same handles, while requests and the process die where they are."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @rule(user=USERS, handle=HANDLES, steps=some.integers(0, 3))
    def take(self, user: str, handle: str, steps: int) -> None:
        self.world.take(user, handle, steps)

    @rule(user=USERS)
    def delete(self, user: str) -> None:
        self.world.delete(user)

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
    def no_two_accounts_have_the_same_handle(self) -> None:
        assert all(len(users) == 1 for users in self.world.holders().values())

    def teardown(self) -> None:
        self.world.come_to_rest()
        self.no_two_accounts_have_the_same_handle()
        assert self.world.holders() == self.world.owners()
        assert self.world.claims() == []


class TestClaims(Claims.TestCase):  # type: ignore[misc,valid-type]
    settings = settings(max_examples=250, stateful_step_count=50)


# -- each rule is needed ---------------------------------------------------------------------------


class TakesByAnyClaim(Account):
    """Forgets which claims it has forgone."""

    def _good(self, command: RegisterAccount | ChangeHandle) -> datetime:
        return command.claimed_until or super()._good(command)


class UsesAnEarlierClaim(Account):
    """Knows only which claims it has forgone, and not which it has used."""

    def _take(self, event: AccountRegistered | HandleChanged) -> None:
        self._handle, self._claimed_until = event.handle, event.claimed_until


class LetsGoInTime(Handle):
    """Gives a claim up when its time is over, and asks no account."""

    @decides(DoubtClaim)
    def doubt(self, command: DoubtClaim, now: datetime) -> None:
        if (claim := self.state().claim) is not None and now >= claim.until:
            self._record(HandleReleased, user_id=claim.user_id, until=claim.until)


class KeepsOneClaim(Handle):
    """Gives every request of an account the same claim."""

    @decides(ClaimHandle)
    def claim(self, command: ClaimHandle, now: datetime) -> HandleClaim:
        claim = self.state().claim
        if claim is not None and claim.user_id == command.user_id:
            return claim
        return super().claim(command, now)


class GivesUpWhatever(Handle):
    """Does not look by which claim its owner has it."""

    @decides(GiveUpHandle)
    def give_up(self, command: GiveUpHandle, now: datetime) -> None:
        owner = self.state().owner
        if owner is not None and owner.user_id == command.user_id:
            self._record(HandleGivenUp, user_id=owner.user_id, held_until=now)


def comes_late(world: World) -> None:
    """Ada's request stops behind its claim, until Bob has the handle."""
    world.take("ada", "night", steps=2)
    (request,) = world.requests
    for _ in range(2):
        world.pass_time(3_600)
        world.ring()
        world.follow(99)
    world.follow(99)
    world.take("bob", "night")
    world.advance(request)


def comes_back_by_an_earlier_claim(world: World) -> None:
    """Bob's first request stops behind its claim; a second one registers him, and he deletes."""
    world.take("bob", "night", steps=2)
    (first,) = world.requests
    world.take("bob", "night")
    world.delete("bob")
    world.advance(first)


def is_confirmed_late(world: World) -> None:
    """Ada has the handle, of which the process knows nothing yet when Bob wants it."""
    world.take("ada", "night")
    world.pass_time(3_600)
    world.ring()
    world.take("bob", "night")


def goes_and_comes_back(world: World) -> None:
    """Ada changes her handle and changes it back, before the process knows of the first."""
    for handle in ("night", "owl", "night"):
        world.pass_time(MOST_SKEW_S)
        world.take("ada", handle)


def goes_and_comes_back_twice_told(world: World) -> None:
    """And the process dies in the middle of it, and begins again."""
    goes_and_comes_back(world)
    world.follow(99, killed_after=4)


def holds(story: Callable[[World], None], world: World) -> bool:
    """Whether all is well at the end of a story, and once everything has come to rest."""
    story(world)
    was_well = all(len(users) == 1 for users in world.holders().values())
    world.come_to_rest()
    return was_well and world.holders() == world.owners() and not world.claims()


@pytest.mark.parametrize(
    ("story", "without"),
    [
        (comes_late, World(TakesByAnyClaim)),
        (comes_back_by_an_earlier_claim, World(UsesAnEarlierClaim)),
        (is_confirmed_late, World(handle=LetsGoInTime)),
        (goes_and_comes_back_twice_told, World(handle=GivesUpWhatever)),
    ],
)
def test_each_rule_is_needed(story: Callable[[World], None], without: World) -> None:
    assert holds(story, World())
    assert not holds(story, without)


def test_whoever_changes_a_handle_and_back_again_has_it() -> None:
    world, without = World(), World(handle=KeepsOneClaim)
    for each in (world, without):
        goes_and_comes_back(each)
    assert world.holders() == {"night": ["ada"]}
    assert without.holders() == {"owl": ["ada"]}
