"""Reports of games become events, or it is said what is wrong with them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from application.player_events.intake import CLOCK_TOLERANCE, Intake, InvalidEvent, Report
from domain.player_events.event import PlayerEvent

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
GIVEN_ID = "0d9d3b7c-1a5e-4f0f-8a3b-6c2d1e0f9a8b"


def a_report(**changes: Any) -> Report:
    fields = {
        "event_type": "player_score",
        "player_id": "ada",
        "game_id": "tetris",
        "timestamp": NOW,
        "data": {"score": 150},
    }
    return msgspec.json.decode(msgspec.json.encode(fields | changes), type=Report)


def intake(*, accept_unknown: bool = True) -> Intake:
    return Intake(accept_unknown=accept_unknown, oldest=timedelta(days=30))


def refused(report: Report, **options: Any) -> InvalidEvent:
    with pytest.raises(InvalidEvent) as invalid:
        intake(**options).take_one(report, NOW)
    return invalid.value


def test_an_event_is_what_was_reported_with_an_id_and_the_time_it_came() -> None:
    event = intake().take_one(a_report(data={"score": 150, "combo": [1, 2]}), NOW)
    assert (event.event_type, event.player_id, event.game_id) == ("player_score", "ada", "tetris")
    assert (event.timestamp, event.ingested_at) == (NOW, NOW)
    assert msgspec.json.decode(event.data) == {"score": 150, "combo": [1, 2]}


def test_an_id_that_is_made_says_when_and_is_never_made_again() -> None:
    made = intake().take([a_report()] * 1_000, NOW)
    events = [event for event in made if isinstance(event, PlayerEvent)]
    assert all(event.minted for event in events)
    ids = [UUID(event.event_id) for event in events]
    assert len(set(ids)) == 1_000
    assert {(id.version, id.variant) for id in ids} == {(7, "specified in RFC 4122")}
    assert {id.int >> 80 for id in ids} == {int(NOW.timestamp() * 1_000)}
    assert [str(id) for id in ids] == [event.event_id for event in events]


def test_an_id_that_is_given_is_kept_in_its_canonical_form() -> None:
    event = intake().take_one(a_report(event_id=GIVEN_ID.upper()), NOW)
    assert (event.event_id, event.minted) == (GIVEN_ID, False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"player_id": "a/b"}, "$.player_id"),
        ({"game_id": "a\nb"}, "$.game_id"),
        ({"event_type": "a\x00b"}, "$.event_type"),
        ({"data": {}}, "$.data.score"),
        ({"data": {"score": "150"}}, "$.data.score"),
        ({"data": {"score": -1}}, "$.data.score"),
        ({"data": {"score": 10**9 + 1}}, "$.data.score"),
        ({"data": [150]}, "$.data"),
        ({"event_type": "jumped", "data": "high"}, "$.data"),
        ({"event_type": "gamehall.voided", "data": {}}, "$.event_type"),
        ({"timestamp": NOW + CLOCK_TOLERANCE}, "$.timestamp"),
        ({"timestamp": NOW - timedelta(days=30)}, "$.timestamp"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Any], field: str) -> None:
    error = refused(a_report(**changes))
    assert error.field == field
    assert str(error)


def test_a_type_that_is_not_known_is_taken_or_refused_by_setting() -> None:
    jumped = a_report(event_type="jumped", data={"height": 3})
    assert intake().take_one(jumped, NOW).event_type == "jumped"
    assert "'jumped' is none of the known types" in str(refused(jumped, accept_unknown=False))


def test_one_that_does_not_fit_does_not_stop_the_others() -> None:
    taken = intake().take([a_report(), a_report(data={}), a_report(player_id="a/b")], NOW)
    assert [type(each) for each in taken] == [PlayerEvent, InvalidEvent, InvalidEvent]


def test_a_clock_that_is_ahead_does_not_reach_the_future() -> None:
    event = intake().take_one(a_report(timestamp=NOW + timedelta(minutes=4)), NOW)
    assert event.timestamp == NOW + timedelta(minutes=4)
    assert event.happened_at == NOW
