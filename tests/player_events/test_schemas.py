"""Types of events change only so that whoever sends what was right goes on being right."""

from itertools import pairwise
from typing import Any

import pytest

from tests.player_events.schemas import current, losses, newest, versions

OLD: dict[str, Any] = {
    "required": ["score"],
    "properties": {
        "score": {"type": "integer", "minimum": 0, "maximum": 10},
        "mode": {"type": "string", "enum": ["solo", "duo"]},
    },
}


@pytest.mark.parametrize("name", sorted(current()))
def test_the_schema_of_a_type_is_the_newest_that_is_written_down(name: str) -> None:
    hint = "run `python -m tests.player_events.schemas` and commit the new version"
    assert newest(versions()[name]) == current()[name], hint


def test_no_type_is_ever_dropped() -> None:
    assert set(versions()) == set(current())


@pytest.mark.parametrize("name", sorted(current()))
def test_every_version_takes_what_the_one_before_it_took(name: str) -> None:
    known = versions()[name]
    assert sorted(known) == list(range(1, len(known) + 1))
    for before, after in pairwise(sorted(known)):
        assert not list(losses(known[before], known[after]))


@pytest.mark.parametrize(
    "change",
    [
        {"required": []},
        {"properties": OLD["properties"] | {"level": {"type": "integer"}}},
        {"properties": {"score": {"type": "number", "minimum": -5}}},
        {"properties": {"mode": {"type": "string", "enum": ["solo", "duo", "trio"]}}},
        {"properties": {"mode": {}}},
    ],
)
def test_a_version_may_take_more(change: dict[str, Any]) -> None:
    assert not list(losses(OLD, OLD | change))


@pytest.mark.parametrize(
    ("change", "loss"),
    [
        ({"required": ["score", "mode"]}, "mode has to be there"),
        ({"properties": {"score": {"type": "string"}}}, "score was integer and is string"),
        ({"properties": {"score": {"type": "integer", "minimum": 1}}}, "a higher minimum"),
        ({"properties": {"score": {"type": "integer", "maximum": 9}}}, "a lower maximum"),
        ({"properties": {"mode": {"type": "string", "enum": ["solo"]}}}, "takes fewer values"),
        ({"properties": {"mode": {"type": "string", "pattern": "^s"}}}, "another pattern"),
    ],
)
def test_a_version_may_not_take_less(change: dict[str, Any], loss: str) -> None:
    assert loss in ", ".join(losses(OLD, OLD | change))
