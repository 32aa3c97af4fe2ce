"""A rebuild that several processes share: each folds some partitions into what one builds."""

from collections.abc import Collection
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from itertools import chain
from multiprocessing import get_context
from typing import Any

from application.rebuild import Begin, Begun, OnProgress, RebuildProgress
from application.triage import NoLetters
from infra.postgres.database import Database
from infra.postgres.store import PostgresStore
from interfaces import logs
from interfaces.bootstrap.read_models import upkeep
from interfaces.bootstrap.workers import declared
from interfaces.garbage import collect_garbage_rarely
from interfaces.settings import Settings

REPORT_INTERVAL_S = 0.2
FIGURES = len(RebuildProgress._fields)

_progress: Any = None
"""In a process that folds a part: where it tells how far it is, beside the others."""


def shared_by(settings: Settings, name: str, jobs: int, *, sends: bool) -> Begin:
    """Let so many processes begin a rebuild of a read model that divides.

    What they cannot take becomes a dead letter, if it `sends` them.
    """
    return partial(_begin, settings, name, jobs, sends)


def _begin(settings: Settings, name: str, jobs: int, sends: bool, report: OnProgress) -> Begun:
    """Have everything folded that is in the log now; returns where that is."""
    with ExitStack() as held:
        ends = upkeep(settings, declared(name), held).reader.ends()
    partitions = sorted({partition for _, partition in ends})
    parts = [partitions[first::jobs] for first in range(min(jobs, len(partitions)))]
    spawned = get_context("spawn")
    progress = spawned.Array("q", FIGURES * len(parts))
    with ProcessPoolExecutor(len(parts), spawned, _tell_in, (progress, settings)) as pool:
        running = [
            pool.submit(_fold, settings, name, part, number, sends)
            for number, part in enumerate(parts)
        ]
        while wait(running, REPORT_INTERVAL_S).not_done:
            report(RebuildProgress(*(sum(progress[i::FIGURES]) for i in range(FIGURES))))
        begun = [each.result() for each in running]
    checkpoints = list(chain.from_iterable(each.checkpoints for each in begun))
    return Begun(checkpoints, sum(each.events for each in begun))


def _tell_in(progress: Any, settings: Settings) -> None:
    global _progress  # noqa: PLW0603  what a process has, it is born with
    _progress = progress
    logs.configure(settings.log_level)
    collect_garbage_rarely()


def _fold(
    settings: Settings, name: str, partitions: Collection[int], number: int, sends: bool
) -> Begun:
    model = declared(name)
    with ExitStack() as held:
        part = upkeep(settings, model, held, partitions)
        if not sends:
            part = replace(part, letters=NoLetters())
        database = held.enter_context(closing(Database(settings.postgres_dsn)))
        generation = held.enter_context(PostgresStore(database, model.record()).joining())
        return part.fold_part(generation, partial(_tell, number))


def _tell(number: int, progress: RebuildProgress) -> None:
    _progress[FIGURES * number : FIGURES * (number + 1)] = progress
