"""Which shards a process is to own: a Kafka consumer group spreads them over all processes.

The group only balances. Two processes may both believe that a shard is theirs, and nothing is
lost: the claims in the shard decide.

The group has one topic, the log with the most partitions, and who is given partition 3 of it is to
own partition 3 of every log. Kafka's own spreading over several topics gave one process all
waiting rooms and another all games.
"""

import asyncio
from collections.abc import Mapping

import structlog
from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from infra.kafka.clients import FAILOVER_CONFIG, connection

OWNERS_GROUP = "gamehall-owners"

SESSION_TIMEOUT_S = 6
"""After so long without a heartbeat a process is taken for dead; less is refused by brokers with
their default `group.min.session.timeout.ms`."""

HEARTBEAT_INTERVAL_S = 0.1
"""How soon a process hears that others came or left."""

POLL_INTERVAL_S = 0.02
"""Seconds between looks at what the group says; not for records, of which none are fetched."""

logger = structlog.get_logger(__name__)


class Membership:
    """The place of this process in the group of owners; `url` is where others reach it."""

    def __init__(
        self, bootstrap: str, partitions: Mapping[str, int], *, url: str, group: str = OWNERS_GROUP
    ) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._topic = max(partitions, key=lambda topic: partitions[topic])
        self._all = partitions[self._topic]
        self._url = url
        self._assigned: set[int] | None = None
        self._settled = False
        self._polling: asyncio.Task[None] | None = None

    def wants(self, topic: str, partition: int, owner_url: str) -> bool:
        """Whether this process is to own a shard.

        As long as the group has not spoken, those that are owned from its address: by this
        process, which has lost its place in the group but maybe nothing else, or by its
        predecessor, which is gone, since nobody else can listen there. The group takes seconds
        to find out.
        """
        if self._assigned is None:
            return owner_url == self._url
        return partition in self._assigned

    @property
    def settled(self) -> bool:
        """Whether the group has spoken since this process came."""
        return self._settled

    @property
    def alone(self) -> bool:
        """Whether the group has given everything to this process."""
        return self._assigned is not None and len(self._assigned) == self._all

    async def start(self) -> None:
        """Join the group."""
        self._consumer = Consumer(
            {
                **connection(self._bootstrap),
                "group.id": self._group,
                "partition.assignment.strategy": "cooperative-sticky",
                "session.timeout.ms": SESSION_TIMEOUT_S * 1_000,
                "heartbeat.interval.ms": int(HEARTBEAT_INTERVAL_S * 1_000),
                "enable.auto.commit": False,
                "log_level": 3,
                **FAILOVER_CONFIG,
            }
        )
        self._consumer.subscribe(
            [self._topic],
            on_assign=self._assign,
            on_revoke=self._revoke,
            on_lost=self._lose,
        )
        self._polling = asyncio.get_running_loop().create_task(self._poll())

    async def leave(self) -> None:
        """Leave the group, which gives the shards to others within a few heartbeats.

        May be called again.
        """
        if self._polling is None or self._polling.done():
            return
        self._polling.cancel()
        await asyncio.gather(self._polling, return_exceptions=True)
        await asyncio.to_thread(self._consumer.close)
        self._now_assigned(set())

    async def _poll(self) -> None:
        while True:
            message = self._consumer.poll(0)
            if message is not None and (error := message.error()) is not None:
                logger.warning("group of owners", error=error.str())
            await asyncio.sleep(POLL_INTERVAL_S)

    def _assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._now_assigned((self._assigned or set()) | {p.partition for p in partitions})
        for partition in partitions:
            partition.offset = OFFSET_END
        consumer.incremental_assign(partitions)
        consumer.pause(partitions)

    def _revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._now_assigned((self._assigned or set()) - {p.partition for p in partitions})
        consumer.incremental_unassign(partitions)

    def _lose(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        logger.warning("place in the group lost")
        self._assigned = None
        consumer.incremental_unassign(partitions)

    def _now_assigned(self, partitions: set[int]) -> None:
        self._settled = True
        if partitions != self._assigned:
            self._assigned = partitions
            logger.info("shards assigned", partitions=sorted(partitions))
