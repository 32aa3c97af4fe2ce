"""Every state of the protocol within small bounds keeps the promise, and each rule is needed.

`TLC_RECORDS` lets the log of the whole protocol grow longer; a record more takes ten times as long.
"""

import os
from pathlib import Path
from typing import Any, Never

import pytest

from tests.eventlog import tlc
from tests.eventlog.simulation.mutants import MUTANTS
from tests.eventlog.tlc import SECONDS, Bounds, Explored, explore, rules

pytestmark = pytest.mark.timeout(SECONDS)

RECORDS = int(os.environ.get("TLC_RECORDS", "4"))

NEEDED = {
    "a claim needs a higher epoch": Bounds(records=5),
    "a commit needs the epoch of the claim": Bounds(),
    "a commit needs the next sequence number": Bounds(),
    "an owner has read its claim back": Bounds(),
    "nobody claims an epoch twice": Bounds(),
    "who reads a newer claim owns no more": Bounds(),
    "who claims has nothing in flight": Bounds(),
    "a success is answered after the read-back": Bounds(),
    "an answer without events waits for what is in flight": Bounds(),
    "a confirmed answer waits for an empty commit": Bounds(looks=1),
    "no empty commit is like another": Bounds(commands=1, records=5, looks=2, faults=()),
    "command ids are remembered": Bounds(),
}

SUPERFLUOUS = "a commit needs the owner of the claim"


def test_no_state_breaks_the_promise(cache: pytest.Cache) -> None:
    explored = explore(cache, Bounds(records=RECORDS))
    assert explored.broken is None, explored.trace
    assert explored.states > 50_000
    print(f"{explored.states} states")  # noqa: T201  for who asks with `pytest -rP`


def test_no_state_breaks_the_promise_to_who_looks_or_after_a_crash(cache: pytest.Cache) -> None:
    explored = explore(cache, Bounds(commands=1, looks=1, lives=2, faults=("releases",)))
    assert explored.broken is None, explored.trace
    assert explored.states > 10_000


@pytest.mark.parametrize("rule", NEEDED)
def test_some_state_breaks_the_promise_without_the_rule_that(
    rule: str, cache: pytest.Cache
) -> None:
    explored = explore(cache, NEEDED[rule], without=rule)
    assert explored.broken, "no state notices; the rule is superfluous, or the bounds too small"
    print(_told(explored))  # noqa: T201  for who asks with `pytest -rP`


def _told(explored: Explored) -> str:
    return f"{explored.broken} is broken after {explored.states} states:{explored.trace}"


def test_an_epoch_alone_tells_who_may_commit(cache: pytest.Cache) -> None:
    """An accepted claim makes the epoch its owner's; to compare the names too costs nothing."""
    explored = explore(cache, Bounds(records=RECORDS), without=SUPERFLUOUS)
    assert explored.broken is None


def test_a_verdict_is_kept_for_the_very_same_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, rule = Kept(), "an owner has read its claim back"
    verdict = explore(cache, NEEDED[rule], without=rule)
    monkeypatch.setattr(tlc, "_run", unasked)
    assert explore(cache, NEEDED[rule], without=rule) == verdict

    changed = tmp_path / "protocol.tla"
    changed.write_text(tlc.SPECIFICATION.read_text() + "\n")
    with pytest.raises(AssertionError, match="asked again"):
        explore(cache, Bounds(records=3), without=rule)
    monkeypatch.setattr(tlc, "SPECIFICATION", changed)
    with pytest.raises(AssertionError, match="asked again"):
        explore(cache, NEEDED[rule], without=rule)


class Kept(dict[str, Any]):
    """A cache of its own."""

    def set(self, key: str, value: object) -> None:
        self[key] = value


def unasked(*_: object) -> Never:
    raise AssertionError("TLC is asked again")


def test_the_specification_and_the_simulation_take_away_the_same_rules() -> None:
    assert rules() == NEEDED.keys() | {SUPERFLUOUS}
    assert NEEDED.keys() <= {mutant.rule for mutant in MUTANTS}
