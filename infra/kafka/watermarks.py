"""Where partitions begin and end, as Kafka knows it: their low and high watermarks."""

from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaException, TopicPartition

from application.ports.reading import ShardId
from infra.kafka.clients import consumer_config

EARLIEST_TIMESTAMP, LATEST_TIMESTAMP = -2, -1
"""The timestamps that ask for the beginning and for the end, in Kafka's protocol."""

LONGEST_SOCKET_TIMEOUT_MS = 300_000
"""The longest that librdkafka lets a socket wait."""


class Watermarks:
    """Asks where partitions begin and end, a request to each leader; blocking, for any thread.

    Asked through a consumer that reads nothing. One that reads would answer half a second later,
    behind its fetch. The admin client takes three times the processor time, and more than a core
    for as long as a leader is away and its answer missing (librdkafka 2.16, measured), just when
    a broker on the same machine tries to come back.
    """

    def __init__(self, bootstrap: str, seconds: float = 5.0) -> None:
        patient = {
            "socket.timeout.ms": min(max(int(seconds * 1_000), 10), LONGEST_SOCKET_TIMEOUT_MS)
        }
        self._consumer = Consumer(consumer_config(bootstrap, "gamehall-watermarks") | patient)
        self._seconds = seconds

    def beginnings(self, shards: Iterable[ShardId]) -> dict[ShardId, int]:
        """The first offset that there still is; raises `KafkaException` without an answer."""
        return self._ask(shards, EARLIEST_TIMESTAMP)

    def ends(self, shards: Iterable[ShardId]) -> dict[ShardId, int]:
        """The offset after the last record; raises `KafkaException` without an answer."""
        return self._ask(shards, LATEST_TIMESTAMP)

    def _ask(self, shards: Iterable[ShardId], which: int) -> dict[ShardId, int]:
        question = [TopicPartition(*shard, which) for shard in shards]
        answers = self._consumer.offsets_for_times(question, self._seconds) if question else []
        for answer in answers:
            if answer.error:
                raise KafkaException(answer.error)
        return {(answer.topic, answer.partition): answer.offset for answer in answers}

    def close(self) -> None:
        """Ask no more."""
        self._consumer.close()
