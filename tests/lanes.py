"""Which servers a test needs, read off its fixtures, and so its marker and where it runs.

The tests of a lane run in one process, one after the other, so that its servers start once.
Others run wherever there is time: those without servers, and those that start a hall of their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Never
from unittest.mock import patch

import pytest

from infra.stack import kafka

STARTED_BY = {"running": "chaos", "hall": "hall", "servers": "servers", "hall_home": "hall"}
"""The fixtures that start servers, and the marker of the tests that ask for them."""

SHARED = ("hall", "servers", "running")
"""Those whose servers serve many tests, in the order in which they take longest."""


def mark(item: pytest.Item) -> None:
    """Give a test its marker, and the group that it runs with if it shares servers."""
    fixtures = _fixtures(item)
    item.add_marker(next((STARTED_BY[each] for each in STARTED_BY if each in fixtures), "unit"))
    shared = [fixture for fixture in SHARED if fixture in fixtures]
    if shared:
        item.add_marker(pytest.mark.xdist_group("-".join(shared)))


def rank(item: pytest.Item) -> int:
    """Where a test comes: what takes longest begins first, and what needs no servers fills up."""
    fixtures = _fixtures(item)
    waits = [number for number, name in enumerate((*SHARED, "hall_home")) if name in fixtures]
    return min(waits, default=len(STARTED_BY))


def _fixtures(item: pytest.Item) -> tuple[str, ...]:
    return tuple(getattr(item, "fixturenames", ()))


@contextmanager
def no_servers() -> Iterator[None]:
    """Within the block nobody starts servers.

    Raises `AssertionError` where somebody tries.
    """

    def refuse(*_: object, **__: object) -> Never:
        raise AssertionError("a test that is marked `unit` starts no server; it asks for a fixture")

    with patch.object(kafka, "node", refuse), patch("tests.conftest.Hall.up", refuse):
        yield
