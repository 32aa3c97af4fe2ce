"""The deadlines of one shard: which aggregate wants to be woken when."""

from collections.abc import Iterator
from datetime import datetime
from heapq import heappop, heappush

from domain.aggregate import Aggregate


class Deadlines:
    """A heap of moments. What an aggregate says when its moment comes counts, not the heap."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str]] = []
        self._next: dict[str, datetime] = {}

    def schedule(self, aggregate: Aggregate) -> None:
        """Take note of an aggregate's deadline, if it has one that is not known yet."""
        deadline = aggregate.deadline
        if deadline is not None and self._next.get(aggregate.id) != deadline:
            self._next[aggregate.id] = deadline
            heappush(self._heap, (deadline, aggregate.id))

    def are_due(self, now: datetime) -> bool:
        """Whether there is anything to look at; asked for every shard in every turn."""
        return bool(self._heap) and self._heap[0][0] <= now

    def due(self, now: datetime) -> Iterator[str]:
        """The ids of aggregates to look at now, each taken out of the heap as it is given."""
        while self.are_due(now):
            deadline, id = heappop(self._heap)
            if self._next.get(id) == deadline:
                del self._next[id]
            yield id
