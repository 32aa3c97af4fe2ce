"""Read models: the topics that they are folded from, and the store that they lie in."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import Any

from application.player_events.triage import SkipEvent
from application.ports.projections import ProjectionStore
from application.ports.reading import ShardId
from application.rebuild import Batches
from application.triage import ParkStream
from application.upkeep import Upkeep
from domain.categories import CATEGORIES
from infra.cached import CachedStore
from infra.dead_letters import DeadLetterTopic, unreadable
from infra.eventlog.reader import KafkaLogReader
from infra.kafka.topics import refuse_missing, refuse_repartitioned
from infra.player_events.archived import ArchivedFirstReader, WholeTopicReader
from infra.player_events.dead_letters import LoggedLetters, letter_reader
from infra.player_events.letters import PlayerDeadLetters
from infra.postgres.database import LIVE, Database
from infra.postgres.store import PostgresStore
from infra.redis import RedisStore, connect
from interfaces.settings import Settings
from projections.player_events import ARCHIVED_FIRST, LETTERS, WHOLE_TOPIC
from projections.read_model import ReadModel, Source

METADATA_TIMEOUT_S = 2.0
"""How long Kafka may take to tell its partitions; a worker tries again, and has to stop in time."""

REBUILD_BATCH = 100_000
"""Players' events that a rebuild folds in one transaction, some 100 MB of them: the more events
of a player come together, the fewer rows are written."""

AnyReadModel = ReadModel[Any]


def upkeep(settings: Settings, model: AnyReadModel, held: ExitStack) -> Upkeep:
    """Put together what looks after a read model; what it holds is closed with `held`.

    Raises `KafkaAway`, and `SetupError` where a topic is not as it has to be.
    """
    return BY_SOURCE.get(model.source, _of_the_log)(settings, model, held)


def _of_the_log(settings: Settings, model: AnyReadModel, held: ExitStack) -> Upkeep:
    reader = log_reader(settings, model.name, model.source.topics, held)
    letters = DeadLetterTopic(settings.kafka_bootstrap, model.name)
    triage = partial(ParkStream, unreadable=unreadable)
    return Upkeep(model.name, reader, store_of(settings, model, held), letters, triage)


def _of_players(
    kind: type[WholeTopicReader | ArchivedFirstReader],
    settings: Settings,
    model: AnyReadModel,
    held: ExitStack,
) -> Upkeep:
    refuse_missing(settings.kafka_bootstrap, model.source.topics, METADATA_TIMEOUT_S)
    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    group, bootstrap = f"gamehall-{model.name}", settings.kafka_bootstrap
    reader = held.enter_context(closing(kind(bootstrap, group, settings.flush_seconds, database)))
    letters = PlayerDeadLetters(bootstrap, model.name)
    batches = Batches(settings.flush_events, REBUILD_BATCH)
    store = store_of(settings, model, held)
    return Upkeep(model.name, reader, store, letters, SkipEvent, batches)


def _of_letters(settings: Settings, model: AnyReadModel, held: ExitStack) -> Upkeep:
    refuse_missing(settings.kafka_bootstrap, model.source.topics, METADATA_TIMEOUT_S)
    reader = letter_reader(settings.kafka_bootstrap, f"gamehall-{model.name}")
    held.enter_context(closing(reader))
    return Upkeep(model.name, reader, store_of(settings, model, held), LoggedLetters(), SkipEvent)


BY_SOURCE: Mapping[Source, Callable[[Settings, AnyReadModel, ExitStack], Upkeep]] = {
    WHOLE_TOPIC: partial(_of_players, WholeTopicReader),
    ARCHIVED_FIRST: partial(_of_players, ArchivedFirstReader),
    LETTERS: _of_letters,
}
"""How to read what is no topic of the log."""


def store_of(settings: Settings, model: AnyReadModel, held: ExitStack) -> ProjectionStore:
    """Build the store of a read model."""
    redis = held.enter_context(closing(connect(settings.redis_url)))
    if model.keys is not None:
        return RedisStore(redis, model.keys())
    assert model.record, f"{model.name} lies nowhere"
    database = held.enter_context(closing(Database(settings.postgres_dsn, LIVE)))
    record = PostgresStore(database, model.record())
    if model.cache is None:
        return record
    cache = model.cache()
    return CachedStore(database, record, RedisStore(redis, cache), cache)


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
