"""The markers say truly which servers a test needs."""

from pathlib import Path

import pytest

from tests import lanes
from tests.chaos.cluster import Cluster
from tests.conftest import hall_in

SERVERS = {"hall", "servers", "chaos"}


def test_a_unit_test_starts_no_hall(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="marked `unit`"):
        hall_in(tmp_path).up("--servers")


def test_a_unit_test_starts_no_broker(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="marked `unit`"):
        Cluster(tmp_path)


def test_every_test_has_one_of_the_markers(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        markers = {marker.name for marker in item.iter_markers()}
        assert len(markers & {"unit", *SERVERS}) == 1, item.nodeid


@pytest.mark.parametrize("fixture", lanes.STARTED_BY)
def test_a_test_that_asks_for_servers_is_marked_with_them(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    item = pytest.Function.from_parent(
        request.node.parent, name=f"test_with_{fixture}", callobj=lambda: None
    )
    item.fixturenames.append(fixture)
    lanes.mark(item)
    assert item.get_closest_marker(lanes.STARTED_BY[fixture])
    assert not item.get_closest_marker("unit")
