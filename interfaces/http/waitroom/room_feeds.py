"""What happens in waiting rooms, handed to the sockets it concerns."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from application.ports.commands import Feed
from domain.events import DomainEvent

RESUBSCRIBE_DELAY_S = 0.5
"""Seconds before a subscription that was cut is begun anew."""

Listener = Callable[[DomainEvent], None]


class RoomFeeds:
    """One subscription for each room that somebody watches, whatever number of sockets do.

    Each event goes to the sockets of its session only: a subscription for every socket would
    cost the whole room's events for each.
    """

    def __init__(self) -> None:
        self._listeners: dict[str, dict[str, list[Listener]]] = defaultdict(dict)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.watchers = 0

    async def listen(self, feed: Feed, event_id: str, session_id: str, listener: Listener) -> None:
        """Call `listener` with every event of a session, until cancelled."""
        room = self._listeners[event_id]
        room.setdefault(session_id, []).append(listener)
        if event_id not in self._tasks:
            self._tasks[event_id] = asyncio.create_task(self._distribute(feed, event_id))
        self.watchers += 1
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.watchers -= 1
            self._leave(event_id, session_id, listener)

    def _leave(self, event_id: str, session_id: str, listener: Listener) -> None:
        room = self._listeners[event_id]
        room[session_id].remove(listener)
        if not room[session_id]:
            del room[session_id]
        if not room:
            del self._listeners[event_id]
            self._tasks.pop(event_id).cancel()

    async def _distribute(self, feed: Feed, event_id: str) -> None:
        room = self._listeners[event_id]
        while True:
            async for recorded in feed.subscribe(event_id):
                session_id = getattr(recorded.event, "session_id", None)
                for listener in room.get(session_id, ()) if session_id else ():
                    listener(recorded.event)
            # Cut off for being behind: what was missed shows in the read model, where every
            # socket looks anyway.
            await asyncio.sleep(RESUBSCRIBE_DELAY_S)
