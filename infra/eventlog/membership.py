"""Which shards a process is to own: a Kafka consumer group spreads them over all processes.

The group only balances. Two processes may both believe that a shard is theirs, and nothing is
lost: the claims in the shard decide.
"""

import asyncio
from collections.abc import Callable, Iterable

import structlog
from confluent_kafka import OFFSET_END, Consumer, TopicPartition

GROUP = "gamehall-owners"

SESSION_SECONDS = 6
"""After so long without a heartbeat a process is taken for dead; less is refused by brokers with
their default `group.min.session.timeout.ms`."""

HEARTBEAT_SECONDS = 0.2
"""How soon a process hears that others came or left."""

POLL = 0.05
"""Seconds between looks at what the group says; not for records, of which none are fetched."""

logger = structlog.get_logger(__name__)


class Membership:
    """The place of this process in the group of owners.

    `url` is where other processes reach this one. `revoked` is called, in the event loop, as soon
    as shards are to go to others.
    """

    def __init__(
        self, bootstrap: str, topics: Iterable[str], *, url: str, group: str = GROUP
    ) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._topics = list(topics)
        self._url = url
        self._assigned: set[tuple[str, int]] | None = None
        self.revoked: Callable[[], None] = _nothing

    def wants(self, topic: str, partition: int, owner_url: str) -> bool:
        """Whether this process is to own a shard.

        Until the group has spoken for the first time, those of its predecessor at the same
        address: that one is gone, since nobody else can listen there, and the group takes
        seconds to notice.
        """
        if self._assigned is None:
            return owner_url == self._url
        return (topic, partition) in self._assigned

    @property
    def settled(self) -> bool:
        """Whether the group has spoken since this process came."""
        return self._assigned is not None

    @property
    def assigned(self) -> int:
        """How many shards the group has given to this process."""
        return len(self._assigned or ())

    async def start(self) -> None:
        """Join the group."""
        self._consumer = Consumer(
            {
                "bootstrap.servers": self._bootstrap,
                "group.id": self._group,
                "partition.assignment.strategy": "cooperative-sticky",
                "session.timeout.ms": SESSION_SECONDS * 1_000,
                "heartbeat.interval.ms": int(HEARTBEAT_SECONDS * 1_000),
                "enable.auto.commit": False,
                "reconnect.backoff.max.ms": 1_000,
                "log_level": 3,
            }
        )
        self._consumer.subscribe(
            self._topics,
            on_assign=self._assign,
            on_revoke=self._revoke,
            on_lost=self._revoke,
        )
        self._polling = asyncio.get_running_loop().create_task(self._poll())

    async def leave(self) -> None:
        """Leave the group, which gives the shards to others within a few heartbeats."""
        self.revoked = _nothing  # would be called in the thread
        self._polling.cancel()
        await asyncio.gather(self._polling, return_exceptions=True)
        await asyncio.to_thread(self._consumer.close)

    async def _poll(self) -> None:
        while True:
            message = self._consumer.poll(0)
            if message is not None and (error := message.error()) is not None:
                logger.warning("group of owners", error=error.str())
            await asyncio.sleep(POLL)

    def _assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._assigned = (self._assigned or set()) | {(p.topic, p.partition) for p in partitions}
        for partition in partitions:
            partition.offset = OFFSET_END
        consumer.incremental_assign(partitions)
        consumer.pause(partitions)
        logger.info("shards assigned", more=len(partitions), all=self.assigned)

    def _revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._assigned = (self._assigned or set()) - {(p.topic, p.partition) for p in partitions}
        logger.info("shards revoked", less=len(partitions), all=self.assigned)
        self.revoked()
        consumer.incremental_unassign(partitions)


def _nothing() -> None:
    pass
