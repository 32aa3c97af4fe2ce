"""Read models: the log that they are folded from, and the store that they lie in."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial

from application.player_events.triage import SkipEvent
from application.ports.projections import ProjectionStore
from application.ports.reading import Shard
from application.rebuild import Batches
from application.triage import ParkStream
from application.upkeep import ReadModel
from domain.categories import CATEGORIES
from domain.player_events.event import TOPIC as PLAYER_EVENTS
from infra.cached import CachedStore
from infra.deadletters import DeadLetterTopic, unreadable
from infra.eventlog.reader import KafkaLogReader
from infra.kafka.topics import existing, refuse_repartitioned
from infra.player_events.archived import ArchivedFirstReader, WholeTopicReader
from infra.player_events.dead_letters import DeadLetterReader, LoggedLetters
from infra.player_events.letters import PlayerDeadLetters
from infra.postgres.database import LIVE, Database
from infra.postgres.store import PostgresStore
from infra.redis import RedisStore, connect
from infra.stack.errors import Refused
from interfaces.settings import Settings
from projections.games.game_records import GameRecords
from projections.games.standings import Standings, StandingsCache
from projections.player_events.dead_letters import DeadLetters
from projections.player_events.event_archive import EventArchive
from projections.player_events.leaderboards import Leaderboards
from projections.player_events.leaderboards_cache import LeaderboardsCache
from projections.player_events.player_activity import PlayerActivity
from projections.player_events.player_statistics import (
    PlayerStatisticsCache,
    PlayerStatisticsRecord,
)
from projections.projection import Cache, PostgresProjection
from projections.waitroom.queue import Queue

KAFKA_SECONDS = 2.0
"""How long Kafka may take to tell its partitions; a worker tries again, and has to stop in time."""

FOLDED_AT_ONCE = 100_000
"""Players' events that a rebuild folds in one transaction, some 100 MB of them: the more events
of a player come together, the fewer rows are written."""

RECORDS: Mapping[str, type[PostgresProjection]] = {
    each.name: each
    for each in (
        GameRecords,
        Standings,
        EventArchive,
        PlayerStatisticsRecord,
        Leaderboards,
        PlayerActivity,
        DeadLetters,
    )
}
"""The read models whose record is PostgreSQL."""

CACHES: Mapping[str, type[Cache]] = {
    each.name: each for each in (StandingsCache, PlayerStatisticsCache, LeaderboardsCache)
}
"""Those of them that Redis answers for."""


def read_model(settings: Settings, name: str, held: ExitStack) -> ReadModel:
    """Build the parts of one projection; what they hold is closed with `held`."""
    store, topics = projection_store(settings, name, held)
    if PLAYER_EVENTS in topics:
        return _of_players(settings, name, store, held)
    if name == DeadLetters.name:
        return _of_letters(settings, name, store, held)
    reader = log_reader(settings, name, topics, held)
    letters = DeadLetterTopic(settings.kafka_bootstrap, name)
    return ReadModel(name, reader, store, letters, partial(ParkStream, unreadable=unreadable))


def _of_players(
    settings: Settings, name: str, store: ProjectionStore, held: ExitStack
) -> ReadModel:
    """Build what reads players' events; raises `KafkaAway`, or `Refused` without their topic."""
    if PLAYER_EVENTS not in existing(settings.kafka_bootstrap, KAFKA_SECONDS):
        raise Refused(f"There is no topic {PLAYER_EVENTS}; create it (gamehall topics create).")
    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    kind = WholeTopicReader if name == EventArchive.name else ArchivedFirstReader
    reader = kind(settings.kafka_bootstrap, f"gamehall-{name}", settings.flush_seconds, database)
    held.enter_context(closing(reader))
    letters = PlayerDeadLetters(settings.kafka_bootstrap, name)
    batches = Batches(settings.flush_events, FOLDED_AT_ONCE)
    return ReadModel(name, reader, store, letters, SkipEvent, batches)


def _of_letters(
    settings: Settings, name: str, store: ProjectionStore, held: ExitStack
) -> ReadModel:
    reader = DeadLetterReader(settings.kafka_bootstrap, f"gamehall-{name}")
    held.enter_context(closing(reader))
    return ReadModel(name, reader, store, LoggedLetters(), SkipEvent)


def projection_store(
    settings: Settings, name: str, held: ExitStack
) -> tuple[ProjectionStore, Sequence[str]]:
    """Build the store of a projection, and name the topics that it reads."""
    redis = held.enter_context(closing(connect(settings.redis_url)))
    if name == Queue.name:
        return RedisStore(redis, Queue()), Queue.topics
    database = held.enter_context(closing(Database(settings.postgres_dsn, LIVE)))
    projection = RECORDS[name]()
    record = PostgresStore(database, projection)
    if name not in CACHES:
        return record, projection.topics
    cache = CACHES[name]()
    return CachedStore(database, record, RedisStore(redis, cache), cache), projection.topics


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
