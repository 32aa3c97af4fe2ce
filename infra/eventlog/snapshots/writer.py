"""The worker that writes checkpoints: it follows the log, and the snapshots topics it writes to.

Nothing of it is on the way of a command, and nothing rests on there being just one of it.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import structlog
from confluent_kafka import KafkaError, KafkaException

from application.log.fold import CannotFold, Fold
from application.log.snapshots.checkpoints import Checkpoints, Written
from application.log.snapshots.index import Restored, SnapshotIndex
from application.log.snapshots.records import BEGINNING, StoredCheckpoint
from application.ports.reading import Checkpoint, ShardId
from domain.category import Category
from domain.events import Recorded
from infra.eventlog.reader import KafkaLogReader
from infra.eventlog.snapshots.reader import (
    Interrupted,
    SnapshotLookup,
    SnapshotReader,
    restore,
)
from infra.kafka.append import Appender

NAME = "checkpoints"
POLL_BATCH = 4_000
POLL_TIMEOUT_S = 0.5
DELIVERY_TIMEOUT_S = 30.0
"""How long Kafka may take to acknowledge what was written."""

APPENDING = {"message.timeout.ms": 0, "batch.num.messages": 100}
"""A batch is compressed as a whole, so whoever looks up a record of it unpacks all of them: with
the usual ten thousand, a look takes a hundred times as long."""

logger = structlog.get_logger(__name__)


class CheckpointWriter:
    """Writes snapshots of what has changed, and then a checkpoint of each shard.

    It does so when `every_events` have happened, and at the latest `every_seconds` after the
    first of them. Blocking, and for one thread.
    """

    def __init__(
        self,
        bootstrap: str,
        categories: Sequence[Category],
        reader: KafkaLogReader,
        snapshots: SnapshotReader,
        *,
        every_events: int,
        every_seconds: float,
    ) -> None:
        self._categories = {category.topic: category for category in categories}
        self._reader = reader
        self._snapshots = snapshots
        self._lookup = SnapshotLookup(bootstrap, categories)
        self._appender = Appender(bootstrap, DELIVERY_TIMEOUT_S, **APPENDING)
        self._every_events = every_events
        self._every_seconds = every_seconds
        self._shards: dict[ShardId, Checkpoints] = {}
        self._mistrusted: set[ShardId] = set()
        self._events = 0
        self._since = 0.0

    def run(self, stopped: Callable[[], bool]) -> None:
        """Work until `stopped`, and then write what there is to write."""
        with suppress(Interrupted):
            self.resume()
            while not stopped():
                self.step()
            self.write()

    def close(self) -> None:
        """Forget what was not delivered; the next writer sees what is lacking."""
        self._appender.close()
        self._lookup.close()

    def resume(self) -> None:
        """Begin with what the topics hold."""
        begun = {s: self._begin(s, index) for s, index in self._snapshots.indexes().items()}
        self._shards = {shard: checkpoints for shard, (_, checkpoints) in begun.items()}
        self._reader.start([_standing(shard, begin) for shard, (begin, _) in begun.items()])

    def _begin(self, shard: ShardId, index: SnapshotIndex) -> tuple[StoredCheckpoint, Checkpoints]:
        """Begin with snapshots; those that cannot be used are all written anew."""
        category = self._categories[shard[0]]
        restored = None if shard in self._mistrusted else restore(shard, index)
        if restored is None:
            restored, index = Restored(BEGINNING, Fold(category)), SnapshotIndex(category)
        index.forget_states()
        begin, fold = restored
        return begin, Checkpoints(category, index, fold, begin)

    def step(self, timeout: float = POLL_TIMEOUT_S) -> None:
        """Read once, and write if that is due."""
        batch = self._reader.read(POLL_BATCH, timeout)
        events: dict[ShardId, list[Recorded]] = defaultdict(list)
        for each in batch.events:
            events[each.position.topic, each.position.partition].append(each)
        for reached in batch.checkpoints:
            self._take(events[reached.topic, reached.partition], reached)
        if self._mistrusted & {s for s, c in self._shards.items() if c.fold.restored}:
            self.resume()
        self._reader.acknowledge(batch.checkpoints)
        if self._is_due(len(batch.events)):
            self.write()

    def _take(self, events: Sequence[Recorded], reached: Checkpoint) -> None:
        shard = reached.topic, reached.partition
        checkpoints = self._shards.get(shard)
        if checkpoints is None:
            return
        try:
            checkpoints.take(events, reached, self._reader.owner_urls.get(shard))
        except CannotFold:
            self._mistrusted.add(shard)
            if not checkpoints.fold.restored:
                logger.exception("no checkpoints of this shard", shard=shard)
                del self._shards[shard]

    def _is_due(self, events: int) -> bool:
        if not self._events:
            self._since = time.monotonic()
        self._events += events
        late = time.monotonic() - self._since >= self._every_seconds
        return self._events >= self._every_events or (self._events > 0 and late)

    def write(self) -> None:
        """Write what the topics lack, and once it has been read back, checkpoints."""
        self._bring_back()
        self._send((shard, each) for shard, c in self._shards.items() for each in c.lacking())
        self._read_back()
        self._send((shard, each) for shard, c in self._shards.items() for each in c.conclude())
        self._events = 0

    def _bring_back(self) -> None:
        """Have in memory what has changed since it was evicted."""
        self._read_back()
        lost = set()
        for shard, checkpoints in self._shards.items():
            try:
                for id, offset in checkpoints.absent():
                    checkpoints.bring_back(id, self._lookup.fetch(shard, offset))
            except CannotFold:
                logger.exception("snapshots cannot be used", shard=shard)
                lost.add(shard)
        if lost:
            self._mistrusted |= lost
            self.resume()

    def _read_back(self) -> None:
        self._snapshots.read_to_end(lambda shard, *record: self._shards[shard].put(*record))

    def _send(self, records: Iterable[tuple[ShardId, Written]]) -> None:
        """Return when all is durable; raises `KafkaException` when it cannot be."""
        for shard, (key, value) in records:
            self._append(shard, key, value)
        self._appender.flush()

    def _append(self, shard: ShardId, key: str, value: bytes | None) -> None:
        topic = self._categories[shard[0]].snapshots_topic
        try:
            self._appender.append(topic, key, value, shard[1])
        except KafkaException as error:
            if error.args[0].code() != KafkaError.MSG_SIZE_TOO_LARGE:
                raise
            # Without it there is no checkpoint of this shard; those of others go on.
            logger.exception("snapshot is too large", shard=shard, key=key)


def _standing(shard: ShardId, begin: StoredCheckpoint) -> Checkpoint:
    return Checkpoint(*shard, begin.offset, begin.epoch, begin.owner, begin.next_seq)
