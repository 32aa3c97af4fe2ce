"""Pages are followed beside a hall of their own, as their readers do."""

from collections.abc import Iterator

import pytest

from tests.conftest import Hall, a_running_hall


@pytest.fixture(scope="session")
def readers_hall() -> Iterator[Hall]:
    """The complete stack with default settings, for those who follow pages."""
    with a_running_hall() as running:
        yield running


@pytest.fixture(scope="session")
def hall(readers_hall: Hall) -> Hall:
    """In place of the one that all others share."""
    return readers_hall
