"""What tests do with a read model."""

from application.ports.reading import ShardsMoved
from application.projector import POLL_TIMEOUT_S, Projector
from application.rebuild import Built, RebuildProgress
from application.upkeep import Upkeep


def quietly(progress: RebuildProgress) -> None:
    assert progress.done <= progress.total


def live(model: Upkeep) -> Upkeep:
    """Follow the log to its end, building the read model first where there is none."""
    worker = _standing(model)
    while _has_more(worker, 0):
        pass
    return model


def until_read(model: Upkeep) -> None:
    """Follow until nothing is left to read, as a member of a group, which joins first."""
    worker = _standing(model)
    while model.status().lag:
        _has_more(worker, POLL_TIMEOUT_S)


def _standing(model: Upkeep) -> Projector:
    worker = model.projector()
    while not worker.resume():
        worker.build()
    return worker


def _has_more(worker: Projector, timeout: float) -> bool:
    try:
        return worker.step(timeout) > 0
    except ShardsMoved:  # a group speaks when it likes to
        assert worker.resume()
        return True


def outcome(built: Built) -> tuple[bool, int]:
    """Whether there was something to compare with, and how many values differed."""
    return built.compared, built.different


def is_true(model: Upkeep) -> bool:
    """Whether every value is what the log says."""
    return outcome(model.verify(quietly)) == (True, 0)
