"""What workers of one process read together: one fetch and one decode for all who stand alike."""

import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from itertools import chain
from threading import Condition, Lock
from typing import Any, Generic, TypeVar

from confluent_kafka import Consumer

from application.ports.reading import ShardId
from infra.kafka.fetching import Fetched, Fetching, assign

MOST_WAITING = 20_000
"""Records that wait for the slowest; who is further behind than these reads by itself."""

Event = TypeVar("Event")


class JointFetch(Generic[Event]):
    """Some shards, read once for all workers of this process that have read them equally far.

    Whoever has taken all that is there fetches the next, and the others wait for that. One that is
    slow takes what waits for it in one piece; one that is behind, or a fetch of which the client
    complains, is left, and everybody reads by himself. For any threads, a place for each, and
    nobody changes what is read.
    """

    def __init__(self, connect: Callable[[], Consumer], fetching: Fetching[Event]) -> None:
        self._connect = connect
        self._consumer: Consumer | None = None
        self._fetching = fetching
        self._is_fetching = False
        self._head: dict[ShardId, int] = {}
        self._waiting: deque[Fetched[Event]] = deque()
        self._ended = 0
        self._places: set[Partaker[Event]] = set()
        self._changed = Condition()

    def join(self, offsets: Mapping[ShardId, int]) -> "Partaker[Event] | None":
        """A place from which to go on; None where the fetch has come further in one of the shards.

        What it gives may begin before the offsets, where the fetch has not come as far.
        """
        with self._changed:
            if not self._places:
                self._begin(offsets)
            elif any(offsets[shard] < at for shard, at in self._head.items()):
                return None
            place = Partaker(self, self._ended, self._head)
            self._places.add(place)
            return place

    def _begin(self, offsets: Mapping[ShardId, int]) -> None:
        if self._consumer is None:
            self._consumer = self._connect()
        assign(self._consumer, offsets)
        self._fetching.begin(offsets)
        self._head = dict(offsets)
        self._waiting.clear()

    def leave(self, place: "Partaker[Event]") -> None:
        """Keep nothing for a place any more."""
        with self._changed:
            self._places.discard(place)
            self._forget()

    def _end(self) -> None:
        """Let everybody read by himself."""
        self._places.clear()
        self._forget()

    def _forget(self) -> None:
        """Keep what somebody has not taken yet, and fetch for nobody no more."""
        if not self._places and self._consumer is not None:
            self._consumer.unassign()
        first = min((place.next for place in self._places), default=self._ended)
        while len(self._waiting) > self._ended - first:
            self._waiting.popleft()

    def take(self, place: "Partaker[Event]", limit: int, timeout: float) -> Fetched[Event] | None:
        """What comes next at a place; None where it is one no more."""
        give_up = time.monotonic() + timeout
        with self._changed:
            while place in self._places and place.next == self._ended:
                if not self._is_fetching:
                    self._is_fetching = True
                    break
                if not self._changed.wait(give_up - time.monotonic()):
                    return Fetched()
            else:
                return self._taken(place, limit)
        self._fetch(limit, timeout)
        with self._changed:
            return self._taken(place, limit)

    def _fetch(self, limit: int, timeout: float) -> None:
        """Fetch the next, in whoever's thread, while nobody else does."""
        assert self._consumer is not None
        fetched: Fetched[Event] | None = None
        try:
            fetched = self._fetching.read(self._consumer, limit, timeout)
        finally:
            with self._changed:
                self._is_fetching = False
                if fetched is None or fetched.errors:
                    self._end()
                elif fetched.reached:
                    self._add(fetched)
                self._changed.notify_all()

    def _add(self, fetched: Fetched[Event]) -> None:
        self._head |= fetched.reached
        self._waiting.append(fetched)
        self._ended += 1
        while sum(len(each.events) for each in self._waiting) > MOST_WAITING:
            slowest = min(place.next for place in self._places)
            if slowest == self._ended - 1:
                return  # all is new
            self._places = {place for place in self._places if place.next > slowest}
            self._forget()

    def _taken(self, place: "Partaker[Event]", limit: int) -> Fetched[Event] | None:
        if place not in self._places:
            return None
        parts: list[Fetched[Event]] = []
        for part in list(self._waiting)[place.next - self._ended + len(self._waiting) :]:
            if parts and sum(len(each.events) for each in (*parts, part)) > limit:
                break
            parts.append(part)
        place.next += len(parts)
        self._forget()
        if not parts:
            return Fetched()
        if len(parts) == 1:
            return parts[0]
        reached = {shard: at for part in parts for shard, at in part.reached.items()}
        return Fetched(list(chain.from_iterable(part.events for part in parts)), reached)

    def close(self) -> None:
        """Fetch nothing any more."""
        if self._consumer is not None:
            self._consumer.close()


class Partaker(Generic[Event]):
    """How far one worker has read a fetch."""

    def __init__(self, fetch: JointFetch[Event], next: int, head: Mapping[ShardId, int]) -> None:
        self.next = next
        self.reached = dict(head)
        self._joint_fetch = fetch

    def read(self, limit: int, timeout: float) -> Fetched[Event] | None:
        """Up to `limit` records and what was fetched with them, waiting at most `timeout` seconds.

        None where the fetch keeps nothing for this worker any more.
        """
        fetched = self._joint_fetch.take(self, limit, timeout)
        if fetched is not None:
            self.reached |= fetched.reached
        return fetched

    def is_behind(self, offsets: Mapping[ShardId, int]) -> bool:
        """Whether the fetch has not come to these offsets yet."""
        return any(at < offsets[shard] for shard, at in self.reached.items())

    def leave(self) -> None:
        """Read no more."""
        self._joint_fetch.leave(self)


class JointFetches:
    """The fetches of a process, by what is read in them."""

    def __init__(self) -> None:
        self._fetches: dict[Hashable, JointFetch[Any]] = {}
        self._lock = Lock()

    def of(self, key: Hashable, make: Callable[[], JointFetch[Event]]) -> JointFetch[Event]:
        """The fetch of a key, made when somebody asks for it first."""
        with self._lock:
            if key not in self._fetches:
                self._fetches[key] = make()
            return self._fetches[key]

    def close(self) -> None:
        """Close all of them."""
        for fetch in self._fetches.values():
            fetch.close()
