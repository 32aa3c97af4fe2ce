"""Ledgers keep their promises whatever the network does, and each of their rules is needed."""

from typing import Any

import pytest

from application.log.in_flight import InFlight
from application.log.shard import Role
from infra.eventlog.recorders.shard import LedgerShard
from tests.eventlog.recorders.world import World

SEEDS = range(300)
STEPS = 400


@pytest.mark.parametrize("seed", SEEDS)
def test_every_version_is_stored_once_and_everybody_knows(seed: int) -> None:
    World(seed).run(STEPS)


def test_the_simulation_comes_to_something() -> None:
    worlds = [World(seed) for seed in range(20)]
    for world in worlds:
        world.run(STEPS)
    assert sum(len(world.outcomes) for world in worlds) > 500
    assert sum(len(world.accepted()) for world in worlds) > 300
    assert sum(world.incarnations for world in worlds) > 60


class KeepsWhatIsLost(LedgerShard):
    """Starts over, and goes on believing what it decided."""

    def start_over(self, reason: str) -> None:
        forget, self.ledger.forget = self.ledger.forget, lambda: None  # type: ignore[method-assign]
        super().start_over(reason)
        self.ledger.forget = forget  # type: ignore[method-assign]


class KeepsAnswers(LedgerShard):
    """Starts over, and remembers the answers of what was lost."""

    def start_over(self, reason: str) -> None:
        forget, self._answers.forget = self._answers.forget, lambda command_id: None  # type: ignore[method-assign]
        super().start_over(reason)
        self._answers.forget = forget  # type: ignore[method-assign]


class AnswersOnSending(LedgerShard):
    """Takes what it has sent for what was accepted."""

    def start_over(self, reason: str) -> None:
        for commit in self._in_flight:
            for done, outcome in commit.waiting:
                done(outcome)
        self._in_flight = InFlight()
        super().start_over(reason)


class ForgetsWhatCameBackLate(LedgerShard):
    """Ignores its own commits once it has started over, as others do not."""

    def _receive_commit(self, commit: Any, value: bytes) -> None:
        if self.role is Role.FOLLOWER and commit.owner == self.owner:
            self.gate.commit(commit.epoch, commit.owner, commit.seq, len(commit.events))
        else:
            super()._receive_commit(commit, value)


@pytest.mark.parametrize(
    "broken", [KeepsWhatIsLost, KeepsAnswers, AnswersOnSending, ForgetsWhatCameBackLate]
)
def test_a_ledger_without_one_of_its_rules_is_caught(broken: type[LedgerShard]) -> None:
    with pytest.raises(AssertionError):
        run_all(broken)


def run_all(shard_type: type[LedgerShard]) -> None:
    for seed in SEEDS:
        World(seed, shard_type).run(STEPS)
