"""What happens in waiting rooms, handed to the sockets it concerns."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from application.ports.commands import Feed
from domain.events import DomainEvent
from interfaces.http.platform.shared_feeds import Listener, SharedFeeds

LOOKS_PER_SECOND = 200
"""Looks that all sockets of this process may take together; with more of them, each looks less
often, and the read model has time for others."""


class RoomFeeds:
    """Each event of a room goes to the sockets of its session."""

    def __init__(self) -> None:
        self._feeds = SharedFeeds(_session_of)
        self.watchers = 0
        self._second, self._looks = 0, 0

    @contextmanager
    def heard(
        self, feed: Feed, event_id: str, session_id: str, listener: Listener
    ) -> Iterator[None]:
        """Within the block, `listener` is called with every event of a session."""
        self._feeds.add(feed, event_id, session_id, listener)
        self.watchers += 1
        try:
            yield
        finally:
            self.watchers -= 1
            self._feeds.remove(event_id, session_id, listener)

    def may_look(self) -> bool:
        """Whether who has missed something may look at once, and not when it would anyway."""
        second = int(asyncio.get_running_loop().time())
        self._looks = self._looks + 1 if second == self._second else 1
        self._second = second
        return self._looks <= LOOKS_PER_SECOND


def _session_of(event: DomainEvent) -> Iterator[str]:
    if session_id := getattr(event, "session_id", None):
        yield session_id
