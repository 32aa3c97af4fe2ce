"""Readers of the log."""

from collections.abc import Sequence
from contextlib import ExitStack, closing

from application.ports.reading import ShardId
from domain.categories import CATEGORIES
from infra.eventlog.reader import KafkaLogReader
from infra.kafka.topics import refuse_repartitioned
from interfaces.settings import Settings

METADATA_TIMEOUT_S = 2.0
"""How long Kafka may take to tell its partitions; a worker tries again, and has to stop in time."""


def log_reader(
    settings: Settings,
    name: str,
    topics: Sequence[str],
    held: ExitStack,
    only: ShardId | None = None,
    of: str | None = None,
) -> KafkaLogReader:
    """Build the reader of some topics, or of one shard of them, or of one aggregate there.

    Kafka's tools see its lag under the group of `name`. Raises `KafkaAway`, or `SetupError` where a
    log has another number of partitions: some of its events would never be read.
    """
    categories = [category for category in CATEGORIES if category.topic in topics]
    partitions = dict.fromkeys(topics, settings.log_partitions)
    refuse_repartitioned(settings.kafka_bootstrap, partitions, METADATA_TIMEOUT_S)
    group = settings.group_of(name)
    reader = KafkaLogReader(settings.kafka_bootstrap, categories, partitions, group, only, of)
    return held.enter_context(closing(reader))
