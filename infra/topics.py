"""Kafka's topics: what each is for the protocol, and the hands of `gamehall topics`."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    ConfigResource,
    ConfigSource,
    NewTopic,
    ResourceType,
    TopicMetadata,
)

from domain.player_events.event import TOPIC as PLAYER_EVENTS
from infra.stack.errors import Refused
from infra.stack.silent import SILENT

SECONDS = 15
MINUTE_MS = 60_000
DAY_MS = 86_400_000
LOG_CONSUMERS = ("checkout", "game-records", "queue", "standings")
PLAYER_EVENT_CONSUMERS = (
    "event-archive",
    "ingest",
    "leaderboards",
    "player-activity",
    "player-statistics",
)
CONSUMERS = (*LOG_CONSUMERS, *PLAYER_EVENT_CONSUMERS)
"""Those that set records aside."""
CATEGORIES = ("waitroom", "game")
LOGS = tuple(f"{category}-log" for category in CATEGORIES)
SNAPSHOTS = tuple(f"{category}-snapshots" for category in CATEGORIES)
KEYS = "subject-keys"
PLAYER_EVENT_PARTITIONS = 3
"""A producer sends every partition its own requests:
the fewer there are, the more events share one (docs/adr/0010)."""
ROLL_MS = 60 * MINUTE_MS
"""How long Kafka appends to one segment of the keys. It never compacts that one."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it should be."""

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """A record as a person wants to see it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: str | None
    value: str | None
    headers: dict[str, str]


def least_in_sync(replication_factor: int) -> int:
    """How many brokers have to hold a record before it is acknowledged: all but one."""
    return max(1, replication_factor - 1)


def log_config(replication_factor: int) -> dict[str, str]:
    """Give the settings of a topic that holds truth: kept for ever, and by brokers in sync."""
    return {
        "min.insync.replicas": str(least_in_sync(replication_factor)),
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "unclean.leader.election.enable": "false",
        "compression.type": "producer",
    }


def wanted(log_partitions: int, replication_factor: int) -> tuple[Topic, ...]:
    """List every topic of the hall."""
    safe = {"min.insync.replicas": str(least_in_sync(replication_factor))}
    log = log_config(replication_factor)
    snapshots = {
        **safe,
        "cleanup.policy": "compact",
        "min.cleanable.dirty.ratio": "0.1",
        "segment.ms": str(10 * MINUTE_MS),
        "unclean.leader.election.enable": "false",
        "compression.type": "producer",
    }
    week = {**safe, "retention.ms": str(7 * DAY_MS)}
    # A key that is erased is gone from the disks an hour for the segment and a day for the cleaner
    # after that, at the latest; what says so is kept for a day more, for who has read the key.
    keys = {
        **safe,
        "cleanup.policy": "compact",
        "segment.ms": str(ROLL_MS),
        "max.compaction.lag.ms": str(DAY_MS),
        "min.cleanable.dirty.ratio": "0.1",
        "delete.retention.ms": str(DAY_MS),
        "unclean.leader.election.enable": "false",
    }
    parked = {**safe, "retention.ms": str(90 * DAY_MS)}
    return (
        *(Topic(name, log_partitions, log) for name in LOGS),
        *(Topic(name, log_partitions, snapshots) for name in SNAPSHOTS),
        Topic(KEYS, 1, keys),
        *(Topic(name, 5, week) for name in ("QUEUE_JOINED", "QUEUE_LEFT")),
        Topic("QUEUE_READY", 10, week),
        *(Topic(f"CHECKOUT_{end}", 10, week) for end in ("COMPLETED", "FAILED", "EXPIRED")),
        Topic("game-events", 12, week),
        Topic(PLAYER_EVENTS, PLAYER_EVENT_PARTITIONS, {**log, "retention.ms": str(7 * DAY_MS)}),
        *(Topic(f"{consumer}.dlq", 12, parked) for consumer in LOG_CONSUMERS),
        *(
            Topic(f"{consumer}.dlq", PLAYER_EVENT_PARTITIONS, parked)
            for consumer in PLAYER_EVENT_CONSUMERS
        ),
    )


class KafkaAway(Refused):
    """Kafka does not answer; it may do so later."""


def create(bootstrap: str, topics: Iterable[Topic], replication_factor: int) -> list[str]:
    """Create what is missing and give its names; refuse a log with another partition count."""
    topics = tuple(topics)
    found = existing(bootstrap)
    if different := repartitioned(found, {topic.name: topic.partitions for topic in topics}):
        raise Refused(different)
    missing = [topic for topic in topics if topic.name not in found]
    if missing:
        _create(bootstrap, missing, replication_factor)
    return [topic.name for topic in missing]


def refuse_repartitioned(bootstrap: str, partitions: Mapping[str, int], seconds: float) -> None:
    """Refuse to work on a log whose partitions are not as many as the settings say."""
    if different := repartitioned(existing(bootstrap, seconds), partitions):
        raise Refused(different)


def repartitioned(found: Mapping[str, int], partitions: Mapping[str, int]) -> str:
    """Say which log has another number of partitions than it should; nothing when none has."""
    for name in LOGS:
        count, set_to = found.get(name), partitions.get(name)
        if count and set_to and count != set_to:
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


def existing(bootstrap: str, seconds: float = SECONDS) -> dict[str, int]:
    """Give the partition count of every topic that is not Kafka's own."""
    found = {name: len(topic.partitions) for name, topic in _metadata(bootstrap, seconds).items()}
    return {name: count for name, count in sorted(found.items()) if not name.startswith("__")}


def describe(bootstrap: str, name: str) -> dict[str, Any]:
    """Tell a topic's settings that differ from the broker's, and where each partition ends."""
    topic = _topic(bootstrap, name)
    reader = _reader(bootstrap)
    try:
        ranges = {number: _range(reader, name, number) for number in sorted(topic.partitions)}
    finally:
        reader.close()
    partitions = [
        {
            "partition": number,
            "leader": topic.partitions[number].leader,
            "replicas": topic.partitions[number].replicas,
            "first": first,
            "end": end,
        }
        for number, (first, end) in ranges.items()
    ]
    return {"topic": name, "config": _config(bootstrap, name), "partitions": partitions}


def produce(
    bootstrap: str, name: str, records: Iterable[tuple[str | None, str]]
) -> list[tuple[int, int]]:
    """Append records and give the partition and offset of each, in order of arrival."""
    _topic(bootstrap, name)
    arrived: list[tuple[int, int]] = []
    failed: list[KafkaError] = []

    def delivered(error: KafkaError | None, message: Any) -> None:
        if error:
            failed.append(error)
        else:
            arrived.append((message.partition(), message.offset()))

    # murmur2 sends a key to the same partition as Java clients do.
    producer = Producer(
        {"bootstrap.servers": bootstrap, "enable.idempotence": True, "partitioner": "murmur2"},
        logger=SILENT,
    )
    for key, value in records:
        producer.produce(name, value.encode(), key, on_delivery=delivered)
        producer.poll(0)
    producer.flush(SECONDS)
    if failed or len(producer):
        reason = failed[0].str() if failed else f"no answer within {SECONDS} s"
        raise Refused(
            f"{len(failed) + len(producer)} records did not reach the topic {name}: {reason}."
        )
    return arrived


def consume(bootstrap: str, name: str, *, limit: int | None, follow: bool) -> Iterator[Record]:
    """Read a topic from its beginning up to its end now, or on and on."""
    unread = set(_topic(bootstrap, name).partitions)
    reader = _reader(bootstrap)
    try:
        reader.assign([TopicPartition(name, number, OFFSET_BEGINNING) for number in unread])
        given = 0
        while (follow or unread) and (limit is None or given < limit):
            message = reader.poll(0.5)
            if message is None:
                continue
            if message.error():
                unread.discard(_ended(message))
            else:
                given += 1
                yield _record(message)
    finally:
        reader.close()


def _ended(message: Message) -> int | None:
    error = message.error()
    assert error is not None
    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its only, and public, name
        return message.partition()
    raise Refused(f"Kafka could not read the topic {message.topic()}: {error.str()}.")


def _record(message: Message) -> Record:
    return Record(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        timestamp=message.timestamp()[1],
        key=_text(message.key()),
        value=_text(message.value()),
        headers={name: _text(value) or "" for name, value in dict(message.headers() or {}).items()},
    )


def _text(data: str | bytes | None) -> str | None:
    return data.decode(errors="replace") if isinstance(data, bytes) else data


def _reader(bootstrap: str) -> Consumer:
    # The client insists on a group; nothing joins or commits to it.
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "gamehall-cli",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        },
        logger=SILENT,
    )


def _admin(bootstrap: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap}, logger=SILENT)


def _metadata(bootstrap: str, seconds: float = SECONDS) -> dict[str, TopicMetadata]:
    try:
        return dict(_admin(bootstrap).list_topics(timeout=seconds).topics)
    except KafkaException as error:
        raise KafkaAway(
            f"Kafka at {bootstrap} does not answer ({error.args[0].str()}); start it with"
            " `gamehall up`, or correct GAMEHALL_KAFKA."
        ) from error


def _topic(bootstrap: str, name: str) -> TopicMetadata:
    topics = _metadata(bootstrap)
    if name not in topics:
        raise Refused(f"There is no topic {name}; `gamehall topics list` shows what there is.")
    return topics[name]


def _create(bootstrap: str, topics: Iterable[Topic], replication_factor: int) -> None:
    new = [
        NewTopic(topic.name, topic.partitions, replication_factor, config=dict(topic.config))
        for topic in topics
    ]
    admin = _admin(bootstrap)  # named, since its futures fail once nobody holds it
    for name, future in admin.create_topics(new, operation_timeout=SECONDS).items():
        try:
            future.result(SECONDS)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # by someone just now
                raise Refused(
                    f"Kafka did not create the topic {name}: {error.args[0].str()}."
                ) from error


def _config(bootstrap: str, name: str) -> dict[str, str]:
    resource = ConfigResource(ResourceType.TOPIC, name)
    admin = _admin(bootstrap)
    entries = admin.describe_configs([resource])[resource].result(SECONDS)
    dynamic = ConfigSource.DYNAMIC_TOPIC_CONFIG.value
    return {key: entry.value for key, entry in sorted(entries.items()) if entry.source == dynamic}


def _range(reader: Consumer, name: str, partition: int) -> tuple[int, int]:
    first, end = reader.get_watermark_offsets(TopicPartition(name, partition), SECONDS)
    return first, end
