"""Read models: the log that they are folded from, and the store that they lie in."""

from collections.abc import Sequence
from contextlib import ExitStack, closing

from application.ports import ProjectionStore, Shard
from application.readmodel import ReadModel
from domain.categories import CATEGORIES
from infra.cached import CachedStore
from infra.deadletters import DeadLetterTopic, unreadable
from infra.eventlog.reader import KafkaLogReader
from infra.postgres import Database, PostgresStore
from infra.redis import RedisStore, connect
from infra.topics import refuse_repartitioned
from interfaces.settings import Settings
from projections.game_records import GameRecords
from projections.standings import Standings, StandingsCache
from projections.waitroom import Queue

KAFKA_SECONDS = 2.0
"""How long Kafka may take to tell its partitions; a worker tries again, and has to stop in time."""


def read_model(settings: Settings, name: str, held: ExitStack) -> ReadModel:
    """Build the parts of one projection; what they hold is closed with `held`."""
    store, topics = projection_store(settings, name, held)
    reader = log_reader(settings, name, topics, held)
    letters = DeadLetterTopic(settings.kafka_bootstrap, name)
    return ReadModel(name, reader, store, letters, unreadable)


def projection_store(
    settings: Settings, name: str, held: ExitStack
) -> tuple[ProjectionStore, Sequence[str]]:
    """Build the store of a projection, and name the topics that it reads."""
    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    redis = held.enter_context(closing(connect(settings.redis_url)))
    if name == Queue.name:
        return RedisStore(redis, Queue()), Queue.topics
    if name == GameRecords.name:
        return PostgresStore(database, GameRecords()), GameRecords.topics
    record, cache = PostgresStore(database, Standings()), RedisStore(redis, StandingsCache())
    return CachedStore(database, record, cache, StandingsCache()), Standings.topics


def log_reader(
    settings: Settings,
    name: str,
    topics: Sequence[str],
    held: ExitStack,
    only: Shard | None = None,
    of: str | None = None,
) -> KafkaLogReader:
    """Build the reader of some topics, or of one shard of them, or of one aggregate there.

    Kafka's tools see its lag under `gamehall-<name>`. Raises `KafkaAway`, or `Refused` where a
    log has another number of partitions: some of its events would never be read.
    """
    categories = [category for category in CATEGORIES if category.topic in topics]
    partitions = dict.fromkeys(topics, settings.log_partitions)
    refuse_repartitioned(settings.kafka_bootstrap, partitions, KAFKA_SECONDS)
    reader = KafkaLogReader(
        settings.kafka_bootstrap, categories, partitions, f"gamehall-{name}", only, of
    )
    return held.enter_context(closing(reader))
