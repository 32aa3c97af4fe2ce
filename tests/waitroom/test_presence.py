"""For how long absence has counted."""

from collections.abc import Mapping

import pytest

from application.waitroom.presence import (
    LONGEST_GAP_S,
    SILENCE_S,
    Absentees,
    CountedTime,
    Observed,
    Sightings,
)
from domain.waitroom.absence import DropAbsentee, NoteReturn, TellAbsentee


def seen(
    now: float,
    *,
    server: str = "run-1",
    mark: str = "mark",
    beats: Mapping[str, float] | None = None,
    is_reachable: bool = True,
) -> Observed:
    return Observed(now, server, mark, {"api": now} if beats is None else beats, is_reachable)


def period(*observed: Observed) -> CountedTime:
    watched = CountedTime()
    for each in observed:
        watched.observe(each)
    return watched


def test_absence_counts_from_the_first_look_on() -> None:
    assert period(seen(100), seen(101), seen(102)).since == 100


@pytest.mark.parametrize(
    "broken",
    [
        seen(102, server="run-2"),
        seen(102, mark="another"),
        seen(102, is_reachable=False),
        seen(102, beats={}),
        seen(102, beats={"api": 102 - SILENCE_S - 0.1}),
        seen(101 + LONGEST_GAP_S + 0.1),
        seen(100.9),
    ],
    ids=[
        *("Redis was restarted", "Redis was emptied", "the API is not reached", "no API lives"),
        *("the API is silent", "nobody has looked", "time ran backwards"),
    ],
)
def test_absence_counts_from_anew_where(broken: Observed) -> None:
    assert period(seen(100), seen(101), broken).since == broken.now


def test_an_api_process_that_is_silent_is_waited_for_and_one_that_has_said_its_end_is_not() -> None:
    both = {"a": 101.0, "b": 101.0}
    watched = period(seen(101, beats=both), seen(106, beats=both | {"a": 106.0}))
    assert watched.since == 106
    watched.observe(seen(107, beats=both | {"a": 107.0}))
    assert watched.since == 107
    watched.observe(seen(108, beats={"a": 108.0}))
    assert watched.since == 107


def test_a_new_api_process_breaks_nothing() -> None:
    assert period(seen(100), seen(101, beats={"api": 101.0, "new": 101.0})).since == 100


def test_absence_counts_from_anew_once_somebody_knows_again() -> None:
    watched = period(seen(100), seen(101))
    watched.lose()
    watched.observe(seen(102))
    assert watched.since == 102


def test_what_follows_has_one_id_for_one_absence() -> None:
    found = Absentees(tell=[("s", "1.5")], returned=[("t", "2")], drop=[("u", "3")])
    first, again = found.commands("r"), found.commands("r")

    assert first == again
    assert [type(each.command) for each in first] == [TellAbsentee, NoteReturn, DropAbsentee]
    assert len({each.command_id for each in first}) == 3
    later = Absentees(tell=[("s", "9.5")], returned=[], drop=[]).commands("r")
    assert later[0].command_id != first[0].command_id


def test_whoever_is_seen_is_noted_once_for_each_room() -> None:
    noted = Sightings()
    for session in ("s", "s", "t"):
        noted.note("r", session)
    assert noted.by_room == {"r": {"s", "t"}}
