"""`gamehall worker NAME…`: workers in one process, until SIGTERM or Ctrl-C."""

import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import stamina
import structlog

from interfaces import logs
from interfaces.bootstrap.worker import JointFetches, WorkerStates, is_away, worker
from interfaces.garbage import collect_garbage_rarely

if TYPE_CHECKING:
    from types import FrameType

    from interfaces.settings import Settings

LONGEST_PAUSE_S = 2.0
"""Between two attempts to reach a server that is away."""

ANEW_PAUSES_S = (0, 1, 2, 5, 10, 20, 30)
"""Before a worker that failed starts again beside others; the last as often as it takes."""

WELL_AFTER_S = 30.0
"""A worker that fails after so long has no failures behind it."""

logger = structlog.get_logger(__name__)


class Stop:
    """Set by the first signal; each worker ends its transaction and leaves."""

    def __init__(self) -> None:
        self._told = threading.Event()
        self._begun = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signal)

    def __call__(self) -> bool:
        """Whether to stop."""
        return self._told.is_set()

    def tell(self) -> None:
        """Have all workers of the process stop."""
        if not self._begun:  # a signal amid the setting would wait for its lock for ever
            self._begun = True
            self._told.set()

    def wait(self, seconds: float) -> None:
        """Pause, in a thread that takes no signals, and no longer than until it is time to stop."""
        self._told.wait(seconds)

    def _signal(self, number: int, frame: "FrameType | None") -> None:
        self.tell()


def run(settings: "Settings", names: Sequence[str]) -> None:
    """Run workers until a signal; each waits by itself for a server that is away.

    Anything else that one raises ends the process if it is alone there. Beside others it starts
    again by itself, after a pause that grows, and they do not notice.
    """
    logs.configure(settings.log_level)
    stopped = Stop()
    collect_garbage_rarely()
    if len(names) == 1:
        _work(settings, names[0], stopped)
    else:
        _together(settings, names, stopped)


def _together(settings: "Settings", names: Sequence[str], stopped: Stop) -> None:
    states = WorkerStates(names)
    with closing(JointFetches()) as fetches, ThreadPoolExecutor(len(names)) as threads:
        work_on = partial(_work_on, settings, stopped, states, fetches)
        running = [threads.submit(work_on, name) for name in names]
        try:
            for each in as_completed(running):
                each.result()
        finally:
            stopped.tell()  # what is no failure of one worker ends all of them


def _work_on(
    settings: "Settings", stopped: Stop, states: WorkerStates, fetches: JointFetches, name: str
) -> None:
    """Run a worker again and again."""
    failures = 0
    while not stopped():
        began = time.monotonic()
        states.begins(name)
        try:
            _work(settings, name, stopped, fetches)
        except Exception:
            if time.monotonic() - began > WELL_AFTER_S:
                failures = 0
            pause = ANEW_PAUSES_S[min(failures, len(ANEW_PAUSES_S) - 1)]
            failures += 1
            logger.exception("worker failed", starts_again_in_seconds=pause)
            states.failed(name)
            stopped.wait(pause)


def _work(
    settings: "Settings", name: str, stopped: Stop, fetches: JointFetches | None = None
) -> None:
    structlog.contextvars.bind_contextvars(worker=name)

    def worth_another(error: Exception) -> bool:
        return is_away(error) and not stopped()

    logger.info("worker starts")
    for attempt in stamina.retry_context(
        on=worth_another, attempts=None, timeout=None, wait_max=LONGEST_PAUSE_S
    ):
        with attempt, worker(settings, name, stopped, fetches) as work:
            work(stopped)
    logger.info("worker stopped")
