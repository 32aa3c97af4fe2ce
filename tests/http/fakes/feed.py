"""The feed of one process of the API: what is in the log reaches it at once, or when it is let."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator

from domain.events import Recorded


class FakeFeed:
    """Accepted events, handed on to who subscribed."""

    def __init__(self) -> None:
        self.lags = False
        self.late: deque[Recorded] = deque()
        self._subscribers: dict[str, list[asyncio.Queue[Recorded | None]]] = defaultdict(list)

    def publish(self, recorded: Recorded) -> None:
        """An event is in the log."""
        self.late.append(recorded)
        if not self.lags:
            self.catch_up()

    def catch_up(self, events: int | None = None) -> None:
        """This process reads so many of the events that it is behind, or all."""
        for _ in range(len(self.late) if events is None else min(events, len(self.late))):
            recorded = self.late.popleft()
            for queue in self._subscribers[recorded.event.originator_id]:
                queue.put_nowait(recorded)

    async def subscribe(self, aggregate_id: str) -> AsyncIterator[Recorded]:
        queue: asyncio.Queue[Recorded | None] = asyncio.Queue()
        self._subscribers[aggregate_id].append(queue)
        try:
            while (recorded := await queue.get()) is not None:
                yield recorded
        finally:
            if queue in self._subscribers[aggregate_id]:
                self._subscribers[aggregate_id].remove(queue)

    def cut(self, aggregate_id: str) -> None:
        """End the subscriptions to an aggregate, as of readers that are behind."""
        for queue in self._subscribers.pop(aggregate_id, []):
            queue.put_nowait(None)

    def subscriptions(self, aggregate_id: str) -> int:
        return len(self._subscribers[aggregate_id])
