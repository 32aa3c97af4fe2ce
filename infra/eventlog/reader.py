"""How workers read the log: whole topics, through the gate, in batches."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from confluent_kafka import Message

from application.log.gate import Gate
from application.log.records import Claim, Codec, Commit, MalformedRecord, recorded_events
from application.ports.reading import Batch, Checkpoint, ShardId
from domain.category import Category
from domain.events import Recorded
from infra.kafka.clients import consumer_config
from infra.kafka.errors import failed
from infra.kafka.joint_fetch import JointFetches
from infra.kafka.reading import Reading
from infra.kafka.share import Share
from infra.kafka.watermarks import Watermarks

BATCH_INTERVAL_S = 0.02
"""Seconds from one batch to the next at the end of the log. A lone event is read at once; while
much is going on, fifty batches a second cost the stores, the broker and this process far less
than a thousand, and nobody sees the difference."""


class LogRecord(NamedTuple):
    """A record and its place, and the events that it would record; None where it is none."""

    shard: ShardId
    offset: int
    record: Claim | Commit[Any] | None
    events: Sequence[Recorded]


def _where(found: LogRecord) -> tuple[ShardId, int]:
    return found.shard, found.offset


class KafkaLogReader:
    """Implements the port `LogReader` for the topics of some categories.

    Blocking, and for one thread. `group` names the consumer group, one member of which reads
    everything (`take_up`), and under which `acknowledge` shows the reader's lag to Kafka tools;
    where the reader continues is up to its checkpoints.
    With `only`, one shard is read in place of all; with `of`, the events of one aggregate, while
    the commits that do not mention it are passed over quickly.
    """

    def __init__(
        self,
        bootstrap: str,
        categories: Sequence[Category],
        partitions: Mapping[str, int],
        group: str,
        only: ShardId | None = None,
        of: str | None = None,
    ) -> None:
        # What every commit contains, or every commit with events of the aggregate.
        self._mentioned = b"" if of is None else msgspec.json.encode(of)
        self._share = Share(consumer_config(bootstrap, group), divides=False)
        self._watermarks = Watermarks(bootstrap)
        self._codecs = {category.topic: Codec(category) for category in categories}
        self._shards = [
            (category.topic, partition)
            for category in categories
            for partition in range(partitions[category.topic])
            if only in {None, (category.topic, partition)}
        ]
        self._gates: dict[ShardId, Gate] = {}
        self.owner_urls: dict[ShardId, str] = {}
        """Where the owner of a shard answers, if its claim has been read since the start."""
        self._reading = Reading(
            self._share, self._found, _where, kind=KafkaLogReader, interval_s=BATCH_INTERVAL_S
        )

    def start(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See `ports.reading.LogReader.start`; may be called again to move."""
        self._go_to(self._shards, checkpoints)
        self._share.read_all(self._reading.offsets)

    def held(self) -> Collection[ShardId]:
        """See `ports.reading.LogReader.held`."""
        return self._share.held

    def take_up(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See `ports.reading.LogReader.take_up`."""
        self._go_to(self._share.held, checkpoints)
        self._share.read_held(self._shards, self._reading.offsets)

    def _go_to(self, shards: Collection[ShardId], checkpoints: Sequence[Checkpoint]) -> None:
        self._gates = {shard: Gate() for shard in shards}
        self.owner_urls = {}
        offsets = dict.fromkeys(shards, 0)
        for c in checkpoints:
            self._gates[c.topic, c.partition] = Gate(c.epoch, c.owner, c.next_seq)
            offsets[c.topic, c.partition] = c.offset
        self._reading.begin(offsets)

    def read_with(self, fetches: JointFetches | None) -> None:
        """Read together with others of this process what they read at the same time."""
        self._reading.fetches = fetches

    def read(self, limit: int, timeout: float) -> Batch:
        """See `ports.reading.LogReader.read`.

        Raises `KafkaException` when a partition cannot be read at all, for example because its
        topic does not exist; a broker that is away is waited for.
        """
        fetched = self._reading.read(limit, timeout)
        if not fetched.reached:
            self._share.committed.send()
        events: list[Recorded] = []
        for found in fetched.events:
            events.extend(self._passed(found))
        for message in fetched.errors:
            failed(message)
        return Batch(events, [self._checkpoint(shard) for shard in fetched.reached])

    def _found(self, messages: Sequence[Message]) -> list[LogRecord]:
        """What stands in some records; the same for everybody who reads them."""
        return [self._found_in(message) for message in messages]

    def _found_in(self, message: Message) -> LogRecord:
        topic, partition = shard = message.topic() or "", message.partition() or 0
        codec, value, offset = self._codecs[topic], message.value() or b"", message.offset() or 0
        wanted = self._mentioned in value
        try:
            record = codec.decode(value) if wanted else codec.skim(value)
        except MalformedRecord:
            return LogRecord(shard, offset, None, ())
        if isinstance(record, Claim) or not wanted:
            return LogRecord(shard, offset, record, ())
        return LogRecord(shard, offset, record, recorded_events(topic, partition, record))

    def _passed(self, found: LogRecord) -> Sequence[Recorded]:
        """The events that pass the gate."""
        gate, record = self._gates[found.shard], found.record
        if record is None:
            gate.refuse("malformed")
        elif isinstance(record, Claim):
            if gate.claim(record.epoch, record.owner):
                self.owner_urls[found.shard] = record.url
        elif gate.commit(record.epoch, record.owner, record.seq, len(record.events)):
            return found.events
        return ()

    def _checkpoint(self, shard: ShardId) -> Checkpoint:
        gate = self._gates[shard]
        return Checkpoint(
            *shard, self._reading.offsets[shard], gate.epoch, gate.owner, gate.next_seq
        )

    def checkpoints(self) -> Sequence[Checkpoint]:
        """Where the reader stands in every shard."""
        return [self._checkpoint(shard) for shard in self._reading.offsets]

    def ends(self) -> Mapping[ShardId, int]:
        """See `ports.reading.LogReader.ends`; raises `KafkaException` when Kafka is away."""
        return self._watermarks.ends(self._shards)

    def acknowledge(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See `ports.reading.LogReader.acknowledge`."""
        self._share.committed.note({(c.topic, c.partition): c.offset for c in checkpoints})

    def close(self) -> None:
        """See `ports.reading.LogReader.close`."""
        self._reading.leave()
        self._share.close()
        self._watermarks.close()
