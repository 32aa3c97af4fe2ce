"""Which aggregates of a shard have been idle for long enough to leave memory.

Idle is measured in events of the shard, and not by a clock: so it costs nothing where nothing
happens, and what is in memory is bounded by what happens between two rounds of snapshots.
"""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from application.log.fold import Fold
from application.log.places import Whereabouts

IDLE_EVENTS = 1_000
"""Events of a shard for which an aggregate stays, from its newest snapshot on, if none is its own.
Whoever acts every now and then is not read again and again."""


class _Idler(NamedTuple):
    id: str
    version: int
    seq: int


class Idlers:
    """Aggregates whose newest snapshots are kept, by when those were taken."""

    def __init__(self, events: int = IDLE_EVENTS) -> None:
        self._events = events
        self._waiting: deque[_Idler] = deque()
        self._places: dict[str, Whereabouts] = {}
        """Where each is by now, which may have been written once more."""

    def note(self, id: str, place: Whereabouts, seq: int) -> None:
        """Take note of a snapshot that was taken before the shard's event `seq`."""
        known = self._places.get(id)
        if known is None or place.version >= known.version:
            self._places[id] = place
            self._waiting.append(_Idler(id, place.version, seq))

    def evict(self, fold: Fold, next_seq: int) -> Iterator[str]:
        """Let those go that have been idle up to the event `next_seq`; gives their ids."""
        while self._waiting and self._waiting[0].seq + self._events <= next_seq:
            id, version, _ = self._waiting.popleft()
            place = self._places.get(id)
            if place is not None and place.version == version:
                del self._places[id]
                if fold.rest(id, place):
                    yield id
