"""One cluster for all faults; before each, everything is well again."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.chaos.world import World, running_world


@pytest.fixture(scope="package")
def running() -> Iterator[World]:
    # Not pytest's: its folders are closed to the user that PostgreSQL runs as.
    with (
        TemporaryDirectory(prefix="gamehall-", ignore_cleanup_errors=True) as home,
        running_world(Path(home)) as world,
    ):
        yield world


@pytest.fixture
def world(running: World) -> World:
    running.mend()
    return running
