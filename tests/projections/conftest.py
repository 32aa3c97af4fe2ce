"""Read models that a test may throw away."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from application.triage import ParkStream
from application.upkeep import Upkeep
from infra.dead_letters import unreadable
from tests.conftest import Hall
from tests.projections.fakes import FakeLetters, FakeReader
from tests.projections.story import Narrator
from tests.read_models import store_of, topics_of


@pytest.fixture
def narrator() -> Narrator:
    """A log of its own, in memory."""
    return Narrator()


Build = Callable[..., Upkeep]


@pytest.fixture
def read_model(empty: Hall, narrator: Narrator) -> Iterator[Build]:
    """Builds a read model on the real stores that reads the narrator's log."""
    with ExitStack() as held:

        def build(name: str) -> Upkeep:
            store, topics = store_of(empty.settings, name, held), topics_of(name)
            return Upkeep(
                name,
                FakeReader(narrator, topics),
                store,
                FakeLetters(),
                partial(ParkStream, unreadable=unreadable),
            )

        yield build
