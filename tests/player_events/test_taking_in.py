"""Reports of games become events, or it is said what is wrong with them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from application.player_events.intake import CLOCK_TOLERANCE, Intake, InvalidEvent, Report
from domain.player_events.event import PlayerEvent
from domain.player_events.scores import SCORING
from interfaces.bootstrap.player_events.dead_letters import intake_of
from interfaces.settings import load

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


def intake(*, accept_unknown: bool = True, players_score_in: Sequence[str] = ()) -> Intake:
    return Intake(
        accept_unknown=accept_unknown,
        oldest=timedelta(days=30),
        players_score_in=players_score_in,
    )


def refused(report: Report, **options: Any) -> InvalidEvent:
    with pytest.raises(InvalidEvent) as invalid:
        intake(**options).take_one(report, NOW, trusted=True)
    return invalid.value


def test_an_event_is_what_was_reported_with_an_id_and_the_time_it_came() -> None:
    event = intake().take_one(a_report(data={"score": 150, "combo": [1, 2]}), NOW, trusted=True)
    assert (event.event_type, event.player_id, event.game_id) == ("player_score", "ada", "tetris")
    assert (event.timestamp, event.ingested_at) == (NOW, NOW)
    assert msgspec.json.decode(event.data) == {"score": 150, "combo": [1, 2]}


def test_an_id_that_is_made_says_when_and_is_never_made_again() -> None:
    made = intake().take([a_report()] * 1_000, NOW, trusted=True)
    events = [event for event in made if isinstance(event, PlayerEvent)]
    assert all(event.minted for event in events)
    ids = [UUID(event.event_id) for event in events]
    assert len(set(ids)) == 1_000
    assert {(id.version, id.variant) for id in ids} == {(7, "specified in RFC 4122")}
    assert {id.int >> 80 for id in ids} == {int(NOW.timestamp() * 1_000)}
    assert [str(id) for id in ids] == [event.event_id for event in events]


def test_an_id_that_is_given_is_kept_in_its_canonical_form() -> None:
    event = intake().take_one(a_report(event_id=GIVEN_ID.upper()), NOW, trusted=True)
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
    assert intake().take_one(jumped, NOW, trusted=True).event_type == "jumped"
    assert "'jumped' is none of the known types" in str(refused(jumped, accept_unknown=False))


SCORED = {
    "player_score": {"score": 1},
    "quest_completed": {"quest_id": "belt", "score": 1},
    "achievement_unlocked": {"achievement_id": "first", "score": 1.0},
    "boss_defeated": {"boss_id": "ufo", "score": 1e3},
}
"""An event of every type that counts on a board."""


@pytest.mark.parametrize("event_type", sorted(SCORING))
def test_points_that_players_report_are_taken_in_games_that_are_named(event_type: str) -> None:
    scored = a_report(event_type=event_type, data=SCORED[event_type])
    for games in (["chess", "tetris"], ["*"]):
        assert intake(players_score_in=games).take_one(scored, NOW).event_type == event_type
    for games in ([], ["chess"]):
        with pytest.raises(InvalidEvent, match="GAMEHALL_PLAYERS_SCORE_IN") as invalid:
            intake(players_score_in=games).take_one(scored, NOW)
        assert invalid.value.field == "$.data.score"


def test_games_are_named_by_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidEvent):
        intake_of(load()).take_one(a_report(), NOW)
    monkeypatch.setenv("GAMEHALL_PLAYERS_SCORE_IN", "chess, tetris")
    assert intake_of(load()).take_one(a_report(), NOW).game_id == "tetris"


def test_what_brings_no_points_is_taken_from_players() -> None:
    for changes in (
        {"event_type": "session_started", "data": {}},
        {"event_type": "jumped", "data": {"score": 9}},
        {"event_type": "quest_completed", "data": {"quest_id": "belt"}},
        {"data": {"score": 0}},
    ):
        assert intake().take_one(a_report(**changes), NOW).player_id == "ada"


def test_one_that_does_not_fit_does_not_stop_the_others() -> None:
    reports = [a_report(), a_report(data={}), a_report(player_id="a/b")]
    taken = intake().take(reports, NOW, trusted=True)
    assert [type(each) for each in taken] == [PlayerEvent, InvalidEvent, InvalidEvent]


def test_a_clock_that_is_ahead_does_not_reach_the_future() -> None:
    event = intake().take_one(a_report(timestamp=NOW + timedelta(minutes=4)), NOW, trusted=True)
    assert event.timestamp == NOW + timedelta(minutes=4)
    assert event.happened_at == NOW
