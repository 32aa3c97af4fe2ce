"""Readers of the log, and what operators let each of them pass over."""

from collections.abc import Sequence
from contextlib import ExitStack, closing

from application.history import events_of
from application.ports.reading import LogReader, ShardId
from application.skipping import SkippingReader
from domain.categories import CATEGORIES, OPERATIONS
from domain.events import Position
from domain.operations.consumer import PositionSkipped
from infra.eventlog.partition import partition_for
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

    Kafka's tools see its lag under `gamehall-<name>`. Raises `KafkaAway`, or `SetupError` where a
    log has another number of partitions: some of its events would never be read.
    """
    categories = [category for category in CATEGORIES if category.topic in topics]
    partitions = dict.fromkeys(topics, settings.log_partitions)
    refuse_repartitioned(settings.kafka_bootstrap, partitions, METADATA_TIMEOUT_S)
    reader = KafkaLogReader(
        settings.kafka_bootstrap, categories, partitions, f"gamehall-{name}", only, of
    )
    return held.enter_context(closing(reader))


def skipped(settings: Settings, consumer: str) -> frozenset[Position]:
    """What operators let a consumer pass over, up to now; raises as `log_reader` does."""
    shard = OPERATIONS.topic, partition_for(consumer, settings.log_partitions)
    with ExitStack() as held:
        reader = log_reader(settings, "skipped", [OPERATIONS.topic], held, shard, consumer)
        said = [each.event for each in events_of(reader, consumer)]
    return frozenset(Position.parse(e.position) for e in said if isinstance(e, PositionSkipped))


def skipping(settings: Settings, consumer: str, reader: LogReader) -> LogReader:
    """The reader of a consumer, without what it passes over."""
    passed_over = skipped(settings, consumer)
    return SkippingReader(reader, passed_over) if passed_over else reader
