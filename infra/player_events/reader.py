"""How workers read players' events: the whole topic, in batches."""

from collections.abc import Mapping, Sequence

import msgspec
import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from application.ports.reading import Batch, Checkpoint, ShardId
from domain.player_events.event import TOPIC, PlayerEvent
from domain.player_events.unreadable import UnreadableRecord
from infra.eventlog.clients import consumer_config
from infra.eventlog.committed_offsets import CommittedOffsets
from infra.eventlog.reader import PASSING_ERRORS
from infra.eventlog.watermarks import Watermarks
from infra.stack.errors import SetupError

SECONDS = 5

ENOUGH = 256 * 1024
"""Bytes for which Kafka does not wait for more. Without that, it answers each of the three
consumers for every single event (measured at 2,000 events a second: 58 % of a core, with it 42)."""

MANY = 1_000
"""Who gets so many records in one piece is behind, and waits for a full batch of them."""

logger = structlog.get_logger(__name__)


class PlayerEventReader:
    """Implements the port `LogReader` for the topic `player.events.raw`; nothing is gated.

    The numbers of events are their offsets. Blocking, and for one thread. A batch is `limit`
    records, or what arrived within `spacing` seconds. What waits in a buffer is not lost with the
    process, since whoever reads stores the position with the data. A record that is no event comes
    as an `UnreadableRecord`.

    Kafka keeps the topic for days only, so a place may be gone when it is asked for. Reading then
    goes on at what is left, which is logged as an error: nobody will ever see what was between.

    `topic` is another one of such records, for measurements; positions call it `TOPIC` still.
    """

    def __init__(
        self, bootstrap: str, group: str, spacing: float = 0.02, topic: str = TOPIC
    ) -> None:
        self._consumer = Consumer(
            consumer_config(bootstrap, group)
            | {"fetch.min.bytes": ENOUGH, "fetch.wait.max.ms": max(1, round(1_000 * spacing))}
        )
        self._watermarks = Watermarks(bootstrap, SECONDS)
        self._decode = msgspec.json.Decoder(PlayerEvent).decode
        self._topic = topic
        self._partitions = self._count_partitions()
        self._offsets: dict[int, int] = {}
        self._committed = CommittedOffsets(self._consumer)

    def _count_partitions(self) -> int:
        topics = self._consumer.list_topics(self._topic, SECONDS).topics
        if error := topics[self._topic].error:
            raise KafkaException(error)
        return len(topics[self._topic].partitions)

    def start(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See `ports.reading.LogReader.start`; may be called again to move.

        Raises `SetupError` where the topic has got partitions that the read model knows nothing of.
        """
        if checkpoints and len(checkpoints) != self._partitions:
            raise SetupError(
                f"The topic {self._topic} has {self._partitions} partitions, but the read model "
                f"was built from {len(checkpoints)}; rebuild it (gamehall projections rebuild)."
            )
        wanted = {c.partition: c.offset for c in checkpoints}
        self._offsets = {p: _from(p, first, wanted) for p, first in self.beginnings().items()}
        self._assign()

    def _assign(self) -> None:
        self._consumer.assign([TopicPartition(self._topic, *at) for at in self._offsets.items()])

    def read(self, limit: int, timeout: float) -> Batch:
        """See `ports.reading.LogReader.read`.

        Raises `KafkaException` when a partition cannot be read at all; a broker that is away is
        waited for.
        """
        first = self._consumer.poll(timeout)
        if first is None:
            self._committed.send()
            return Batch((), ())
        messages, more = [first], MANY
        while more >= MANY and len(messages) < limit:
            found = self._consumer.consume(limit - len(messages), 0)
            messages += found
            more = len(found)
        return self._taken(messages)

    def _taken(self, messages: Sequence[Message]) -> Batch:
        events: list[PlayerEvent | UnreadableRecord] = []
        ends: dict[int, int] = {}
        decode, append = self._decode, events.append
        for message in messages:
            if message.error() is not None:
                self._look_at(message)
                continue
            partition, offset = message.partition() or 0, message.offset() or 0
            ends[partition] = offset + 1
            try:
                event = decode(message.value() or b"")
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                append(_unreadable(message, str(error)))
                continue
            event.partition, event.offset = partition, offset
            append(event)
        self._offsets |= ends
        return Batch(events, [self._checkpoint(partition) for partition in ends])

    def _look_at(self, message: Message) -> None:
        """An error event: of a broker that is away, or of a place that is gone."""
        error = message.error()
        assert error is not None
        gone = error.code() == KafkaError._AUTO_OFFSET_RESET  # noqa: SLF001  its only name
        if gone and (self._moved() or self._is_there(message.partition() or 0)):
            return
        if error.code() not in PASSING_ERRORS:
            raise KafkaException(error)

    def _moved(self) -> bool:
        """Go on at what is left; False where nothing is gone."""
        wanted = self._offsets
        self._offsets = {p: _from(p, first, wanted) for p, first in self.beginnings().items()}
        if moved := self._offsets != wanted:
            self._assign()
        return moved

    def _is_there(self, partition: int) -> bool:
        """Whether the place can be read: the error was about the one before a move, and is late."""
        return self._offsets[partition] <= self.ends()[TOPIC, partition]

    def _checkpoint(self, partition: int) -> Checkpoint:
        offset = self._offsets[partition]
        return Checkpoint(TOPIC, partition, offset, epoch=0, owner="", next_seq=offset)

    def checkpoints(self) -> Sequence[Checkpoint]:
        """Where the reader stands in every partition."""
        return [self._checkpoint(partition) for partition in self._offsets]

    def beginnings(self) -> Mapping[int, int]:
        """The first offset that Kafka still has, by partition; raises `KafkaException`."""
        first = self._watermarks.beginnings(self._places())
        return {partition: offset for (_, partition), offset in first.items()}

    def ends(self) -> Mapping[ShardId, int]:
        """See `ports.reading.LogReader.ends`; raises `KafkaException` when Kafka is away."""
        ends = self._watermarks.ends(self._places())
        return {(TOPIC, partition): end for (_, partition), end in ends.items()}

    def _places(self) -> list[ShardId]:
        return [(self._topic, partition) for partition in range(self._partitions)]

    def acknowledge(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See `ports.reading.LogReader.acknowledge`."""
        self._committed.note({(self._topic, c.partition): c.offset for c in checkpoints})

    def close(self) -> None:
        """See `ports.reading.LogReader.close`."""
        self._committed.send()
        self._consumer.close()
        self._watermarks.close()


def _from(partition: int, first: int, wanted: Mapping[int, int]) -> int:
    """Where to read on: at the offset that is wanted, or at the first that is left."""
    offset = wanted.get(partition, first)
    if offset < first:
        logger.error(
            "events are gone from Kafka that were never read",
            partition=partition,
            wanted=offset,
            first_left=first,
        )
    return max(offset, first)


def _unreadable(message: Message, reason: str) -> UnreadableRecord:
    return UnreadableRecord(
        message.partition() or 0,
        message.offset() or 0,
        (message.key() or b"").decode(errors="replace"),
        message.value(),
        reason,
    )
