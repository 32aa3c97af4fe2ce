"""`gamehall worker NAME`: one worker in one process, until SIGTERM or Ctrl-C."""

import signal
from typing import TYPE_CHECKING

import stamina
import structlog

from interfaces import logs
from interfaces.bootstrap.worker import is_away, worker
from interfaces.garbage import collect_garbage_rarely

if TYPE_CHECKING:
    from types import FrameType

    from interfaces.settings import Settings

LONGEST_PAUSE_S = 2.0

logger = structlog.get_logger(__name__)


class Stop:
    """Set by the first signal; the worker ends its transaction and leaves."""

    def __init__(self) -> None:
        self._signalled = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signal)

    def __call__(self) -> bool:
        """Whether to stop."""
        return self._signalled

    def _signal(self, number: int, frame: "FrameType | None") -> None:
        self._signalled = True


def run(settings: "Settings", name: str) -> None:
    """Run the worker; a server that is away is waited for, anything else ends the process."""
    logs.configure(settings.log_level)
    stopped = Stop()
    collect_garbage_rarely()

    def worth_another(error: Exception) -> bool:
        return is_away(error) and not stopped()

    logger.info("worker starts", worker=name)
    for attempt in stamina.retry_context(
        on=worth_another, attempts=None, timeout=None, wait_max=LONGEST_PAUSE_S
    ):
        with attempt, worker(settings, name, stopped) as work:
            work(stopped)
    logger.info("worker stopped", worker=name)
