"""The markers say truly which servers a test needs."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests import lanes
from tests.chaos.cluster import Cluster
from tests.conftest import hall_in

MAKEFILE = Path(__file__).parents[2] / "Makefile"


def test_a_unit_test_starts_no_hall(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="marked `unit`"):
        hall_in(tmp_path).up("--servers")


def test_a_unit_test_starts_no_broker(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="marked `unit`"):
        Cluster(tmp_path)


def test_every_test_runs_in_one_lane_and_no_test_in_two(request: pytest.FixtureRequest) -> None:
    lanes_of_make, places = of_lanes("LANE"), of_lanes("PLACES")
    assert len(lanes_of_make) == 7
    for item in request.config.stash[lanes.FOUND]:
        markers = defaultdict(bool, {marker.name: True for marker in item.iter_markers()})
        chosen = [name for name, lane in lanes_of_make.items() if eval(lane, {}, markers)]
        assert len(chosen) == 1, f"{item.nodeid}: {chosen}"
        looked_at = places.get(chosen[0], "tests").split()
        assert item.nodeid.startswith(tuple(f"{place}/" for place in looked_at)), (
            f"{item.nodeid} is not where the lane {chosen[0]} looks"
        )


def test_what_other_lanes_pass_over_needs_a_hall() -> None:
    (passed_over,) = re.findall(r"PASS_OVER := --ignore=(\S+)$", MAKEFILE.read_text(), re.MULTILINE)
    text = (MAKEFILE.parent / passed_over).read_text()
    assert '\npytestmark = pytest.mark.usefixtures("hall")' in text


def of_lanes(variable: str) -> dict[str, str]:
    """What a variable of the Makefile is in each lane that has it."""
    found = re.findall(rf"^lane-(\w+): {variable} := (.+)$", MAKEFILE.read_text(), re.MULTILINE)
    return dict(found)


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
