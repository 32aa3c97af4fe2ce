"""Consumer groups as Kafka knows them: how far each has come in each topic."""

from collections.abc import Collection
from concurrent.futures import Future
from itertools import groupby
from typing import NamedTuple

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from application.ports.reading import ShardId
from infra.kafka.clients import connection
from infra.kafka.quiet_logger import QUIET
from infra.kafka.watermarks import Watermarks

TIMEOUT_S = 15

DELETE_TIMEOUT_S = 3
"""For a deletion, which is asked for again where nobody answers; who asks has to stop in time."""


class GroupLag(NamedTuple):
    """How far a group is behind in a topic: records over all partitions that it has read from."""

    group: str
    topic: str
    partitions: int
    offset: int
    end: int
    lag: int


def lags(bootstrap: str) -> list[GroupLag]:
    """Every group that has committed offsets; raises `KafkaException` where Kafka is away."""
    admin = AdminClient(connection(bootstrap), logger=QUIET)
    listed = admin.list_consumer_groups(request_timeout=TIMEOUT_S).result().valid
    offsets = {group: _committed(admin, group) for group in sorted(g.group_id for g in listed)}
    watermarks = Watermarks(bootstrap, TIMEOUT_S)
    try:
        ends = watermarks.ends({shard for committed in offsets.values() for shard in committed})
    finally:
        watermarks.close()
    return [
        _lag(group, topic, {shard: committed[shard] for shard in shards}, ends)
        for group, committed in offsets.items()
        for topic, shards in groupby(sorted(committed), key=lambda shard: shard[0])
    ]


def _committed(admin: AdminClient, group: str) -> dict[ShardId, int]:
    asked = admin.list_consumer_group_offsets(
        [ConsumerGroupTopicPartitions(group)], request_timeout=TIMEOUT_S
    )
    found = asked[group].result().topic_partitions
    return {(place.topic, place.partition): place.offset for place in found if place.offset >= 0}


def _lag(
    group: str, topic: str, committed: dict[ShardId, int], ends: dict[ShardId, int]
) -> GroupLag:
    offset, end = sum(committed.values()), sum(ends[shard] for shard in committed)
    return GroupLag(group, topic, len(committed), offset, end, end - offset)


def delete(
    bootstrap: str, groups: Collection[str], seconds: float = DELETE_TIMEOUT_S
) -> frozenset[str]:
    """Delete groups, and give those that are no more, also those that there never were.

    Left are those that have a member, and all where Kafka does not answer: ask again some time.
    """
    admin = AdminClient(connection(bootstrap), logger=QUIET)
    asked = admin.delete_consumer_groups(sorted(groups), request_timeout=seconds)
    return frozenset(group for group, deleted in asked.items() if _is_gone(deleted))


def _is_gone(deleted: "Future[None]") -> bool:
    try:
        deleted.result()
    except KafkaException as error:
        code: int = error.args[0].code()
        return code == KafkaError.GROUP_ID_NOT_FOUND
    return True
