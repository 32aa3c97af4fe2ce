"""Waiting for a condition, with a deadline and a sentence when it passes."""

import time
from collections.abc import Callable

from infra.errors import SetupError

POLL_INTERVAL_S = 0.05


def until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Ask again and again until the condition holds; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_INTERVAL_S)
    return True


def wait_for(
    condition: Callable[[], bool], *, seconds: float, otherwise: Callable[[], str]
) -> None:
    """Wait until the condition holds, or refuse with the sentence of `otherwise`."""
    if not until(condition, seconds=seconds):
        raise SetupError(otherwise())
