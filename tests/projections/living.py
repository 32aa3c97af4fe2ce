"""What tests do with a read model."""

from application.ports.reading import ShardsMoved
from application.rebuild import Built, RebuildProgress
from application.upkeep import Upkeep


def quietly(progress: RebuildProgress) -> None:
    assert progress.done <= progress.total


def live(model: Upkeep) -> Upkeep:
    """Follow the log to its end, building the read model first where there is none."""
    worker = model.projector()
    while not worker.resume():
        worker.build()
    while worker.step(0):
        pass
    return model


def until_read(model: Upkeep) -> None:
    """Follow until nothing is left to read, as a member of a group, which joins first."""
    worker = model.projector()
    while not worker.resume():
        worker.build()
    while model.status().lag:
        try:
            worker.step()
        except ShardsMoved:
            assert worker.resume()


def outcome(built: Built) -> tuple[bool, int]:
    """Whether there was something to compare with, and how many values differed."""
    return built.compared, built.different


def is_true(model: Upkeep) -> bool:
    """Whether every value is what the log says."""
    return outcome(model.verify(quietly)) == (True, 0)
