"""Work that is done again and again, at a pace."""

import time
from collections.abc import Callable, Iterator


def turns(interval_s: float, stopped: Callable[[], bool]) -> Iterator[None]:
    """Turns until `stopped`, one each `interval_s`; one that takes longer puts off the next."""
    while not stopped():
        begun = time.monotonic()
        yield
        time.sleep(max(0.0, interval_s - (time.monotonic() - begun)))
