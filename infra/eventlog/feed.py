"""Accepted events as they happen, for sockets of this process."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

from application.log.records import Commit, recorded_events
from domain.events import DomainEvent, Recorded

BACKLOG_EVENTS = 1_000
"""Events a subscriber may fall behind before its subscription is cut."""


class Subscriptions:
    """Hands accepted commits on to who subscribed; implements the port `Feed`."""

    def __init__(self) -> None:
        self._subscribers: dict[str, list[asyncio.Queue[Recorded | None]]] = defaultdict(list)

    def publish(self, topic: str, partition: int, commit: Commit[DomainEvent]) -> None:
        """Give each event of a commit to the subscribers of its aggregate."""
        if self._subscribers:
            for recorded in recorded_events(topic, partition, commit):
                for queue in self._subscribers.get(recorded.event.originator_id, ()):
                    _offer(queue, recorded)

    async def subscribe(self, aggregate_id: str) -> AsyncIterator[Recorded]:
        """See `ports.commands.Feed.subscribe`; ends early for who falls too far behind."""
        queue: asyncio.Queue[Recorded | None] = asyncio.Queue(BACKLOG_EVENTS + 1)
        self._subscribers[aggregate_id].append(queue)
        try:
            while (recorded := await queue.get()) is not None:
                yield recorded
        finally:
            self._unsubscribe(aggregate_id, queue)

    def _unsubscribe(self, aggregate_id: str, queue: asyncio.Queue[Recorded | None]) -> None:
        self._subscribers[aggregate_id].remove(queue)
        if not self._subscribers[aggregate_id]:
            del self._subscribers[aggregate_id]


def _offer(queue: asyncio.Queue[Recorded | None], recorded: Recorded) -> None:
    if queue.qsize() < BACKLOG_EVENTS:
        queue.put_nowait(recorded)
    elif not queue.full():
        queue.put_nowait(None)
