"""Reads the snapshots topics: whole, on and on, or one record."""

import time
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from application.log.snapshots.index import Restored, SnapshotIndex
from application.log.snapshots.records import Found
from application.log.snapshots.restored import SnapshotsWrong
from application.ports.reading import ShardId
from domain.category import Category
from infra.kafka.clients import consumer_config
from infra.kafka.errors import PASSING_ERRORS
from infra.kafka.fetching import what_there_is
from infra.kafka.watermarks import Watermarks

POLL_BATCH = 1_000
POLL_TIMEOUT_S = 0.2
SILENCE_TIMEOUT_S = 30.0
"""How long the topics may have nothing to say before reading them is given up."""

logger = structlog.get_logger(__name__)

LOOKUP_CONFIG = {
    "fetch.wait.max.ms": 5,
    "queued.min.messages": 1,
    "fetch.message.max.bytes": 4_096,
}
"""A look is for one record, and gets its batch at the least. A longer fetch would still be under
way when the next look begins, and that one would have to wait for it, half a second as a rule."""

LEADERS_KNOWN_S = 300.0
"""Seconds between questions where the leaders of partitions are, which take some milliseconds.
librdkafka forgets them after 900 s, and then takes up to a second (measured) for a look at a topic,
as long as anybody waits for one."""

Put = Callable[[ShardId, int, str, bytes | None], None]
"""Takes a record: the shard of the log that it is about, its offset, key and value."""


class Interrupted(Exception):
    """Reading was to stop."""


class SnapshotReader:
    """Reads the snapshots of some categories, by the shards of their logs.

    Blocking, and for one thread at a time; `stopped` ends a long read with `Interrupted`.
    """

    def __init__(
        self,
        bootstrap: str,
        categories: Iterable[Category],
        partitions: Mapping[str, int],
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        config = consumer_config(bootstrap, "gamehall-snapshots")
        self._consumer = Consumer(config | {"enable.partition.eof": True})
        self._watermarks = Watermarks(bootstrap, SILENCE_TIMEOUT_S)
        self._partitions = partitions
        self._stopped = stopped
        self._categories = {c.topic: c for c in categories if c.restorers}
        self._topics = {c.topic: c.snapshots_topic for c in self._categories.values()}
        self._logs = {snapshots: log for log, snapshots in self._topics.items()}
        self._at: dict[ShardId, int] = {}

    def indexes(self, only: Container[ShardId] | None = None) -> dict[ShardId, SnapshotIndex]:
        """What the topics hold of every shard, or of some; `read_to_end` goes on from there.

        Raises `KafkaException` when Kafka is away, and `Interrupted`.
        """
        there = self._consumer.list_topics(timeout=SILENCE_TIMEOUT_S).topics
        indexes = {
            (log, partition): SnapshotIndex(category)
            for log, category in self._categories.items()
            if category.snapshots_topic in there
            for partition in range(self._partitions[log])
            if only is None or (log, partition) in only
        }
        self.start(dict.fromkeys(indexes, 0))
        self.read_to_end(lambda shard, *record: indexes[shard].put(*record))
        return indexes

    def start(self, offsets: Mapping[ShardId, int]) -> None:
        """Continue at these offsets, each the next to be read; may be called again to move."""
        self._at = dict(offsets)
        self._consumer.assign([self._place(shard, at) for shard, at in offsets.items()])

    def _place(self, shard: ShardId, offset: int) -> TopicPartition:
        return TopicPartition(self._topics[shard[0]], shard[1], offset)

    def read_to_end(self, put: Put) -> None:
        """Give every record there is by now, those of one shard in order.

        Raises `KafkaException` when Kafka is away, and `Interrupted`.
        """
        ends = self._ends()
        heard = time.monotonic()
        while any(self._at[shard] < end for shard, end in ends.items()):
            found = what_there_is(self._consumer, POLL_BATCH, POLL_TIMEOUT_S)
            messages = [message for message in found if not _passing(message)]
            for message in messages:
                self._take(message, put)
            if messages:
                heard = time.monotonic()
            elif time.monotonic() - heard > SILENCE_TIMEOUT_S:
                raise _timed_out()
            if self._stopped():
                raise Interrupted

    def _ends(self) -> dict[ShardId, int]:
        ends = self._watermarks.ends((self._topics[log], partition) for log, partition in self._at)
        return {(self._logs[topic], partition): end for (topic, partition), end in ends.items()}

    def _take(self, message: Message, put: Put) -> None:
        shard = self._logs[message.topic() or ""], message.partition() or 0
        offset = message.offset() or 0
        if _is_end(message):
            self._at[shard] = offset  # what lay before the end may have been compacted away
        else:
            put(shard, offset, key_of(message), message.value())
            self._at[shard] = offset + 1

    def close(self) -> None:
        """Leave; the reader is not used again."""
        self._consumer.close()
        self._watermarks.close()


class SnapshotLookup:
    """Reads single records of the topics of snapshots, in about 2 ms each.

    One after the other: several partitions at once take half a second (measured), as their fetches
    wait for each other. Blocking, and for one thread at a time.
    """

    def __init__(self, bootstrap: str, categories: Iterable[Category]) -> None:
        config = consumer_config(bootstrap, "gamehall-snapshots") | LOOKUP_CONFIG
        self._consumer = Consumer(config | {"enable.partition.eof": True})
        self._topics = {category.topic: category.snapshots_topic for category in categories}
        self._known_until = 0.0

    def fetch(self, shard: ShardId, offset: int) -> Found | None:
        """The record at an offset; None when it has been compacted away.

        Raises `KafkaException` when Kafka is away.
        """
        self._know_leaders()
        self._consumer.assign([TopicPartition(self._topics[shard[0]], shard[1], offset)])
        try:
            while (message := self._consumer.poll(SILENCE_TIMEOUT_S)) is not None:
                if not _passing(message):
                    there = not _is_end(message) and message.offset() == offset
                    return Found(key_of(message), message.value() or b"") if there else None
            raise _timed_out()
        finally:
            self._consumer.unassign()

    def _know_leaders(self) -> None:
        now = time.monotonic()
        if now >= self._known_until:
            self._consumer.list_topics(timeout=SILENCE_TIMEOUT_S)
            self._known_until = now + LEADERS_KNOWN_S

    def close(self) -> None:
        """Leave; it is not used again."""
        self._consumer.close()


def restore(shard: ShardId, index: SnapshotIndex) -> Restored | None:
    """What the shard begins with; None, and a line in the log, where the snapshots are wrong."""
    try:
        return index.restore()
    except SnapshotsWrong:
        logger.exception(
            "snapshots cannot be used, the log is read from its beginning", shard=shard
        )
        return None


def key_of(message: Message) -> str:
    """The key of a record as text."""
    key: Any = message.key() or b""  # declared as text by the library, and bytes
    return str(key, errors="replace")


def _is_end(message: Message) -> bool:
    """Whether this says that a partition has no more for now; a lasting error is raised."""
    error = message.error()
    if error is None:
        return False
    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its only name
        return True
    raise KafkaException(error)


def _passing(message: Message) -> bool:
    error = message.error()
    return error is not None and error.code() in PASSING_ERRORS


def _timed_out() -> KafkaException:
    return KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001
