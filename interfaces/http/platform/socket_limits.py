"""How many sockets are open, and whose."""

from collections import Counter

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
