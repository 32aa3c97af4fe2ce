"""Every rule of the shard is needed: without it, some schedule breaks the promise."""

from itertools import chain

import pytest

from application.log.gate import Gate
from tests.eventlog.simulation.code import without
from tests.eventlog.simulation.fold import Violation
from tests.eventlog.simulation.mutants import MUTANTS, Mutant
from tests.eventlog.simulation.world import World

pytestmark = pytest.mark.no_cover  # a million steps through few lines, which others cover too

SCHEDULES = 4_000
"""At the most; nearly every rule is missed within a hundred."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_some_schedule_breaks_the_promise_without_the_rule_that(mutant: Mutant) -> None:
    code = mutant.code()
    for seed in chain([mutant.soonest], range(SCHEDULES)):
        try:
            World(seed, code, mutant.theme).run()
        except Violation as violation:
            print(f"Seed {seed}: {violation}")  # noqa: T201  for who asks with `pytest -rP`
            return
    pytest.fail("no schedule notices; the rule is superfluous, or the simulation too weak")


def test_a_mutant_that_no_longer_fits_the_code_is_noticed() -> None:
    with pytest.raises(AssertionError, match="change the mutant with the code"):
        without("gate", ("no such line", ""))


def test_the_code_that_everybody_else_uses_is_not_changed_by_a_mutant() -> None:
    mutated = MUTANTS[0].code().Gate()
    assert mutated.claim(0, "anybody")
    assert not Gate().claim(0, "anybody")
