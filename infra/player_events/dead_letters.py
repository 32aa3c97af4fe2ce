"""The topics of players' dead letters: read as a whole, and decisions appended to them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from confluent_kafka import Consumer, Message, TopicPartition

from application.ports.commands import Unavailable
from application.ports.reading import Batch, Checkpoint, ShardId
from domain.events import Position
from domain.player_events.letters import TOPICS, DeadLetter, Decision, LetterRecord, Verb
from infra.eventlog.clients import consumer_config
from infra.eventlog.committed_offsets import CommittedOffsets
from infra.eventlog.reader import failed
from infra.eventlog.watermarks import Watermarks
from infra.kafka.append import AppendFailed, NewRecord, append_durably
from infra.stack.errors import SetupError

TIMEOUT_S = 10

logger = structlog.get_logger(__name__)


class DeadLetterReader:
    """Implements the port `LogReader` for the topics of players' dead letters; nothing is gated.

    The numbers of records are their offsets. Blocking, and for one thread. Raises `SetupError`
    where a topic is missing.
    """

    def __init__(self, bootstrap: str, group: str, topics: Sequence[str] = TOPICS) -> None:
        self._consumer = Consumer(consumer_config(bootstrap, group))
        self._watermarks = Watermarks(bootstrap, TIMEOUT_S)
        self._shards = [shard for topic in topics for shard in self._shards_of(topic)]
        self._offsets: dict[ShardId, int] = {}
        self._committed = CommittedOffsets(self._consumer)

    def _shards_of(self, topic: str) -> list[ShardId]:
        found = self._consumer.list_topics(topic, TIMEOUT_S).topics[topic]
        if found.error:
            raise SetupError(f"There is no topic {topic}; create it (gamehall topics create).")
        return [(topic, partition) for partition in found.partitions]

    def start(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See the port; where a place is gone, at the first record that is left.

        Raises `SetupError` where the topics have other partitions than the read model was built
        from.
        """
        wanted = {(c.topic, c.partition): c.offset for c in checkpoints}
        if wanted and wanted.keys() != set(self._shards):
            raise SetupError(
                f"Dead letters stand in {len(self._shards)} partitions, but the read model was "
                f"built from {len(wanted)}; rebuild it (gamehall projections rebuild)."
            )
        self._offsets = self._watermarks.beginnings(self._shards)
        for shard, offset in wanted.items():
            if offset < self._offsets[shard]:
                first = self._offsets[shard]
                logger.error(
                    "dead letters are gone that were never read", wanted=offset, left=first
                )
            else:
                self._offsets[shard] = offset
        self._consumer.assign([TopicPartition(*shard, at) for shard, at in self._offsets.items()])

    def read(self, limit: int, timeout: float) -> Batch:
        """See the port; raises `KafkaException` when a partition cannot be read."""
        first = self._consumer.poll(timeout)
        if first is None:
            self._committed.send()
            return Batch((), ())
        messages = [first, *self._consumer.consume(limit - 1, 0)] if limit > 1 else [first]
        records = [_record(message) for message in messages if not failed(message)]
        touched = {record.position[:2]: record.position.seq + 1 for record in records}
        self._offsets |= touched
        return Batch(records, [self._checkpoint(shard) for shard in touched])

    def _checkpoint(self, shard: ShardId) -> Checkpoint:
        offset = self._offsets[shard]
        return Checkpoint(*shard, offset, epoch=0, owner="", next_seq=offset)

    def checkpoints(self) -> Sequence[Checkpoint]:
        """See the port."""
        return [self._checkpoint(shard) for shard in self._offsets]

    def ends(self) -> Mapping[ShardId, int]:
        """See the port; raises `KafkaException` when Kafka is away."""
        return self._watermarks.ends(self._shards)

    def acknowledge(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See the port."""
        self._committed.note({(c.topic, c.partition): c.offset for c in checkpoints})

    def close(self) -> None:
        """See the port."""
        self._committed.send()
        self._consumer.close()
        self._watermarks.close()


def _record(message: Message) -> LetterRecord:
    position = Position(message.topic() or "", message.partition() or 0, message.offset() or 0)
    headers: Mapping[str, Any] = dict(message.headers() or ())
    return LetterRecord(
        position,
        _text(message.key()),
        _text(message.value()),
        {name: _text(value) for name, value in headers.items()},
        datetime.fromtimestamp(message.timestamp()[1] / 1_000, UTC),
    )


def _text(data: bytes | str | None) -> str:
    """Bytes as a text that PostgreSQL holds, which knows no NUL."""
    text = data if isinstance(data, str) else (data or b"").decode(errors="replace")
    return text.replace("\0", "\ufffd")


class LoggedLetters:
    """Where records go that are no dead letters: to the worker's log; they stay in their topic."""

    def send(self, event: LetterRecord, reason: str) -> None:
        """See `ports.projections.DeadLetterSink`."""
        logger.error("a record is no dead letter", position=str(event.position), reason=reason)

    def flush(self) -> None:
        """Nothing is on its way."""


def decision_record(letter: DeadLetter, verb: Verb, decision: Decision) -> NewRecord:
    """How a decision is written, behind the letter that it is about."""
    topic, partition, _ = letter.id.split("/")
    headers = [("decision", verb), ("letter", letter.id)]
    value = msgspec.json.encode(decision)
    return NewRecord(topic, letter.key, value, int(partition), headers)


class DecisionTopics:
    """Appends decisions; implements `dead_letters.Decisions`. Blocking."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    def append(self, verb: Verb, decided: Sequence[tuple[DeadLetter, Decision]]) -> list[Position]:
        """See the port."""
        records = [decision_record(letter, verb, decision) for letter, decision in decided]
        try:
            return append_durably(self._bootstrap, records, TIMEOUT_S)
        except AppendFailed as error:
            raise Unavailable(f"Kafka did not take the decision: {error.reason}.") from error
