"""How far a consumer has come, so that Kafka's tools can show its consumer lag.

Nothing here goes by it.
"""

import time
from collections.abc import Mapping

from confluent_kafka import Consumer, TopicPartition

from application.ports.reading import ShardId

COMMIT_INTERVAL_S = 1.0
"""Seconds between commits of offsets to Kafka."""


class CommittedOffsets:
    """Commits the offsets of one consumer, once in a while."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._offsets: dict[ShardId, int] = {}
        self._sent_at = time.monotonic()

    def note(self, offsets: Mapping[ShardId, int]) -> None:
        """Take in how far some shards have been read; sent when it is time."""
        self._offsets |= offsets
        if time.monotonic() - self._sent_at > COMMIT_INTERVAL_S:
            self.send()

    def send(self) -> None:
        """Commit what has been noted, without waiting for Kafka."""
        if self._offsets:
            offsets = [TopicPartition(*shard, offset) for shard, offset in self._offsets.items()]
            self._consumer.commit(offsets=offsets, asynchronous=True)
            self._offsets.clear()
        self._sent_at = time.monotonic()
