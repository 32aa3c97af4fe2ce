"""What of all that happens people are told, and when it is settled."""

from typing import Any

import msgspec

from application.entries import Remembered
from application.feed.process import FeedProcess, OfFeature
from application.ports.commands import Envelope
from domain.feed.commands import AddEntry, SettleEntry
from domain.games.commands import HandOverSeat, MakeMove, Meet, Resign, StartGame
from domain.waitroom.commands import (
    CompleteCheckout,
    ExpireCheckout,
    JoinWaitroom,
    LeaveWaitroom,
    OpenWaitroom,
)
from interfaces.bootstrap.feed.process import FEED, feeds
from tests.projections.stories import tell_of_everything, tell_of_game
from tests.projections.story import Narrator
from tests.snapshots import reactions, reacts_the_same_from_any_state


def told(narrator: Narrator) -> list[tuple[Any, ...]]:
    """What the process has people told, in short."""
    return [in_short(each) for each in reactions(FeedProcess(feeds()), narrator.events)]


def in_short(envelope: Envelope) -> tuple[Any, ...]:
    match envelope.command:
        case AddEntry(user_id=user, kind=kind, about=about, other=other):
            return (user, kind, about, other) if other else (user, kind, about)
        case SettleEntry(user_id=user, kind=kind, about=about):
            return (user, "done", kind, about)
    raise AssertionError(envelope)


def test_who_is_admitted_is_told_until_the_session_ends() -> None:
    narrator = Narrator()
    narrator.tell(OpenWaitroom(event_id="concert", capacity=1, checkout_seconds=60))
    for user in ("ada", "bob", "cyd", "dan"):
        narrator.tell(JoinWaitroom(event_id="concert", user_id=user, session_id=f"{user}-1"))
    narrator.tell(
        CompleteCheckout(event_id="concert", session_id="ada-1"),
        ExpireCheckout(event_id="concert", session_id="bob-1"),
        LeaveWaitroom(event_id="concert", session_id="dan-1"),
        LeaveWaitroom(event_id="concert", session_id="cyd-1"),
    )
    assert told(narrator) == [
        ("ada", "queue-ready", "ada-1"),
        ("ada", "done", "queue-ready", "ada-1"),
        ("bob", "queue-ready", "bob-1"),
        ("bob", "done", "queue-ready", "bob-1"),
        ("cyd", "queue-ready", "cyd-1"),
        ("cyd", "done", "queue-ready", "cyd-1"),
    ], "dan waited, and was never told to come"


def test_both_are_told_that_they_have_met() -> None:
    narrator = Narrator()
    narrator.tell(Meet(user_id="ada", opponent="bob", game_id="game"))
    assert sorted(told(narrator)) == [
        ("ada", "game-found", "game", "bob"),
        ("bob", "game-found", "game", "ada"),
    ]
    ids = [each.command_id for each in reactions(FeedProcess(feeds()), narrator.events)]
    assert len({*ids}) == 2, "each command has an id of its own"


def test_who_is_to_move_is_told_until_the_move() -> None:
    narrator = Narrator()
    narrator.tell(
        StartGame(game_id="game", player1="ada", player2="bob", move_seconds=60),
        MakeMove(game_id="game", player="ada", column=3),
        MakeMove(game_id="game", player="bob", column=3),
        Resign(game_id="game", player="bob"),
    )
    assert told(narrator) == [
        ("ada", "your-move", "game", "bob"),
        ("ada", "done", "your-move", "game"),
        ("bob", "your-move", "game", "ada"),
        ("bob", "done", "your-move", "game"),
        ("ada", "your-move", "game", "bob"),
        ("ada", "done", "your-move", "game"),
        ("bob", "done", "your-move", "game"),
    ]


def test_nobody_is_to_move_after_the_last_move() -> None:
    narrator = Narrator()
    tell_of_game(narrator, "game", "ada", "bob", end=0)
    last = [each[1] for each in told(narrator)][-4:]
    assert last == ["your-move", "done", "done", "done"]


def test_a_game_against_a_bot_calls_nobody_back() -> None:
    narrator = Narrator()
    narrator.tell(
        StartGame(
            game_id="game", player1="ada", player2="bot-easy", bot_level="easy", move_seconds=60
        ),
        MakeMove(game_id="game", player="ada", column=3),
    )
    assert told(narrator) == []


def test_who_takes_a_seat_is_asked_for_the_move() -> None:
    narrator = Narrator()
    narrator.tell(
        StartGame(game_id="game", player1="gus", player2="bob", move_seconds=60),
        HandOverSeat(game_id="game", player="gus", to="ada"),
        HandOverSeat(game_id="game", player="bob", to="cyd"),
    )
    assert told(narrator)[1:] == [
        ("gus", "done", "your-move", "game"),
        ("ada", "your-move", "game", "bob"),
        ("bob", "done", "your-move", "game"),
    ]


def test_the_process_goes_on_from_any_state() -> None:
    narrator = Narrator()
    tell_of_everything(narrator)
    log = [each for each in narrator.events if each.position.topic in FEED.topics]
    some = log[:120]
    reacts_the_same_from_any_state(lambda: FeedProcess(feeds()), some)


def test_what_is_over_is_forgotten() -> None:
    narrator, process = Narrator(), FeedProcess(feeds())
    tell_of_game(narrator, "game", "ada", "bob", end=1)
    for recorded in narrator.events:
        process.fold(recorded)
    assert not process.state


def test_what_a_feature_remembers_is_its_own() -> None:
    process = FeedProcess(feeds())
    one, other = OfFeature("games", process.state), OfFeature("waitroom", process.state)
    one["1"], other["1"] = Remembered(people=["ada"]), Remembered(people=["bob"])
    assert (dict(one), len(other)) == ({"1": Remembered(people=["ada"])}, 1)
    del one["1"]
    assert "1" not in one
    assert list(process.state) == ["waitroom/1"]


def test_a_seat_in_a_game_that_nobody_is_called_back_to_is_nothing_to_tell() -> None:
    narrator = Narrator()
    start = {"player1": "gus", "player2": "bot-easy", "bot_level": "easy", "move_seconds": 60}
    narrator.tell(
        msgspec.convert({"game_id": "game", **start}, StartGame),
        HandOverSeat(game_id="game", player="gus", to="ada"),
    )
    assert told(narrator) == []


def test_a_command_that_is_refused_leads_to_nothing() -> None:
    narrator = Narrator()
    narrator.tell(Meet(user_id="ada", opponent="bob", game_id="game"))
    process = FeedProcess(feeds())
    (first, _) = reactions(process, narrator.events)
    assert process.after_refusal(first) == []
