"""Signals while the hall starts, runs and stops."""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Any, NoReturn

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interruptible() -> AbstractContextManager[None]:
    """Make a polite kill and a closed terminal end a block as Ctrl-C does."""
    return _handling(_interrupt)


def undisturbed() -> AbstractContextManager[None]:
    """Let a block finish: whoever asks twice for a stop gets it once, and whole."""
    return _handling(signal.SIG_IGN)


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], Any] | signal.Handlers) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in STOPPING}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
