"""Read models that a test may throw away."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from application.triage import ParkStream
from application.upkeep import ReadModel
from infra.deadletters import unreadable
from interfaces.bootstrap.read_models import projection_store
from tests.conftest import Hall
from tests.projections.fakes import FakeLetters, FakeReader
from tests.projections.story import Narrator


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
                partial(ParkStream, unreadable=unreadable),
            )

        yield build
