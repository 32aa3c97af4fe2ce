"""What happens to an aggregate, handed to those of many sockets whom it concerns."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from weakref import WeakKeyDictionary

import structlog

from application.ports.commands import Feed
from domain.events import DomainEvent, Recorded

RESUBSCRIBE_DELAY_S = 0.5
"""Seconds before a subscription that was cut is begun anew."""

Listener = Callable[[Recorded | None], None]
"""Takes an event, or None where some may have been missed."""

logger = structlog.get_logger(__name__)

Concerned = Callable[[DomainEvent], Iterable[Hashable]]
"""The keys of those whom an event concerns."""


class SharedFeeds:
    """One subscription for each aggregate that somebody listens to, whatever number of sockets do.

    Each event goes to the listeners under the keys that it concerns: a subscription for every
    socket would cost all of an aggregate's events for each.
    """

    def __init__(self, concerned: Concerned) -> None:
        self._concerned = concerned
        # Of each key a dict, and no list: thousands may listen, and leave one by one.
        self._listeners: dict[str, dict[Hashable, dict[Listener, None]]] = defaultdict(dict)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def add(self, feed: Feed, aggregate_id: str, key: Hashable, listener: Listener) -> None:
        """Call `listener` with every event of an aggregate that concerns `key`, from now on."""
        self._listeners[aggregate_id].setdefault(key, {})[listener] = None
        if aggregate_id not in self._tasks:
            task = asyncio.create_task(self._distribute(feed, aggregate_id))
            self._tasks[aggregate_id] = task

    def remove(self, aggregate_id: str, key: Hashable, listener: Listener) -> None:
        """Call it no more; the last to leave an aggregate ends the subscription."""
        listeners = self._listeners[aggregate_id]
        del listeners[key][listener]
        if not listeners[key]:
            del listeners[key]
        if not listeners:
            del self._listeners[aggregate_id]
            self._tasks.pop(aggregate_id).cancel()

    def is_heard(self, aggregate_id: str, key: Hashable | None = None) -> bool:
        """Whether anybody listens to an aggregate: under this key, or at all."""
        listeners = self._listeners.get(aggregate_id, {})
        return bool(listeners) if key is None else key in listeners

    async def _distribute(self, feed: Feed, aggregate_id: str) -> None:
        listeners = self._listeners[aggregate_id]
        while True:
            async for recorded in feed.subscribe(aggregate_id):
                for key in self._concerned(recorded.event):
                    _call(listeners.get(key, ()), recorded)
            # Cut off for being behind.
            await asyncio.sleep(RESUBSCRIBE_DELAY_S)
            for each in list(listeners.values()):
                _call(each, None)


_of_feeds: WeakKeyDictionary[Feed, SharedFeeds] = WeakKeyDictionary()


def shared(feed: Feed) -> SharedFeeds:
    """The one that all of a process share who want all that happens to an aggregate; key: None."""
    return _of_feeds.setdefault(feed, SharedFeeds(lambda _: (None,)))


def _call(listeners: Iterable[Listener], recorded: Recorded | None) -> None:
    for listener in tuple(listeners):
        try:
            listener(recorded)
        except Exception:  # a bug in one of them must not end what all others hear
            logger.exception("a listener cannot be told")
