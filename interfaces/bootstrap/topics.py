"""Topics: what the hall needs."""

from collections.abc import Iterator
from typing import Any

from application.inbox import Inbox
from application.topics import Topic, dead_letters
from domain.categories import CATEGORIES
from domain.category import Category
from infra.kafka import topics
from infra.subjects.keys import KEYS
from interfaces.bootstrap import workers
from interfaces.bootstrap.worker import ProcessManager
from interfaces.bootstrap.workers import WORKERS
from interfaces.http.app import FEATURES
from interfaces.settings import Settings
from projections.read_model import ReadModel, Source


def declared(log_partitions: int) -> tuple[Topic, ...]:
    """List every topic of the hall."""
    return (
        *(topic for category in CATEGORIES for topic in _of_category(category, log_partitions)),
        KEYS,
        *(topic for name in WORKERS for topic in _of_worker(workers.declared(name))),
        *(topic for feature in FEATURES for topic in feature.topics),
    )


def _of_worker(declaration: Any) -> Iterator[Topic]:
    match declaration:
        case ReadModel(name=name, source=Source(letter_partitions=int(partitions))):
            yield dead_letters(name, partitions)
        case Inbox(name=name, topics=topics):
            yield from topics
            yield dead_letters(name)
        case ProcessManager(name=name):
            yield dead_letters(name)
        case tuple() as outboxes:
            yield from (topic for outbox in outboxes for topic in outbox.topics)


def _of_category(category: Category, partitions: int) -> Iterator[Topic]:
    names = sorted({f"`{aggregate.__name__}`" for aggregate in category.evolvers.values()})
    key, held = "id of the aggregate", " and ".join(names)
    yield Topic(category.topic, partitions, "log", key, "API", f"the truth: events of {held}")
    snapshots = category.snapshots_topic
    yield Topic(snapshots, partitions, "snapshots", f"{key}, …", "checkpoints", f"states of {held}")


def create(settings: Settings) -> list[str]:
    """Create the topics that are missing and give their names."""
    wanted = declared(settings.log_partitions)
    return topics.create(settings.kafka_bootstrap, wanted, settings.replication_factor)


def warning(settings: Settings) -> str:
    """Say what creating does not put right: the replication factor of topics that exist."""
    names = {topic.name for topic in declared(settings.log_partitions)}
    return topics.replicated_otherwise(settings.kafka_bootstrap, names, settings.replication_factor)
