"""Claims of handles: whatever dies, each handle has one owner, and each account its handle."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.accounts.account import Account, ChangeHandle, RegisterAccount
from domain.accounts.handle import ClaimHandle, DoubtClaim, Handle, HandleClaim, HandleReleased
from domain.aggregate import decides
from tests.accounts.world import World

USERS = some.sampled_from(["ada", "bob"])
HANDLES = some.sampled_from(["night", "owl", "day"])
SECONDS = some.sampled_from([1, 59, 61, 3_600, 31 * 86_400])
THOROUGHLY = settings(max_examples=250, stateful_step_count=50, derandomize=True)
UNTIL_BROKEN = settings(THOROUGHLY, max_examples=2_000, phases=[Phase.generate], print_blob=False)


class Claims(RuleBasedStateMachine):
    """People who want the same handles, while requests and the process die where they are."""

    def __init__(self) -> None:
        super().__init__()
        self.world = self.build()

    @staticmethod
    def build() -> World:
        return World()

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
    settings = THOROUGHLY


class TakesByAnyClaim(Account):
    """Forgets which claims it has forgone."""

    def _good(self, command: RegisterAccount | ChangeHandle) -> Any:
        return command.claimed_until or super()._good(command)


class LetsGoInTime(Handle):
    """Gives a claim up when its time is over, and asks no account."""

    @decides(DoubtClaim)
    def doubt(self, command: DoubtClaim, now: Any) -> None:
        state = self.state()
        if state.claim is not None and now >= state.claim.until:
            self._record(HandleReleased, user_id=state.claim.user_id, until=state.claim.until)


class KeepsOneClaim(Handle):
    """Gives every request of an account the same claim."""

    @decides(ClaimHandle)
    def claim(self, command: ClaimHandle, now: Any) -> HandleClaim:
        claim = self.state().claim
        if claim is not None and claim.user_id == command.user_id:
            return claim
        return super().claim(command, now)


def machine(build: Callable[[], World]) -> type[Claims]:
    class Broken(Claims):
        pass

    Broken.build = staticmethod(build)  # type: ignore[method-assign]
    return Broken


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda: World(TakesByAnyClaim), id="takes by any claim"),
        pytest.param(lambda: World(handle=LetsGoInTime), id="lets go in time"),
        pytest.param(lambda: World(handle=KeepsOneClaim), id="keeps one claim"),
    ],
)
def test_each_rule_is_needed(build: Callable[[], World]) -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine(build), settings=UNTIL_BROKEN)
