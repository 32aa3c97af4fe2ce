"""Snapshots as a process that follows the log uses them: to begin with, to evict, to look up.

Whatever takes long is read in threads, beside the event loop.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

import structlog
from confluent_kafka import KafkaException, TopicPartition

from application.log.pending import PendingCommand
from application.log.shard import Shard
from application.log.snapshots.evictions import Evictions
from application.log.snapshots.index import Restored
from application.log.snapshots.records import Found
from application.ports.reading import ShardId
from domain.category import Category
from infra.eventlog.snapshots.reader import (
    SnapshotLookup,
    SnapshotReader,
    restore,
)

RETRY_PAUSE_S = 1.0
"""Until another attempt, when Kafka is away."""

LOOKUP_BATCH = 8
"""Snapshots that are read in one go, at most: each waits for all of them."""

logger = structlog.get_logger(__name__)


class _Asked(NamedTuple):
    """A snapshot that is to be read."""

    shard: ShardId
    id: str
    offset: int


class Restoring:
    """Gives the shards of one process what their snapshots say.

    `clock` and `monotonic` tell the time to commands that had to wait.
    """

    def __init__(
        self,
        bootstrap: str,
        categories: Iterable[Category],
        partitions: Mapping[str, int],
        shards: Mapping[ShardId, Shard],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        kept = [category for category in categories if category.restorers]
        self._stopped = False
        self._new_reader = partial(
            SnapshotReader, bootstrap, kept, partitions, stopped=lambda: self._stopped
        )
        self._shards = shards
        self._clock = clock
        self._monotonic = monotonic
        self._log_of = {category.snapshots_topic: category.topic for category in kept}
        self._snapshots_of = {log: snapshots for snapshots, log in self._log_of.items()}
        self._evictions = {
            (category.topic, partition): Evictions(
                category,
                shards[category.topic, partition],
                partial(self._fetch, (category.topic, partition)),
            )
            for category in kept
            for partition in range(partitions[category.topic])
        }
        self._active: set[ShardId] = set()
        """Shards in which something is to be evicted or looked up."""
        self._new_lookup = partial(SnapshotLookup, bootstrap, kept)
        self._lookup: SnapshotLookup | None = None
        self._asked: deque[_Asked] = deque()
        self._looking: asyncio.Task[None] | None = None

    async def begin(self, shard_ids: Sequence[ShardId]) -> list[TopicPartition]:
        """Let shards begin with their snapshots; gives where to read on, in logs and snapshots.

        A shard that has none, or has found its snapshots wrong, begins at the beginning. Waits
        for Kafka as long as it takes.
        """
        trusted = [shard_id for shard_id in shard_ids if self._is_trusted(shard_id)]
        begun = await self._read_patiently(trusted)
        if trusted:
            logger.info("shards begin", shards=len(shard_ids), checkpoints=len(begun))
        reading = []
        for shard_id in shard_ids:
            restored, end = begun.get(shard_id, (None, None))
            shard = self._shards[shard_id]
            shard.mistrusts_snapshots = False  # until they are found wrong once more
            if restored is not None:
                shard.resume(*restored)
            reading.append(TopicPartition(*shard_id, shard.next_offset))
            if end is not None:
                reading.append(TopicPartition(self._snapshots_of[shard_id[0]], shard_id[1], end))
        return reading

    def _is_trusted(self, shard_id: ShardId) -> bool:
        return shard_id in self._evictions and not self._shards[shard_id].mistrusts_snapshots

    async def _read_patiently(
        self, shard_ids: Sequence[ShardId]
    ) -> dict[ShardId, tuple[Restored | None, int]]:
        while shard_ids:
            try:
                return await asyncio.to_thread(self._read, shard_ids)
            except KafkaException as error:
                logger.warning("cannot read the snapshots", error=str(error))
                await asyncio.sleep(RETRY_PAUSE_S)
        return {}

    def _read(self, shard_ids: Sequence[ShardId]) -> dict[ShardId, tuple[Restored | None, int]]:
        reader = self._new_reader()
        try:
            indexes = reader.indexes(frozenset(shard_ids))
            return {id: (restore(id, index), index.end) for id, index in indexes.items()}
        finally:
            reader.close()

    def put(self, source: ShardId, offset: int, key: str, value: bytes | None) -> None:
        """Take the next record of a partition of a topic of snapshots."""
        shard_id = self._log_of[source[0]], source[1]
        self._active.add(shard_id)
        self._evictions[shard_id].put(offset, key, value)

    def absent(
        self, shard_id: ShardId, pending: PendingCommand, offsets: Sequence[int], monotonic: float
    ) -> None:
        """Let a command wait for an evicted aggregate, as `Shard` asks for."""
        self._active.add(shard_id)
        self._evictions[shard_id].wait(pending, offsets, monotonic)

    def want(self, shard_id: ShardId, ids: Collection[str]) -> None:
        """Bring aggregates back, as `Shard` asks for."""
        self._active.add(shard_id)
        self._evictions[shard_id].want(ids)

    def tick(self, monotonic: float) -> None:
        """Evict what may be evicted; answer commands that have waited for too long."""
        for shard_id in [*self._active]:
            if not self._evictions[shard_id].tick(monotonic):
                self._active.discard(shard_id)

    def drop(self, shard_id: ShardId) -> None:
        """The shard starts over: nobody can wait for anything in it."""
        if shard_id in self._evictions:
            self._evictions[shard_id].drop("The shard is changing hands.")

    def _fetch(self, shard_id: ShardId, id: str, offset: int) -> None:
        self._asked.append(_Asked(shard_id, id, offset))
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        """Read what is asked for; what is asked for meanwhile goes together, with the next."""
        while self._asked:
            some = [self._asked.popleft() for _ in range(min(len(self._asked), LOOKUP_BATCH))]
            asked = [each for each in some if self._is_wanted(each)]
            try:
                found = await asyncio.to_thread(self._read_each, asked)
            except KafkaException as error:
                logger.warning("cannot read snapshots", count=len(asked), error=str(error))
                continue  # who waits is answered when the time has run out
            for each, record in zip(asked, found, strict=True):
                self._hand_over(each, record)

    def _is_wanted(self, asked: _Asked) -> bool:
        return self._evictions[asked.shard].looks_for(asked.id, asked.offset)

    def _hand_over(self, asked: _Asked, found: Found | None) -> None:
        now, monotonic = self._clock(), self._monotonic()
        try:
            self._evictions[asked.shard].fetched(
                asked.id, asked.offset, found, now=now, monotonic=monotonic
            )
        except Exception:  # a bug in one decision must not keep those waiting who ask for others
            logger.exception("a command that had waited was not decided", id=asked.id)

    def _read_each(self, asked: Sequence[_Asked]) -> list[Found | None]:
        if self._lookup is None:
            self._lookup = self._new_lookup()
        return [self._lookup.fetch(each.shard, each.offset) for each in asked]

    async def stop(self) -> None:
        """Read no more."""
        self._stopped = True
        self._asked.clear()
        if self._looking is not None:
            await asyncio.gather(self._looking, return_exceptions=True)
        if self._lookup is not None:
            self._lookup.close()
