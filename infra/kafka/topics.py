"""Kafka's topics: how each kind is kept, what there is, and creating what is missing."""

from collections.abc import Collection, Iterable, Mapping

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    ConfigResource,
    ConfigSource,
    NewTopic,
    ResourceType,
    TopicMetadata,
)

from application.topics import Kind, Topic
from infra.errors import SetupError
from infra.kafka.clients import connection, shown
from infra.kafka.errors import KafkaAway
from infra.kafka.quiet_logger import QUIET

ADMIN_TIMEOUT_S = 15
MINUTE_MS = 60_000
DAY_MS = 86_400_000
KEYS_SEGMENT_MS = 60 * MINUTE_MS
"""How long Kafka appends to one segment of the keys. It never compacts that one."""

TRUTH = {
    "cleanup.policy": "delete",
    "retention.bytes": "-1",
    "unclean.leader.election.enable": "false",
    "compression.type": "producer",
}
COMPACTED = {
    "cleanup.policy": "compact",
    "min.cleanable.dirty.ratio": "0.1",
    "unclean.leader.election.enable": "false",
}
SETTINGS: Mapping[Kind, Mapping[str, str]] = {
    "log": {**TRUTH, "retention.ms": "-1"},
    "snapshots": {
        **COMPACTED,
        "segment.ms": str(10 * MINUTE_MS),
        "compression.type": "producer",
    },
    "stream": {**TRUTH, "retention.ms": str(7 * DAY_MS)},
    "messages": {"retention.ms": str(7 * DAY_MS)},
    "letters": {"retention.ms": str(90 * DAY_MS)},
    # A key that is erased is gone from the disks an hour for the segment and a day for the cleaner
    # after that, at the latest; what says so is kept for a day more, for who has read the key.
    "keys": {
        **COMPACTED,
        "segment.ms": str(KEYS_SEGMENT_MS),
        "max.compaction.lag.ms": str(DAY_MS),
        "delete.retention.ms": str(DAY_MS),
    },
}


def least_in_sync(replication_factor: int) -> int:
    """How many brokers have to hold a record before it is acknowledged: all but one."""
    return max(1, replication_factor - 1)


def settings_of(kind: Kind, replication_factor: int) -> dict[str, str]:
    """Kafka's settings for a kind of topics."""
    return {"min.insync.replicas": str(least_in_sync(replication_factor)), **SETTINGS[kind]}


def retention_hours(kind: Kind) -> int | None:
    """For how long Kafka keeps a record of a kind of topics, where it forgets by time."""
    kept_ms = int(SETTINGS[kind].get("retention.ms", "-1"))
    return None if kept_ms < 0 else kept_ms // (60 * MINUTE_MS)


def create(bootstrap: str, topics: Iterable[Topic], replication_factor: int) -> list[str]:
    """Create what is missing and give its names.

    Raises `SetupError` where a log has another partition count, or Kafka does not create a topic.
    """
    topics = tuple(topics)
    found = existing(bootstrap)
    if different := repartitioned(found, logs_of(topics)):
        raise SetupError(different)
    missing = [topic for topic in topics if topic.name not in found]
    if missing:
        create_missing(bootstrap, missing, replication_factor)
    return [topic.name for topic in missing]


def logs_of(topics: Iterable[Topic]) -> dict[str, int]:
    """The partition counts of those topics that are logs."""
    return {topic.name: topic.partitions for topic in topics if topic.kind == "log"}


def refuse_repartitioned(bootstrap: str, logs: Mapping[str, int], seconds: float) -> None:
    """Refuse to work on a log whose partitions are not as many as the settings say."""
    if different := repartitioned(existing(bootstrap, seconds), logs):
        raise SetupError(different)


def refuse_missing(bootstrap: str, names: Iterable[str], seconds: float = ADMIN_TIMEOUT_S) -> None:
    """Refuse to read topics of which one is not there."""
    for name in sorted(set(names) - existing(bootstrap, seconds).keys()):
        raise SetupError(f"There is no topic {name}; create it (gamehall topics create).")


def repartitioned(found: Mapping[str, int], logs: Mapping[str, int]) -> str:
    """Say which log has another number of partitions than it should; nothing when none has."""
    for name, set_to in logs.items():
        count = found.get(name)
        if count and count != set_to:
            return (
                f"The log topic {name} has {count} partitions, not {set_to}, and their number"
                " never changes, since it decides where each aggregate lives; set"
                f" GAMEHALL_LOG_PARTITIONS={count}."
            )
    return ""


def replicated_otherwise(bootstrap: str, names: Collection[str], replication_factor: int) -> str:
    """Say which topics are held by another number of brokers than is set; nothing when none is."""
    different: dict[int, list[str]] = {}
    for name, factor in _factors(bootstrap).items():
        if name in names and factor != replication_factor:
            different.setdefault(factor, []).append(name)
    if not different:
        return ""
    found = "; ".join(f"{factor} for {', '.join(held)}" for factor, held in different.items())
    return (
        f"GAMEHALL_REPLICATION_FACTOR is {replication_factor}, but a topic keeps the factor that it"
        f" was created with: {found}. Change it with Kafka's kafka-reassign-partitions, and"
        f" min.insync.replicas to {least_in_sync(replication_factor)} with kafka-configs;"
        " or set GAMEHALL_REPLICATION_FACTOR to what the topics have."
    )


def _factors(bootstrap: str) -> dict[str, int]:
    """By how many brokers each topic is held, where its partitions are known already."""
    held = {
        name: [len(partition.replicas) for partition in topic.partitions.values()]
        for name, topic in sorted(_metadata(bootstrap).items())
    }
    return {name: min(factors) for name, factors in held.items() if factors}


def existing(bootstrap: str, seconds: float = ADMIN_TIMEOUT_S) -> dict[str, int]:
    """Give the partition count of every topic that is not Kafka's own."""
    found = {name: len(topic.partitions) for name, topic in _metadata(bootstrap, seconds).items()}
    return {name: count for name, count in sorted(found.items()) if not name.startswith("__")}


def _admin(bootstrap: str) -> AdminClient:
    return AdminClient(connection(bootstrap), logger=QUIET)


def _metadata(bootstrap: str, seconds: float = ADMIN_TIMEOUT_S) -> dict[str, TopicMetadata]:
    try:
        return dict(_admin(bootstrap).list_topics(timeout=seconds).topics)
    except KafkaException as error:
        raise KafkaAway(
            f"Kafka at {shown(bootstrap)} does not answer ({error.args[0].str()}); start it with"
            " `gamehall up`, or correct GAMEHALL_KAFKA."
        ) from error


def metadata_of(bootstrap: str, name: str) -> TopicMetadata:
    """Where a topic's partitions lie; raises `SetupError` where there is no such topic."""
    topics = _metadata(bootstrap)
    if name not in topics:
        raise SetupError(f"There is no topic {name}; `gamehall topics list` shows what there is.")
    return topics[name]


def create_missing(bootstrap: str, topics: Iterable[Topic], factor: int, **settings: str) -> None:
    """Create topics, with these settings besides those of their kinds; one that is there stays.

    Raises `SetupError` where Kafka does not create one.
    """
    new = [
        NewTopic(
            topic.name,
            topic.partitions,
            factor,
            config={**settings_of(topic.kind, factor), **settings},
        )
        for topic in topics
    ]
    admin = _admin(bootstrap)  # named, since its futures fail once nobody holds it
    for name, future in admin.create_topics(new, operation_timeout=ADMIN_TIMEOUT_S).items():
        try:
            future.result(ADMIN_TIMEOUT_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # by someone just now
                raise SetupError(
                    f"Kafka did not create the topic {name}: {error.args[0].str()}."
                ) from error


def own_settings(bootstrap: str, name: str) -> dict[str, str]:
    """Give a topic's settings that differ from the broker's."""
    resource = ConfigResource(ResourceType.TOPIC, name)
    admin = _admin(bootstrap)
    entries = admin.describe_configs([resource])[resource].result(ADMIN_TIMEOUT_S)
    dynamic = ConfigSource.DYNAMIC_TOPIC_CONFIG.value
    return {key: entry.value for key, entry in sorted(entries.items()) if entry.source == dynamic}
