"""Read models: the topics that they are folded from, and the store that they lie in."""

from collections.abc import Collection, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from typing import Any

from application.player_events.triage import SkipEvent
from application.ports.projections import ProjectionStore
from application.rebuild import Batches
from application.triage import ParkStream
from application.upkeep import Upkeep
from infra.cached import CachedStore
from infra.dead_letters import DeadLetterTopic, unreadable
from infra.eventlog.reader import KafkaLogReader
from infra.kafka.joint_fetch import JointFetches
from infra.kafka.topics import refuse_missing
from infra.player_events.archived import (
    ArchiveAwareReader,
    ArchivedFirstReader,
    WholeTopicReader,
)
from infra.player_events.dead_letters import LoggedLetters, letter_reader
from infra.player_events.letters import PlayerDeadLetters
from infra.player_events.reader import PlayerEventReader
from infra.postgres.database import LIVE, Database
from infra.postgres.store import PostgresStore, session_of
from infra.redis import RedisStore, connect
from interfaces.bootstrap.consumers import skipping
from interfaces.bootstrap.log import METADATA_TIMEOUT_S, log_reader
from interfaces.bootstrap.subjects import seals_of
from interfaces.settings import Settings
from projections.player_events import ARCHIVED_FIRST, LETTERS, WHOLE_TOPIC
from projections.read_model import ReadModel, Source

REBUILD_BATCH = 100_000
"""Players' events that a rebuild folds in one transaction, some 100 MB of them: the more events
of a player come together, the fewer rows are written."""

AnyReadModel = ReadModel[Any]


def upkeep(
    settings: Settings,
    model: AnyReadModel,
    held: ExitStack,
    only: Collection[int] | None = None,
    fetches: JointFetches | None = None,
) -> Upkeep:
    """Put together what looks after a read model; what it holds is closed with `held`.

    With `only`, it reads these partitions in place of all, of a read model that divides. With
    `fetches`, it reads together with those of its process that have the same.

    Raises `KafkaAway`, and `SetupError` where a topic is not as it has to be.
    """
    kind = PLAYERS.get(model.source)
    if kind is not None:
        built = _of_players(kind, settings, model, held, only)
    elif model.source == LETTERS:
        built = _of_letters(settings, model, held)
    else:
        built = _of_the_log(settings, model, held)
    if isinstance(built.reader, PlayerEventReader | KafkaLogReader):
        built.reader.read_with(fetches)
    return replace(built, reader=skipping(settings, model.name, built.reader))


def _of_the_log(settings: Settings, model: AnyReadModel, held: ExitStack) -> Upkeep:
    reader = log_reader(settings, model.name, model.source.topics, held)
    letters = DeadLetterTopic(settings.kafka_bootstrap, model.name)
    triage = partial(ParkStream, unreadable=unreadable)
    return Upkeep(model.name, reader, store_of(settings, model, held), letters, triage)


def _of_players(
    kind: type[ArchiveAwareReader],
    settings: Settings,
    model: AnyReadModel,
    held: ExitStack,
    only: Collection[int] | None,
) -> Upkeep:
    refuse_missing(settings.kafka_bootstrap, model.source.topics, METADATA_TIMEOUT_S)
    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    group, bootstrap = settings.group_of(model.name), settings.kafka_bootstrap
    reader = kind(
        bootstrap, group, settings.flush_seconds, database, divides=model.divides, only=only
    )
    held.enter_context(closing(reader))
    seals = held.enter_context(closing(seals_of(settings)))
    letters = PlayerDeadLetters(bootstrap, model.name, seals)
    batches = Batches(settings.flush_events, REBUILD_BATCH)
    store = store_of(settings, model, held)
    return Upkeep(model.name, reader, store, letters, SkipEvent, batches)


def _of_letters(settings: Settings, model: AnyReadModel, held: ExitStack) -> Upkeep:
    refuse_missing(settings.kafka_bootstrap, model.source.topics, METADATA_TIMEOUT_S)
    reader = letter_reader(settings.kafka_bootstrap, settings.group_of(model.name))
    held.enter_context(closing(reader))
    return Upkeep(model.name, reader, store_of(settings, model, held), LoggedLetters(), SkipEvent)


PLAYERS: Mapping[Source, type[ArchiveAwareReader]] = {
    WHOLE_TOPIC: WholeTopicReader,
    ARCHIVED_FIRST: ArchivedFirstReader,
}
"""How players' events are read."""


def store_of(settings: Settings, model: AnyReadModel, held: ExitStack) -> ProjectionStore:
    """Build the store of a read model."""
    redis = held.enter_context(closing(connect(settings.redis_url)))
    if model.keys is not None:
        return RedisStore(redis, model.keys())
    assert model.record, f"{model.name} lies nowhere"
    database = held.enter_context(
        closing(Database(settings.postgres_dsn, LIVE, session_of(model.name)))
    )
    record = PostgresStore(database, model.record())
    if model.cache is None:
        return record
    cache = model.cache()
    return CachedStore(database, record, RedisStore(redis, cache), cache)
