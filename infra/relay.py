"""The relay: tells the public topics what the log says, each event once and none left out.

Every public record carries in its headers the `position` of its event and, as `received`, the
last position from each source shard that its partition holds. The last record of a partition
therefore tells what has arrived there, even when a crash lost the rest of a batch, and the relay
goes on exactly behind it. Its own checkpoint only saves reading; transactions are not needed.

One relay is active, by an advisory lock: one that is frozen for longer than the lock lives and
then wakes up in the middle of a batch could still repeat what its successor has sent.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from psycopg.errors import LockNotAvailable

from application.outbox import Outbox, Outgoing
from application.ports.reading import Checkpoint, LogReader, PositionStore, ShardId
from domain.events import Position, Recorded
from infra.eventlog.partition import partition_for
from infra.kafka.append import Appender
from infra.kafka.clients import consumer_config
from infra.kafka.watermarks import Watermarks
from infra.postgres.database import Database

NAME = "relay"
POLL_BATCH = 2_000
POLL_TIMEOUT_S = 0.5
SAVE_INTERVAL_S = 1.0
"""Between checkpoints; a lost one costs no more than reading that much again."""

DELIVERY_TIMEOUT_S = 30
ANSWER_TIMEOUT_S = 30
FIRST_LOOK_RECORDS = 4
"""Looked at from the end of a partition, before looking further back."""

Received = dict[ShardId, int]


class Relay:
    """Reads the log and writes the public topics. Blocking, for one thread."""

    def __init__(
        self,
        bootstrap: str,
        outboxes: Sequence[Outbox],
        reader: LogReader,
        positions: PositionStore,
        lock: "RelayLock",
    ) -> None:
        self._bootstrap = bootstrap
        self._outboxes = outboxes
        self._reader = reader
        self._positions = positions
        self._lock = lock
        self._appender = Appender(bootstrap, DELIVERY_TIMEOUT_S, **{"message.timeout.ms": 0})
        self._partitions: dict[str, int] = {}
        self._received: dict[ShardId, Received] = {}
        self._unsaved: dict[ShardId, Checkpoint] = {}
        self._saved_at = time.monotonic()

    def run(self, stopped: Callable[[], bool]) -> None:
        """Wait until this is the only relay, then work until `stopped`."""
        self._lock.wait(stopped)
        if stopped():
            return
        self.resume()
        while not stopped():
            self.step()
        self._save()

    def close(self) -> None:
        """Forget what was not delivered: the next relay learns what was."""
        self._appender.close()

    def resume(self) -> None:
        """Learn what the public topics hold, and start reading at the checkpoint."""
        names = [topic.name for outbox in self._outboxes for topic in outbox.topics]
        self._partitions = {name: self._appender.partitions_of(name) for name in names}
        self._received = last_received(self._bootstrap, self._partitions)
        self._reader.start(self._positions.load())

    def step(self, timeout: float = POLL_TIMEOUT_S) -> int:
        """Relay what is there; returns the number of public records."""
        batch = self._reader.read(POLL_BATCH, timeout)
        sent = sum(self._tell(recorded) for recorded in batch.events)
        if sent:
            self._appender.flush()  # after a failure, only a new start knows what has arrived
        self._unsaved |= {(c.topic, c.partition): c for c in batch.checkpoints}
        if not batch.checkpoints or time.monotonic() - self._saved_at > SAVE_INTERVAL_S:
            self._save()
        return sent

    def _tell(self, recorded: Recorded) -> int:
        """Tell of an event on the topics of each outbox that has something to tell of it."""
        told = (outbox.publish(recorded.event) for outbox in self._outboxes)
        return sum(self._append(recorded, each) for each in told if each is not None)

    def _append(self, recorded: Recorded, outgoing: Outgoing) -> bool:
        partition = partition_for(outgoing.key, self._partitions[outgoing.topic])
        received = self._received[outgoing.topic, partition]
        source, seq = recorded.position[:2], recorded.position.seq
        if seq <= received.get(source, -1):
            return False
        received[source] = seq
        headers = [("position", str(recorded.position)), ("received", _write(received))]
        self._appender.append(*outgoing, partition, headers)
        return True

    def _save(self) -> None:
        self._lock.check()
        checkpoints, self._unsaved = list(self._unsaved.values()), {}
        if checkpoints:
            self._positions.save(checkpoints)
            self._reader.acknowledge(checkpoints)
        self._saved_at = time.monotonic()


class RelayLock:
    """Held by the active relay of a name as long as its connection to PostgreSQL lives."""

    def __init__(self, database: Database, name: str = NAME) -> None:
        self._name = name
        self._connection = database.another()
        self._connection.execute("SET lock_timeout = '1s'")

    def close(self) -> None:
        """Let another relay take over."""
        self._connection.close()

    def wait(self, stopped: Callable[[], bool]) -> None:
        """Wait until the lock is ours, or `stopped`."""
        while not stopped() and not self.taken():
            pass

    def taken(self) -> bool:
        """Wait up to a second for the lock; whether it is ours."""
        query = "SELECT pg_advisory_lock(hashtextextended(%s, 0))"
        try:
            self._connection.execute(query, [f"gamehall {self._name}"])
        except LockNotAvailable:
            return False
        return True

    def check(self) -> None:
        """Raise `psycopg.OperationalError` when the lock went with its connection."""
        try:
            self._connection.execute("SELECT 1")
        except psycopg.InterfaceError as error:
            raise psycopg.OperationalError(f"The lock of {self._name} is lost: {error}") from error


def _write(received: Received) -> str:
    return " ".join(str(Position(*shard, seq)) for shard, seq in sorted(received.items()))


def _read(text: str) -> Received:
    positions = map(Position.parse, text.split())
    return {(p.topic, p.partition): p.seq for p in positions}


def last_received(bootstrap: str, partitions: dict[str, int]) -> dict[ShardId, Received]:
    """What each partition of some public topics has received, as its last record of ours says.

    Looks back from the ends, further and further: others may write to a public topic too.
    """
    shards = [(topic, p) for topic, count in partitions.items() for p in range(count)]
    received: dict[ShardId, Received] = {shard: {} for shard in shards}
    watermarks = Watermarks(bootstrap, ANSWER_TIMEOUT_S)
    lows, ends = watermarks.beginnings(shards), watermarks.ends(shards)
    watermarks.close()
    look = FIRST_LOOK_RECORDS
    while ends := {shard: end for shard, end in ends.items() if end > lows[shard]}:
        starts = {shard: max(lows[shard], end - look) for shard, end in ends.items()}
        for shard, text in _headers(bootstrap, starts, ends):
            received[shard] = _read(text)
        ends = {shard: start for shard, start in starts.items() if not received[shard]}
        look *= 10
    return received


def _headers(
    bootstrap: str, starts: dict[ShardId, int], ends: dict[ShardId, int]
) -> Iterator[tuple[ShardId, str]]:
    """The headers of ours between some offsets, those of one partition in order."""
    consumer = Consumer(consumer_config(bootstrap, f"gamehall-{NAME}"))
    consumer.assign([TopicPartition(*shard, start) for shard, start in starts.items()])
    missing = set(starts)
    try:
        while missing:
            message = consumer.poll(ANSWER_TIMEOUT_S)
            if message is None:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001
            if message.error() is not None:
                continue
            shard, offset = (message.topic() or "", message.partition() or 0), message.offset() or 0
            text = _header(message)
            if text is not None and offset < ends[shard]:
                yield shard, text
            if offset + 1 >= ends[shard]:
                missing.discard(shard)
    finally:
        consumer.close()


def _header(message: Message) -> str | None:
    headers: Any = dict(message.headers() or ())
    value = headers.get("received")
    return None if value is None else value.decode()
