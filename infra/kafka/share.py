"""What a worker reads of its topics: all of them, or its share in a consumer group."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from application.ports.reading import ShardId, ShardsMoved
from infra.kafka.committed_offsets import CommittedOffsets
from infra.kafka.fetching import assign

MEMBER_CONFIG: Mapping[str, Any] = {
    "session.timeout.ms": 6_000,
    "heartbeat.interval.ms": 1_000,
    "max.poll.interval.ms": 60_000,
    "partition.assignment.strategy": "range",
}
"""A member is taken for dead after six seconds without a heartbeat; less is refused by brokers with
their default `group.min.session.timeout.ms`. By its next heartbeat it hears that others came or
left. At each change everybody gives up everything first: where it is read from next is looked up
anyway, and no shard stays whose records would have to be told from those of others. Who does not
come to that within a minute, since it does something else, is left out."""


class Share:
    """The consumer of a worker, and the shards that the worker holds.

    As a member of its group, these are what the group gives to it where the work `divides`;
    otherwise all of them, where the first one is given to it, or none: one works, the others stand
    by.

    A group only balances. Two members may believe that they hold a shard, so the group never says
    where to read: nothing is fetched until `read_held` is told by whoever has looked, and what was
    fetched before is given to nobody (`check`).
    """

    def __init__(self, config: Mapping[str, Any], *, divides: bool) -> None:
        self.config = {**config, **MEMBER_CONFIG}
        self._divides = divides
        self._shards: Sequence[ShardId] = ()
        self._given: frozenset[ShardId] = frozenset()
        self.is_member = self._has_moved = False
        self._connect()

    def _connect(self) -> None:
        self.consumer = Consumer(self.config)
        self.committed = CommittedOffsets(self.consumer)

    def read_all(self, offsets: Mapping[ShardId, int]) -> None:
        """Read these shards, whatever the group says."""
        if self.is_member:  # nothing of what was said to the member may reach who reads alone
            self.consumer.close()
            self._connect()
            self.is_member, self._has_moved, self._given = False, False, frozenset()
        self.assign(offsets)

    def read_held(self, shards: Sequence[ShardId], offsets: Mapping[ShardId, int]) -> None:
        """Read what is held of all shards, at these offsets; at first, ask to become a member."""
        self._shards = shards
        self._has_moved = False
        if self.is_member:
            self.assign(offsets)
        else:
            self.consumer.unassign()
            topics = sorted({topic for topic, _ in shards})
            self.consumer.subscribe(topics, on_assign=self._give, on_revoke=self._take)
            self.is_member = True

    def assign(self, offsets: Mapping[ShardId, int]) -> None:
        """Fetch from these offsets on; what was fetched from others is gone."""
        assign(self.consumer, offsets)

    @property
    def held(self) -> Collection[ShardId]:
        """The shards that this worker is to read."""
        if self._divides or not self._given:
            return self._given
        return self._shards if min(self._shards) in self._given else ()

    def check(self) -> None:
        """Raise `ShardsMoved` where the group has spoken since `read_held`."""
        if self._has_moved:
            raise ShardsMoved

    def _give(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        consumer.assign([])
        self._move({(each.topic, each.partition) for each in partitions})

    def _take(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        self.committed.send()
        consumer.unassign()
        self._move(())

    def _move(self, given: Collection[ShardId]) -> None:
        self._given = frozenset(given)
        self._has_moved = True

    def close(self) -> None:
        """Leave the group, which gives to others at once what was held."""
        self.committed.send()
        self.consumer.close()
