"""Ledgers keep their promises whatever the network does, and each of their rules is needed."""

from collections.abc import Callable
from typing import Any

import pytest

from application.log.in_flight import InFlight
from application.log.shard import Role
from infra.eventlog.recorders.shard import LedgerShard
from tests.eventlog.recorders.world import World

pytestmark = pytest.mark.no_cover  # a million steps through few lines, which others cover too

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


def keeps_what_is_lost(*about: Any, **world: Any) -> LedgerShard:
    """Starts over, and goes on believing what it decided."""
    made = LedgerShard(*about, **world)
    made.ledger.forget = lambda: None  # type: ignore[method-assign]
    return made


def keeps_answers(*about: Any, **world: Any) -> LedgerShard:
    """Starts over, and remembers the answers of what was lost."""
    made = LedgerShard(*about, **world)
    made.shard._answers.forget = lambda command_id: None  # type: ignore[method-assign]
    return made


def answers_on_sending(*about: Any, **world: Any) -> LedgerShard:
    """Takes what it has sent for what was accepted."""
    made = LedgerShard(*about, **world)
    shard, start_over = made.shard, made.shard.start_over

    def answer_and_start_over(reason: str) -> None:
        for commit in shard._in_flight:
            for done, verdict in commit.waiting:
                done(verdict)
        shard._in_flight = InFlight()
        start_over(reason)

    shard.start_over = answer_and_start_over  # type: ignore[method-assign]
    return made


def forgets_what_came_back_late(*about: Any, **world: Any) -> LedgerShard:
    """Ignores its own commits once it has started over, as others do not."""
    made = LedgerShard(*about, **world)
    shard, receive = made.shard, made.shard._receive_commit

    def receive_commit(commit: Any) -> None:
        if shard.role is Role.FOLLOWER and commit.owner == shard.owner:
            shard.gate.commit(commit.epoch, commit.owner, commit.seq, len(commit.events))
        else:
            receive(commit)

    shard._receive_commit = receive_commit  # type: ignore[method-assign]
    return made


@pytest.mark.parametrize(
    "broken",
    [keeps_what_is_lost, keeps_answers, answers_on_sending, forgets_what_came_back_late],
)
def test_a_ledger_without_one_of_its_rules_is_caught(broken: Callable[..., LedgerShard]) -> None:
    with pytest.raises(AssertionError):
        run_all(broken)


def run_all(new_shard: Callable[..., LedgerShard]) -> None:
    for seed in SEEDS:
        World(seed, new_shard).run(STEPS)
