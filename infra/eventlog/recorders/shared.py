"""The topics that this process has open: each once, however many recorders use it."""

import atexit
import os
from collections import Counter
from collections.abc import Callable
from threading import RLock

from infra.eventlog.recorders.blocking import BlockingLog

_lock = RLock()  # not a plain one: garbage that is collected meanwhile may give logs back
_open: dict[tuple[int, str, str], BlockingLog] = {}
_users: Counter[BlockingLog] = Counter()


def borrow(bootstrap: str, name: str, make: Callable[[], BlockingLog]) -> BlockingLog:
    """The log of a topic, open; to be given back by whoever borrowed it."""
    key = os.getpid(), bootstrap, name  # a child process has none of its parent's threads
    with _lock:
        log = _open.setdefault(key, _open.get(key) or make())
        _users[log] += 1
    try:
        log.open()
    except BaseException:
        give_back(log)
        raise
    return log


def give_back(log: BlockingLog) -> None:
    """Close a log that nobody else has borrowed."""
    with _lock:
        _users[log] -= 1
        if _users[log]:
            return
        del _users[log]
        for key in [key for key, other in _open.items() if other is log]:
            del _open[key]
    log.close()


@atexit.register
def close_all() -> None:
    """Close what applications left open, while there are threads."""
    for log in list(_users):
        log.close()
