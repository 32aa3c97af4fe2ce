"""What is restored is what the log says, whoever wrote snapshots and whatever was lost of them."""

import pytest

from application.log.snapshots import checkpoints
from application.log.snapshots.restored import RestoredFold
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
    restored = refused = 0
    for seed in range(SCHEDULES):
        world = World(seed)
        try:
            world.run(STEPS)
        except Corrupt as corrupt:
            pytest.fail(f"seed {seed}: {corrupt}")
        restored += world.restored
        refused += world.refused
    assert restored > 5 * SCHEDULES, "the schedules are so hostile that little is ever restored"
    assert refused > SCHEDULES / 10, "the schedules are so friendly that nothing is ever wrong"


def test_without_the_sum_of_versions_some_schedule_restores_something_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(RestoredFold, "_wrong", None)
    assert _some_schedule_corrupts()


def _some_schedule_corrupts() -> bool:
    for seed in range(SCHEDULES):
        try:
            World(seed).run(STEPS)
        except Corrupt:
            return True
    return False


def test_once_a_single_writer_is_left_everything_restores_and_little_is_read() -> None:
    for seed in range(SCHEDULES):
        world = World(seed)
        world.run(STEPS)
        before = world.tails
        assert world.restore(), f"seed {seed}"
        assert world.tails - before < REMEMBERED + MARKS_APART + BATCH
