"""How workers read topics in which nothing is gated: each whole, in batches."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import structlog
from confluent_kafka import KafkaError, KafkaException, Message

from application.ports.reading import Batch, Checkpoint, ShardId
from infra.errors import SetupError
from infra.kafka.clients import consumer_config
from infra.kafka.errors import failed
from infra.kafka.joint_fetch import JointFetches
from infra.kafka.reading import Reading
from infra.kafka.share import Share
from infra.kafka.watermarks import Watermarks

ANSWER_TIMEOUT_S = 5

Event = TypeVar("Event")

logger = structlog.get_logger(__name__)


class TopicReader(Generic[Event]):
    """Implements the port `LogReader` for topics whose records are numbered by their offsets.

    Blocking, and for one thread. `decode` makes an event of each record. `topics` are those that
    are read, by the names that positions call them. `settings` are those in which the client
    differs from `consumer_config`, and `divides` says whether members of the group divide the
    topics. With `only`, these partitions are read in place of all. Raises `KafkaException` where a
    topic is missing.

    Kafka keeps such topics for days only, so a place may be gone when it is asked for. Reading then
    goes on at what is left, which is logged as an error: nobody will ever see what was between.
    """

    def __init__(
        self,
        bootstrap: str,
        group: str,
        topics: Mapping[str, str],
        decode: Callable[[Sequence[Message]], list[Event]],
        *,
        divides: bool = False,
        only: Collection[int] | None = None,
        **settings: Any,
    ) -> None:
        self._share = Share(consumer_config(bootstrap, group) | settings, divides=divides)
        self._watermarks = Watermarks(bootstrap, ANSWER_TIMEOUT_S)
        self._reading = Reading(self._share, decode, self._where, decode)
        self._topics = topics
        self._names = {topic: name for name, topic in topics.items()}
        there = [shard for topic in self._names for shard in self._shards_of(topic)]
        self._shards = [shard for shard in there if only is None or shard[1] in only]

    def read_with(self, fetches: JointFetches | None) -> None:
        """Read together with others of this process what they read at the same time."""
        self._reading.fetches = fetches

    def _shards_of(self, topic: str) -> list[ShardId]:
        found = self._share.consumer.list_topics(topic, ANSWER_TIMEOUT_S).topics[topic]
        if found.error:
            raise KafkaException(found.error)
        return [(topic, partition) for partition in found.partitions]

    def start(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See `ports.reading.LogReader.start`; may be called again to move.

        Raises `SetupError` where the topics have got partitions that the read model knows nothing
        of.
        """
        wanted = self._wanted(checkpoints)
        if wanted:
            self._require(wanted, self._shards)
        self._go_to(self._shards, wanted)
        self._share.read_all(self._reading.offsets)

    def held(self) -> Collection[ShardId]:
        """See `ports.reading.LogReader.held`."""
        return [(self._names[topic], partition) for topic, partition in self._share.held]

    def take_up(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See `ports.reading.LogReader.take_up`; raises `SetupError` as `start` does."""
        wanted = self._wanted(checkpoints)
        self._require(wanted, self._share.held)
        self._go_to(wanted, wanted)
        self._share.read_held(self._shards, self._reading.offsets)

    def _wanted(self, checkpoints: Sequence[Checkpoint]) -> dict[ShardId, int]:
        return {(self._topics.get(c.topic, ""), c.partition): c.offset for c in checkpoints}

    def _require(self, wanted: Collection[ShardId], there: Collection[ShardId]) -> None:
        if set(wanted) != set(there):
            raise SetupError(
                f"{', '.join(self._names)}: {len(there)} partitions, but the read model was "
                f"built from {len(wanted)}; rebuild it (gamehall projections rebuild)."
            )

    def _go_to(self, shards: Iterable[ShardId], wanted: Mapping[ShardId, int]) -> None:
        """Stand at the offsets that are wanted, or at the first that are left."""
        beginnings = self._watermarks.beginnings(shards)
        self._reading.begin({s: _from(s, first, wanted) for s, first in beginnings.items()})

    def read(self, limit: int, timeout: float) -> Batch:
        """See `ports.reading.LogReader.read`.

        Raises `KafkaException` when a partition cannot be read at all; a broker that is away is
        waited for.
        """
        fetched = self._reading.read(limit, timeout)
        if not fetched.reached:
            self._share.committed.send()
        batch = Batch(fetched.events, [self._checkpoint(shard) for shard in fetched.reached])
        for message in fetched.errors:
            self._look_at(message)
        return batch

    def _where(self, event: Any) -> tuple[ShardId, int]:
        topic, partition, offset = event.position
        return (self._topics[topic], partition), offset

    def _look_at(self, message: Message) -> None:
        """Perhaps an error event: of a broker that is away, or of a place that is gone."""
        error = message.error()
        gone = error and error.code() == KafkaError._AUTO_OFFSET_RESET  # noqa: SLF001  its only name
        if not gone or not (self._moved() or self._is_there(message)):
            failed(message)

    def _moved(self) -> bool:
        """Go on at what is left; False where nothing is gone."""
        beginnings = self._watermarks.beginnings(self._reading.offsets)
        if moved := any(
            first > self._reading.offsets[shard] for shard, first in beginnings.items()
        ):
            self._go_to(self._reading.offsets, self._reading.offsets)
            self._share.assign(self._reading.offsets)
        return moved

    def _is_there(self, message: Message) -> bool:
        """Whether the place can be read: the error was about the one before a move, and is late."""
        shard = message.topic() or "", message.partition() or 0
        return self._reading.offsets[shard] <= self._watermarks.ends([shard])[shard]

    def _checkpoint(self, shard: ShardId) -> Checkpoint:
        offset, name = self._reading.offsets[shard], self._names[shard[0]]
        return Checkpoint(name, shard[1], offset, epoch=0, owner="", next_seq=offset)

    def checkpoints(self) -> Sequence[Checkpoint]:
        """Where the reader stands in every partition."""
        return [self._checkpoint(shard) for shard in self._reading.offsets]

    def beginnings(self) -> Mapping[ShardId, int]:
        """The first offset that Kafka still has, by partition; raises `KafkaException`."""
        return self._named(self._watermarks.beginnings(self._shards))

    def ends(self) -> Mapping[ShardId, int]:
        """See `ports.reading.LogReader.ends`; raises `KafkaException` when Kafka is away."""
        return self._named(self._watermarks.ends(self._shards))

    def _named(self, offsets: Mapping[ShardId, int]) -> dict[ShardId, int]:
        return {(self._names[topic], partition): at for (topic, partition), at in offsets.items()}

    def acknowledge(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See `ports.reading.LogReader.acknowledge`."""
        offsets = {(self._topics[c.topic], c.partition): c.offset for c in checkpoints}
        self._share.committed.note(offsets)

    def close(self) -> None:
        """See `ports.reading.LogReader.close`."""
        self._reading.leave()
        self._share.close()
        self._watermarks.close()


def _from(shard: ShardId, first: int, wanted: Mapping[ShardId, int]) -> int:
    offset = wanted.get(shard, first)
    if offset < first:
        logger.error(
            "records are gone that were never read", shard=shard, wanted=offset, first_left=first
        )
    return max(offset, first)
