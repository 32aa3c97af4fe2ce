"""Aggregates of one shard that are not in memory: letting them go, and getting them back.

An aggregate that is final is evicted once its snapshot has been seen in the topic. A command for it
waits until the snapshot has been read, behind those that came before; others do not wait.

Pure, as the shard is: what is to be read goes out through `fetch`, and comes back by `fetched`.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from application.log.pending import PendingCommand
from application.log.shard import Shard
from application.log.snapshots.records import (
    SnapshotCodec,
    StoredSnapshot,
    final_key,
    id_in,
    is_final,
    is_final_key,
)
from application.ports.commands import Unavailable
from domain.category import Category

LOOKUP_TIMEOUT_S = 0.8
"""Seconds a command may wait for a snapshot before it is answered `Unavailable`."""


class Found(NamedTuple):
    """A record of the snapshots topic."""

    key: str
    value: bytes


class _Seen(NamedTuple):
    """A final snapshot in the topic, taken before the shard's event `seq`."""

    id: str
    seq: int
    offset: int


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
    """Evicts what is final, and brings it back for a command.

    `fetch(id, offset)` has a record of the snapshots topic read, for `fetched`.
    """

    def __init__(self, category: Category, shard: Shard, fetch: Callable[[str, int], None]) -> None:
        self._codec = SnapshotCodec(category)
        self._shard = shard
        self._fetch = fetch
        self._seen: deque[_Seen] = deque()
        self._lookups: dict[str, _Lookup] = {}

    def put(self, offset: int, key: str, value: bytes | None) -> None:
        """Take the next record of the topic."""
        if is_final_key(key) and value is not None:
            try:
                record = self._codec.decode(value)
            except msgspec.DecodeError:
                return  # of another version; what cannot be read again is not evicted
            assert isinstance(record, StoredSnapshot)
            self._seen.append(_Seen(id_in(key), record.seq, offset))

    def tick(self, monotonic: float) -> bool:
        """Evict what has come to its end here, too; answer those who have waited for too long.

        Whether anything is left to be done later.
        """
        while self._seen and self._seen[0].seq <= self._shard.gate.next_seq:
            self._evict(self._seen.popleft())
        late = [
            id for id, each in self._lookups.items() if monotonic - each.since > LOOKUP_TIMEOUT_S
        ]
        for id in late:
            self._give_up(self._lookups.pop(id), "The aggregate's snapshot was not read in time.")
        return bool(self._seen or self._lookups)

    def _evict(self, seen: _Seen) -> None:
        fold = self._shard.fold
        aggregate = fold.get(seen.id)
        if is_final(aggregate) if aggregate else fold.evicted(seen.id):
            fold.evict(seen.id, seen.offset)

    def wait(self, pending: PendingCommand, offsets: Sequence[int], monotonic: float) -> None:
        """Let a command wait for an aggregate that may be at one of these offsets, newest last."""
        id = pending.envelope.command.aggregate_id
        lookup = self._lookups.get(id)
        if lookup is None:
            lookup = self._lookups[id] = _Lookup(offsets, monotonic)
            self._fetch(id, lookup.offsets[-1])
        lookup.waiting.append(pending)

    def fetched(
        self, id: str, offset: int, found: Found | None, *, now: datetime, monotonic: float
    ) -> None:
        """Take what was at an offset; None when nothing is there any more."""
        lookup = self._lookups.get(id)
        if lookup is None or lookup.offsets[-1] != offset:
            return  # nobody waits for it any more
        if found is not None and found.key == final_key(id):
            self._bring_back(self._lookups.pop(id), id, found.value, now, monotonic)
            return
        lookup.moved = lookup.moved or found is None
        lookup.offsets.pop()
        if lookup.offsets:
            self._fetch(id, lookup.offsets[-1])
        elif lookup.moved:
            self._give_up(self._lookups.pop(id), "The aggregate's snapshot is being moved.")
        else:
            # What was found is of others: the id is a new one.
            self._execute(self._lookups.pop(id), now, monotonic)

    def _bring_back(
        self, lookup: _Lookup, id: str, value: bytes, now: datetime, monotonic: float
    ) -> None:
        record = self._codec.decode(value)
        assert isinstance(record, StoredSnapshot)
        aggregate = self._codec.restore(id, record.originator_version, record.state)
        fold = self._shard.fold
        fold.keep(aggregate)
        self._execute(lookup, now, monotonic)
        if aggregate.version == record.originator_version:
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
        """Answer all who wait that it is to no purpose, and forget what was seen."""
        lookups, self._lookups = self._lookups, {}
        for lookup in lookups.values():
            self._give_up(lookup, reason)

    @staticmethod
    def _give_up(lookup: _Lookup, reason: str) -> None:
        for pending in lookup.waiting:
            pending.done(Unavailable(f"{reason} Repeat it with the same Idempotency-Key."))
