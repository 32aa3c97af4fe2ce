"""Where the events of rules come from: topics of the log, and public topics that the hall writes.

Each rule has a reader of its own, which is no member of a group: to read together with others of
the process (`JointFetches`) would let one rule wait for another.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message

from application.effects.happenings import Happening, of_event, of_message
from application.ports.reading import Checkpoint, LogReader, ShardId
from domain.effects.ledger import SourcePlace
from domain.events import Position

FIND_RECORDS = 2_000
FIND_TIMEOUT_S = 0.5
FIND_ALL_TIMEOUT_S = 15.0

Finder = Callable[[int], LogReader]
"""Makes a reader of one partition, which is closed by who asked for it."""


class TopicSource:
    """Implements `application.effects.runner.RuleSource` on readers of one topic."""

    def __init__(self, topic: str, reader: LogReader, finder: Finder, *, gated: bool) -> None:
        self.reader = reader
        self._topic = topic
        self._finder = finder
        self._gated = gated

    def happenings(self, events: Iterable[Any]) -> Iterable[Happening]:
        """See `RuleSource`."""
        return map(of_event, events) if self._gated else events

    def find(
        self, partition: int, place: SourcePlace, seqs: Collection[int]
    ) -> Mapping[int, Happening]:
        """See `RuleSource`; raises `KafkaException` where Kafka does not answer in time."""
        reader = self._finder(partition)
        shard = self._topic, partition
        try:
            checkpoint = Checkpoint(*shard, place.offset, place.epoch, place.owner, place.next_seq)
            reader.start([checkpoint])
            return self._found(reader, shard, frozenset(seqs))
        finally:
            reader.close()

    def _found(
        self, reader: LogReader, shard: ShardId, seqs: frozenset[int]
    ) -> Mapping[int, Happening]:
        end, last, found = reader.ends()[shard], max(seqs), dict[int, Happening]()
        give_up = time.monotonic() + FIND_ALL_TIMEOUT_S
        while time.monotonic() < give_up:
            batch = reader.read(FIND_RECORDS, FIND_TIMEOUT_S)
            events = ((each.position.seq, each) for each in batch.events)
            there = [each for seq, each in events if seq in seqs]
            found |= {each.position.seq: each for each in self.happenings(there)}
            (at,) = (each for each in reader.checkpoints() if each.partition == shard[1])
            if at.next_seq > last or at.offset >= end:
                return found
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001  its only name


def messages_of(
    type_field: str,
) -> Callable[[Sequence[Message]], list[Happening]]:
    """What decodes the records of a public topic whose messages say in a field what they are."""

    def decoded(message: Message) -> Happening:
        position = Position(message.topic() or "", message.partition() or 0, message.offset() or 0)
        at = datetime.fromtimestamp(message.timestamp()[1] / 1_000, UTC)
        value: Any = message.value()
        return of_message(position, at, value, type_field)

    return lambda messages: [decoded(each) for each in messages]
