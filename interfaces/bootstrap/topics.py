"""Topics: creating what is missing, and the hands of `gamehall topics`."""

from collections.abc import Iterable, Iterator
from typing import Any

from infra import topics
from infra.topics import Record
from interfaces.settings import Settings


def create(settings: Settings) -> list[str]:
    """Create the topics that are missing and give their names."""
    wanted = topics.wanted(settings.log_partitions, settings.replication_factor)
    return topics.create(settings.kafka_bootstrap, wanted, settings.replication_factor)


def warning(settings: Settings) -> str:
    """Say what creating does not put right: the replication factor of topics that exist."""
    factor = settings.replication_factor
    names = {topic.name for topic in topics.wanted(settings.log_partitions, factor)}
    return topics.replicated_otherwise(settings.kafka_bootstrap, names, factor)


def existing(settings: Settings) -> dict[str, int]:
    """Give the partition count of every topic."""
    return topics.existing(settings.kafka_bootstrap)


def describe(settings: Settings, name: str) -> dict[str, Any]:
    """Tell a topic's settings and where its partitions end."""
    return topics.describe(settings.kafka_bootstrap, name)


def produce(
    settings: Settings, topic: str, records: Iterable[tuple[str | None, str]]
) -> list[tuple[int, int]]:
    """Append records of key and value; give the partition and offset of each."""
    return topics.produce(settings.kafka_bootstrap, topic, records)


def consume(settings: Settings, topic: str, *, limit: int | None, follow: bool) -> Iterator[Record]:
    """Read a topic from its beginning."""
    return topics.consume(settings.kafka_bootstrap, topic, limit=limit, follow=follow)
