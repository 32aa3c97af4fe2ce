"""What is restored is what the log says, whoever wrote snapshots and whatever was lost of them."""

import pytest

from application.log.fold import Fold
from application.log.snapshots import checkpoints
from application.log.snapshots.checkpoints import Checkpoints
from application.log.snapshots.restored import RestoredFold
from domain.aggregate import Aggregate
from tests.eventlog.snapshot_indexes import BATCH, Corrupt, World

pytestmark = pytest.mark.no_cover  # a million steps through few lines, which others cover too

SCHEDULES = 150
STEPS = 400
REMEMBERED = 5
MARKS_APART = 3


@pytest.fixture(autouse=True)
def _small_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "REMEMBERED_COMMANDS", REMEMBERED)
    monkeypatch.setattr(checkpoints, "ANSWERS_BETWEEN_MARKS", MARKS_APART)


def test_no_schedule_of_zombies_crashes_and_losses_restores_anything_else() -> None:
    restored = refused = idle = brought_back = 0
    for seed in range(SCHEDULES):
        world = World(seed)
        try:
            world.run(STEPS)
        except Corrupt as corrupt:
            pytest.fail(f"seed {seed}: {corrupt}")
        restored += world.restored
        refused += world.refused
        idle += world.idle
        brought_back += world.brought_back
    assert restored > 5 * SCHEDULES, "the schedules are so hostile that little is ever restored"
    assert refused > SCHEDULES / 10, "the schedules are so friendly that nothing is ever wrong"
    assert idle > 50 * SCHEDULES, "little is ever idle, so nothing is tried of that"
    assert brought_back > SCHEDULES, "what is idle stays so, so nothing is tried of that"


def test_without_the_sum_of_versions_some_schedule_restores_something_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(RestoredFold, "_wrong", None)
    assert _some_schedule_corrupts()


def test_without_what_has_happened_meanwhile_some_schedule_restores_something_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without(fold: Fold, aggregate: Aggregate) -> None:
        fold._unfolded.pop(aggregate.id, None)
        fold.keep(aggregate)

    monkeypatch.setattr(Fold, "bring_back", without)
    assert _some_schedule_corrupts()


def test_without_a_look_at_what_has_changed_meanwhile_nothing_restores_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Checkpoints, "absent", lambda checkpoints: ())
    worlds = [World(seed) for seed in range(SCHEDULES)]
    for world in worlds:
        world.run(STEPS)
    assert not all(world.restore() for world in worlds)


def _some_schedule_corrupts() -> bool:
    for seed in range(SCHEDULES):
        try:
            World(seed).run(STEPS)
        except Corrupt:
            return True
    return False


def test_once_a_single_writer_is_left_everything_restores_and_little_is_read() -> None:
    outdated = 0
    for seed in range(SCHEDULES):
        world = World(seed)
        world.run(STEPS)
        before = world.tails
        assert world.restore(), f"seed {seed}"
        assert world.tails - before < REMEMBERED + MARKS_APART + BATCH
        outdated += len(world.index().outdated)
    assert outdated < SCHEDULES / 10, "what is void is not taken away"
