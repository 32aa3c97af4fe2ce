"""How many sockets are open, and whose."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from interfaces.http.platform.problems import Problem

MOST_SOCKETS = 10_000
MOST_SOCKETS_PER_USER = 10


class SocketLimits:
    """Counts sockets in and out, so that neither one user nor all of them can use up a process."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._total = 0

    def enter(self, user: str) -> bool:
        """Count a user's new socket; False when there are too many already."""
        if self._total >= MOST_SOCKETS or self._open[user] >= MOST_SOCKETS_PER_USER:
            return False
        self._open[user] += 1
        self._total += 1
        return True

    def leave(self, user: str) -> None:
        """Count a socket that was let in as gone."""
        self._total -= 1
        self._open[user] -= 1
        if not self._open[user]:
            del self._open[user]

    @contextmanager
    def counted(self, user: str, what: str) -> Iterator[None]:
        """Count a stream of something within the block; raises `Problem` 429 for one too many."""
        if not self.enter(user):
            raise Problem(
                429,
                "too-many-streams",
                f"{MOST_SOCKETS_PER_USER} streams and sockets of {what} may be open at a time; "
                "close one of them.",
                headers={"Retry-After": "5"},
            )
        try:
            yield
        finally:
            self.leave(user)
