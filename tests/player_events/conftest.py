"""Read models of players' events, on the real stores and a topic in memory."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest
import redis

from application.player_events.triage import SkipEvent
from application.rebuild import Batches
from application.upkeep import Upkeep
from domain.player_events.event import TOPIC
from tests.conftest import Hall
from tests.player_events.stored import Stored
from tests.player_events.told import Told
from tests.projections.fakes import FakeLetters, FakeReader
from tests.read_models import store_of, topics_of

Build = Callable[..., Upkeep]


@pytest.fixture
def told() -> Told:
    """A topic of its own, in memory."""
    return Told()


@pytest.fixture
def read_model(empty: Hall, told: Told) -> Iterator[Build]:
    """Builds a read model on the real stores that reads the topic."""
    with ExitStack() as held:
        yield builder(empty, told, held)


def builder(servers: Hall, told: Told, held: ExitStack) -> Build:
    """The same for a test that closes what it builds."""

    def build(name: str, batch: int = 1_000) -> Upkeep:
        store, topics = store_of(servers.settings, name, held), topics_of(name)
        assert topics == (TOPIC,)
        reader, letters = FakeReader(told, topics), FakeLetters()
        return Upkeep(name, reader, store, letters, SkipEvent, Batches(batch, batch))

    return build


@pytest.fixture
def stored(empty: Hall) -> Iterator[Stored]:
    """What lies in the stores."""
    with (
        psycopg.connect(empty.postgres, autocommit=True) as connection,
        redis.Redis.from_url(empty.redis, decode_responses=True) as client,
    ):
        yield Stored(connection, client)
