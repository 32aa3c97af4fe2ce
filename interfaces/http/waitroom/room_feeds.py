"""What happens in waiting rooms, handed to the sockets it concerns."""

import asyncio
from collections.abc import Iterator

from application.ports.commands import Feed
from domain.events import DomainEvent
from interfaces.http.platform.shared_feeds import Listener, SharedFeeds


class RoomFeeds:
    """Each event of a room goes to the sockets of its session."""

    def __init__(self) -> None:
        self._feeds = SharedFeeds(_session_of)
        self.watchers = 0

    async def listen(self, feed: Feed, event_id: str, session_id: str, listener: Listener) -> None:
        """Call `listener` with every event of a session, until cancelled."""
        self._feeds.add(feed, event_id, session_id, listener)
        self.watchers += 1
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.watchers -= 1
            self._feeds.remove(event_id, session_id, listener)


def _session_of(event: DomainEvent) -> Iterator[str]:
    if session_id := getattr(event, "session_id", None):
        yield session_id
