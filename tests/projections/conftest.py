"""Servers without API and workers, and read models on them that a test may throw away."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
import redis

from application.parking import Parking
from application.readmodel import ReadModel
from infra.deadletters import unreadable
from interfaces.bootstrap.read_models import projection_store
from tests.conftest import Hall, hall_in
from tests.projections.fakes import FakeLetters, FakeReader
from tests.projections.story import Narrator

TABLES = (
    "game_analytics, games, game_stats, users, standings, standing_games, events, events_seen, "
    "player_statistics, player_statistics_seen, leaderboards, leaderboard_scores, "
    "leaderboards_seen, "
    "projection_positions, projection_parked, process_positions"
)


@pytest.fixture(scope="session")
def servers() -> Iterator[Hall]:
    """Kafka, PostgreSQL and Valkey, and nobody who writes to them but the test."""
    with TemporaryDirectory(prefix="gamehall-", ignore_cleanup_errors=True) as home:
        running = hall_in(Path(home))
        running.up("--servers")
        yield running
        running.down()


@pytest.fixture
def empty(servers: Hall) -> Hall:
    """The servers without any read model."""
    with redis.Redis.from_url(servers.redis) as client:
        client.flushall()
    with psycopg.connect(servers.postgres) as connection:
        connection.execute(f"TRUNCATE {TABLES}")
    return servers


@pytest.fixture
def narrator() -> Narrator:
    """A log of its own, in memory."""
    return Narrator()


Build = Callable[..., ReadModel]


@pytest.fixture
def read_model(empty: Hall, narrator: Narrator) -> Iterator[Build]:
    """Builds a read model on the real stores that reads the narrator's log."""
    with ExitStack() as held:

        def build(name: str) -> ReadModel:
            store, topics = projection_store(empty.settings, name, held)
            return ReadModel(
                name,
                FakeReader(narrator, topics),
                store,
                FakeLetters(),
                partial(Parking, unreadable=unreadable),
            )

        yield build
