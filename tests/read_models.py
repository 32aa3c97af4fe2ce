"""The read models there are, as tests ask for them: by name."""

from contextlib import ExitStack

from application.ports.projections import ProjectionStore
from domain.player_events.event import TOPIC
from infra.cached import CachedStore
from infra.postgres.store import PostgresStore
from interfaces.bootstrap import read_models
from interfaces.bootstrap.workers import declared
from interfaces.bootstrap.workers import read_models as all_read_models
from interfaces.settings import Settings

OF_THE_LOG = [model.name for model in all_read_models() if model.source.name == "log"]
OF_PLAYERS = [model.name for model in all_read_models() if model.source.topics == (TOPIC,)]

TABLES = ", ".join(
    [
        *(table for model in all_read_models() for table in model.tables),
        *("projection_positions", "projection_parked"),
        *("process_positions", "process_states", "process_entries"),
    ]
)
"""Every table that a read model, a process or the relay writes to."""


def topics_of(name: str) -> tuple[str, ...]:
    topics: tuple[str, ...] = declared(name).source.topics
    return topics


def store_of(settings: Settings, name: str, held: ExitStack) -> ProjectionStore:
    return read_models.store_of(settings, declared(name), held)


def record_of(store: ProjectionStore) -> PostgresStore:
    """What a store keeps in PostgreSQL."""
    record = store._record if isinstance(store, CachedStore) else store
    assert isinstance(record, PostgresStore)
    return record
