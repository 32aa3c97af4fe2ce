"""The hall that is harmed is nobody else's, so that nobody else has to wait until it is well."""

from collections.abc import Iterator

import pytest

from tests.conftest import Hall, a_running_hall


@pytest.fixture(scope="session")
def victim() -> Iterator[Hall]:
    """The complete stack with default settings, for those who kill parts of it."""
    with a_running_hall() as running:
        yield running


@pytest.fixture(scope="session")
def hall(victim: Hall) -> Hall:
    """In place of the one that all others share."""
    return victim
