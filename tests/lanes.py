"""Which servers a test needs, read off its fixtures: that is its marker.

`make test` runs lanes side by side, chosen by these markers: each set of servers starts once, and
while the tests of one lane wait for theirs, those of another have the cores.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Never
from unittest.mock import patch

import pytest

from infra.stack import kafka

STARTED_BY = {"running": "chaos", "hall": "hall", "servers": "servers", "hall_home": "hall"}
"""The fixtures that start servers, and the marker of the tests that ask for them."""

OWN = "hall_home"
"""The fixture of a test that starts a hall of its own, and so can run in any lane."""

BROWSER = "browser"
"""The fixture of a test that looks at a page, which needs no server and takes seconds."""

FOUND = pytest.StashKey[list[pytest.Item]]()
"""All tests that were found, also those that are not wanted in this run."""

TESTS = Path(__file__).parent
ABOUT = {TESTS / "docs": "documents", TESTS / "contracts": "contract"}
"""Where the tests are of what is promised to readers and clients, which takes long and so has a
hall of its own, and the marker of each."""


def mark(item: pytest.Item) -> None:
    """Give a test the marker of the servers that it needs."""
    fixtures = getattr(item, "fixturenames", ())
    item.add_marker(next((STARTED_BY[each] for each in STARTED_BY if each in fixtures), "unit"))
    if OWN in fixtures:
        item.add_marker("apart")
    if BROWSER in fixtures:
        item.add_marker("browser")
    for folder, marker in ABOUT.items():
        if item.path.is_relative_to(folder):
            item.add_marker(marker)


@contextmanager
def no_servers() -> Iterator[None]:
    """Within the block nobody starts servers.

    Raises `AssertionError` where somebody tries.
    """

    def refuse(*_: object, **__: object) -> Never:
        raise AssertionError("a test that is marked `unit` starts no server; it asks for a fixture")

    with patch.object(kafka, "node", refuse), patch("tests.conftest.Hall.up", refuse):
        yield
