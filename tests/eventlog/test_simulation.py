"""The shard keeps its promise in every schedule of a simulated world.

`SIMULATION_SCHEDULES` asks for another number of schedules.
"""

import os
import subprocess
import sys
from collections import Counter

import pytest

from application.ports.commands import Answer, Unavailable
from domain.refusals import Refusal
from tests.eventlog.simulation.check import explainable, must_be_fresh
from tests.eventlog.simulation.fold import Violation
from tests.eventlog.simulation.weather import COUNTER_IDS
from tests.eventlog.simulation.world import World

pytestmark = pytest.mark.no_cover  # a million steps through few lines, which others cover too

SCHEDULES = int(os.environ.get("SIMULATION_SCHEDULES", "2000"))
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_no_schedule_breaks_the_promise(part: int) -> None:
    for seed in range(part, SCHEDULES, PARTS):
        try:
            World(seed).run()
        except Violation as violation:
            pytest.fail(
                f"Seed {seed}: {violation}. "
                f"See it happen with: python -m tests.eventlog.simulation {seed}"
            )


def test_much_happens_in_the_schedules() -> None:
    happened: Counter[str] = Counter()
    for seed in range(100):
        world = World(seed)
        world.run()
        happened["commit"] += len(world.truth.commits)
        happened["takeover"] += len(world.truth.reigns)
        happened["fault"] += len(world.faults)
        for attempt in world.history.attempts:
            outcome = attempt.outcome
            happened["answer"] += isinstance(outcome, Answer)
            happened["repeat"] += isinstance(outcome, Answer) and outcome.repeated
            happened["refusal"] += isinstance(outcome, Refusal)
            happened["no answer in time"] += isinstance(outcome, Unavailable)
            happened["crash before the answer"] += outcome is None
    few = {what: times for what, times in happened.items() if times < 20}
    assert not few, "the schedules are so hostile, or so tame, that hardly any of this happens"


def test_what_is_not_confirmed_may_be_outdated_where_an_owner_was_fenced_and_only_there() -> None:
    """`must_be_fresh` is as strict as can be: with any more, some schedule breaks the promise."""
    for seed in range(SCHEDULES):
        world = World(seed)
        world.run()
        for counter in COUNTER_IDS:
            assert explainable(world.history, counter, must_be_fresh)
            if not explainable(world.history, counter, lambda operation, answered: True):
                return
    pytest.fail("no owner that was fenced gave an outdated answer, so why is it allowed?")


def test_a_seed_is_all_that_a_schedule_depends_on() -> None:
    told = {_tell(seed=7, hashes=hashes) for hashes in ("1", "2")}
    assert len(told) == 1
    assert _tell(seed=8, hashes="1") not in told


def _tell(seed: int, hashes: str) -> str:
    command = [sys.executable, "-m", "tests.eventlog.simulation", str(seed)]
    environment = os.environ | {"PYTHONHASHSEED": hashes}
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout
