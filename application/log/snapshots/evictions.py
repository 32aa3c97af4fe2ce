"""Aggregates of one shard that are not in memory: letting them go, and getting them back.

An aggregate that is final is evicted once its snapshot has been seen in the topic; one that may be
idle, once nothing has happened to it for long enough, either. A command for it waits until the
snapshot has been read, behind those that came before; others do not wait.

Pure, as the shard is: what is to be read goes out through `fetch`, and comes back by `fetched`.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from application.log.pending import PendingCommand
from application.log.places import Whereabouts
from application.log.shard import Shard
from application.log.snapshots.idle import IDLE_EVENTS, Idlers
from application.log.snapshots.records import (
    Found,
    SnapshotCodec,
    StoredSnapshot,
    final_key,
    id_in,
    is_final,
    is_final_key,
    whole_in,
    whole_key,
)
from application.ports.commands import Unavailable
from domain.category import Category

LOOKUP_TIMEOUT_S = 0.8
"""Seconds a command may wait for a snapshot before it is answered `Unavailable`."""


class _Seen(NamedTuple):
    """A snapshot in the topic, taken before the shard's event `seq`; final without a version."""

    id: str
    seq: int
    offset: int
    version: int | None


class _Lookup:
    """Who waits for an aggregate, in order, and where it may still be, newest last."""

    def __init__(self, offsets: Sequence[int], since: float) -> None:
        self.offsets = list(offsets)
        self.since = since
        self.waiting: list[PendingCommand] = []
        self.moved = False
        """Whether a record was no longer where it had been seen: it has been written once more,
        and the news has not come here yet."""


class Evictions:
    """Evicts what is final or idle, and brings it back for a command.

    `fetch(id, offset)` has a record of the snapshots topic read, for `fetched`.
    """

    def __init__(
        self,
        category: Category,
        shard: Shard,
        fetch: Callable[[str, int], None],
        idle_events: int = IDLE_EVENTS,
    ) -> None:
        self._codec = SnapshotCodec(category)
        self._shard = shard
        self._fetch = fetch
        self._seen: deque[_Seen] = deque()
        self._idlers = Idlers(idle_events)
        self._lookups: dict[str, _Lookup] = {}
        self._wanted: deque[str] = deque()
        self._missed: dict[str, Whereabouts] = {}
        """Snapshots that were not where they had been seen, when somebody looked last."""

    def put(self, offset: int, key: str, value: bytes | None) -> None:
        """Take the next record of the topic."""
        version = whole_in(key)
        if value is not None and (version is not None or is_final_key(key)):
            try:
                record = self._codec.decode(value)
            except msgspec.DecodeError:
                return  # of another version; what cannot be read again is not evicted
            assert isinstance(record, StoredSnapshot)
            self._seen.append(_Seen(id_in(key), record.seq, offset, version))

    def tick(self, monotonic: float) -> bool:
        """Evict what has come to its end here, too, or is idle; look for what is wanted.

        Answers those who have waited for too long. Whether anything is left to be done later.
        """
        shard = self._shard
        while self._seen and self._seen[0].seq <= shard.gate.next_seq:
            self._take(self._seen.popleft())
        deque(self._idlers.evict(shard.fold, shard.gate.next_seq), maxlen=0)
        late = [
            id for id, each in self._lookups.items() if monotonic - each.since > LOOKUP_TIMEOUT_S
        ]
        for id in late:
            self._give_up(id, "The aggregate's snapshot was not read in time.")
        if self._wanted and not self._lookups:
            self._look_for(self._wanted.popleft(), monotonic)
        return bool(self._seen or self._lookups or self._wanted)

    def _take(self, seen: _Seen) -> None:
        fold = self._shard.fold
        aggregate = fold.get(seen.id)
        if seen.version is None:
            if is_final(aggregate) if aggregate else fold.evicted(seen.id):
                fold.evict(seen.id, seen.offset)
        elif aggregate is None:
            fold.rest(seen.id, Whereabouts(seen.offset, seen.version))
        else:
            self._idlers.note(seen.id, Whereabouts(seen.offset, seen.version), seen.seq)

    # -- bringing back --------------------------------------------------------------------------

    def want(self, ids: Iterable[str]) -> None:
        """Bring aggregates back when nobody waits for others."""
        self._wanted.extend(ids)

    def _look_for(self, id: str, monotonic: float) -> None:
        place = self._shard.fold.idle(id)
        if place is not None and id in self._shard.fold.unfolded:
            self._look([place.offset], id, monotonic)

    def wait(self, pending: PendingCommand, offsets: Sequence[int], monotonic: float) -> None:
        """Let a command wait for an aggregate that may be at one of these offsets, newest last."""
        id = pending.envelope.command.aggregate_id
        lookup = self._lookups.get(id) or self._look(offsets, id, monotonic)
        lookup.waiting.append(pending)

    def _look(self, offsets: Sequence[int], id: str, monotonic: float) -> _Lookup:
        lookup = self._lookups[id] = _Lookup(offsets, monotonic)
        self._fetch(id, lookup.offsets[-1])
        return lookup

    def looks_for(self, id: str, offset: int) -> bool:
        """Whether anybody still waits for what is at an offset."""
        lookup = self._lookups.get(id)
        return lookup is not None and lookup.offsets[-1] == offset

    def fetched(
        self, id: str, offset: int, found: Found | None, *, now: datetime, monotonic: float
    ) -> None:
        """Take what was at an offset; None when nothing is there any more."""
        if not self.looks_for(id, offset):
            return
        lookup = self._lookups[id]
        if (place := self._shard.fold.idle(id)) is not None:
            self._fetched_idle(lookup, id, place, found, now, monotonic)
        elif found is not None and found.key == final_key(id):
            self._bring_back(id, found, now, monotonic)
        else:
            self._look_further(lookup, id, found, now, monotonic)

    def _look_further(
        self, lookup: _Lookup, id: str, found: Found | None, now: datetime, monotonic: float
    ) -> None:
        lookup.moved = lookup.moved or found is None
        lookup.offsets.pop()
        if lookup.offsets:
            self._fetch(id, lookup.offsets[-1])
        elif lookup.moved:
            self._give_up(id, "The aggregate's snapshot is being moved.")
        else:
            # What was found is of others: the id is a new one.
            self._execute(self._lookups.pop(id), now, monotonic)

    def _fetched_idle(
        self,
        lookup: _Lookup,
        id: str,
        place: Whereabouts,
        found: Found | None,
        now: datetime,
        monotonic: float,
    ) -> None:
        if place.offset != lookup.offsets[-1]:  # a newer one has been seen meanwhile
            lookup.offsets = [place.offset]
            self._fetch(id, place.offset)
        elif found is not None and found.key == whole_key(id, place.version):
            self._missed.pop(id, None)
            self._bring_back(id, found, now, monotonic)
        elif self._missed.get(id) == place:
            self._shard.mistrust(f"the snapshot of {id!r} is not where it was")
        else:
            self._missed[id] = place
            self._give_up(id, "The aggregate's snapshot is being moved.")

    def _bring_back(self, id: str, found: Found, now: datetime, monotonic: float) -> None:
        shard, fold = self._shard, self._shard.fold
        try:
            aggregate = self._codec.read(found)
            version = aggregate.version
            shard.bring_back(aggregate)
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the log can be folded
            shard.mistrust(f"the snapshot of {id!r} cannot be restored: {error}")
            return
        self._execute(self._lookups.pop(id), now, monotonic)
        if aggregate.version == version:
            fold.release(id)

    def _execute(self, lookup: _Lookup, now: datetime, monotonic: float) -> None:
        left = deque(lookup.waiting)
        try:
            while left:
                envelope, done = left[0].envelope, left[0].done
                self._shard.execute(envelope, done, now=now, monotonic=monotonic, looked=True)
                left.popleft()
        finally:  # a bug in one decision keeps nobody waiting
            for pending in left:
                pending.done(Unavailable("A command before this one could not be decided."))

    def drop(self, reason: str) -> None:
        """Answer all who wait that it is to no purpose, and want nothing any more."""
        for id in [*self._lookups]:
            self._give_up(id, reason)
        self._wanted.clear()
        self._missed.clear()

    def _give_up(self, id: str, reason: str) -> None:
        lookup = self._lookups.pop(id)
        if id in self._shard.fold.unfolded:
            self._wanted.append(id)
        for pending in lookup.waiting:
            pending.done(Unavailable(f"{reason} Repeat it with the same Idempotency-Key."))
