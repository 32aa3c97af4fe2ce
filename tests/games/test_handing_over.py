"""Somebody plays on, and has played, in another one's place."""

from typing import Any

import msgspec
import pytest

from application.games.outbox import OUTBOX
from domain.categories import GAMES
from domain.games.commands import (
    FindPlace,
    HandOverPlace,
    HandOverResult,
    HandOverSeat,
    LookAtGame,
    Resign,
    SeatLook,
)
from domain.games.events import (
    GameEnded,
    MovePlayed,
    PlaceHandedOver,
    ResultHandedOver,
    SeatHandedOver,
)
from domain.games.four_in_a_row import FourInARow
from domain.games.handed_seat import HandedSeat
from domain.games.lobby import Lobby
from domain.games.refusals import (
    GameStartedDifferently,
    GameUnknown,
    NameReserved,
    NotAPlayer,
    NotSeeking,
)
from tests.games.tables import (
    GAME,
    closing,
    game,
    lobby,
    moving,
    seek_of,
    seeking,
    starting,
    unstarted,
    view_of,
)
from tests.given import Story, at, given
from tests.snapshots import folds_the_same_from_any_snapshot, snapshot_of

GUEST = "alice~k3j9x2m"


def seat(player: str, to: str = "ada") -> HandOverSeat:
    return HandOverSeat(game_id=GAME, player=player, to=to)


def look_of(story: Story) -> SeatLook:
    assert isinstance(story.reply, SeatLook)
    return story.reply


# -- a game that goes on ---------------------------------------------------------------------------


@pytest.mark.parametrize(("player", "seats"), [("ann", ("ada", "ben")), ("ben", ("ann", "ada"))])
def test_another_person_sits_in_a_player_s_place(player: str, seats: tuple[str, str]) -> None:
    story = game(0, 1).when(seat(player)).then(SeatHandedOver)
    story.with_facts(previous=player, user_id="ada")
    assert look_of(story).status == "handed-over"
    story.when(LookAtGame(game_id=GAME)).folds_the_same()
    view = view_of(story)
    assert (view.player1, view.player2) == seats


def test_who_took_over_moves_and_who_sat_there_may_not_any_more() -> None:
    story = game(0, 1).when(seat("ann"))
    story.when(moving("ann", 0)).refuses(NotAPlayer)
    story.when(Resign(game_id=GAME, player="ann")).refuses(NotAPlayer)
    story.when(moving("ada", 0)).then(MovePlayed)


def test_who_took_over_wins_what_the_other_one_began() -> None:
    story = game(0, 1, 0, 1, 0, 1).when(seat("ann")).when(moving("ada", 0))
    story.then(MovePlayed, GameEnded).with_facts(1, winner="ada", result="win")


def test_a_move_that_was_made_before_is_not_made_again_by_who_took_over() -> None:
    game(0, 1).when(seat("ann")).when(moving("ada", 0, number=1)).then()


def test_a_seat_is_handed_over_once() -> None:
    story = game(0).when(seat("ann")).when(seat("ann")).then()
    assert look_of(story).status == "as-it-was"


def test_a_start_that_comes_again_finds_the_game_whose_seats_were_handed_over() -> None:
    story = game(0).when(seat("ann")).when(seat("ben", "bea"))
    restored = Story(FourInARow.restore(snapshot_of(GAMES, story.aggregate)))
    for each in (story, restored):
        view = view_of(each.when(starting("ann", "ben")).then())
        assert (view.player1, view.player2) == ("ada", "bea")
        each.when(starting("ada", "bea")).refuses(GameStartedDifferently)


def test_nobody_sits_at_both_sides_of_a_board() -> None:
    story = game(0).when(seat("ann", "ben")).then()
    assert look_of(story).status == "as-it-was"


def test_bots_keep_their_seats_and_take_no_other() -> None:
    story = given(FourInARow(GAME), starting("ann", "bot-easy", "easy"))
    story.when(seat("bot-easy")).refuses(NameReserved)
    story.when(seat("ann", "bot-hard")).refuses(NameReserved)


def test_a_game_that_has_not_begun_is_not_known() -> None:
    unstarted().when(seat("ann")).refuses(GameUnknown)


def test_a_game_that_was_handed_over_is_restored_as_it_is() -> None:
    story = game(0, 1).when(seat("ann")).when(seat("ben", "bea"))
    folds_the_same_from_any_snapshot(GAMES, FourInARow, GAME, story.history)
    again = Story(FourInARow.restore(snapshot_of(GAMES, story.aggregate)))
    again.when(moving("ada", 0)).then(MovePlayed)
    again.when(moving("bea", 1)).then(MovePlayed)


# -- a game that is over ---------------------------------------------------------------------------


def test_nothing_happens_to_a_game_that_is_over_and_it_is_told_how_it_went() -> None:
    story = game(0, 1, 0, 1, 0, 1, 0)
    for player, outcome in (("ann", "won"), ("ben", "lost")):
        look = look_of(story.when(seat(player)).then())
        assert (look.status, look.outcome, look.ended_at) == ("over", outcome, at(0))


def test_a_game_that_was_left_at_once_went_no_way_for_anybody() -> None:
    story = game().when(Resign(game_id=GAME, player="ann")).when(seat("ann"))
    assert look_of(story).outcome is None


def result(to: str = "ada", **other: Any) -> HandOverResult:
    facts = {"outcome": "won", "ended_at": at(9), **other}
    return HandOverResult(game_id=GAME, player=GUEST, to=to, **facts)


def handed_seat(*commands: HandOverResult) -> Story:
    return given(HandedSeat(result().aggregate_id), *commands)


def test_a_game_that_is_over_was_played_by_who_takes_the_seat_over() -> None:
    story = handed_seat().when(result()).then(ResultHandedOver).folds_the_same()
    story.with_facts(game_id=GAME, previous=GUEST, user_id="ada", outcome="won", ended_at=at(9))
    assert look_of(story).status == "handed-over"


def test_it_is_handed_over_once_and_final_from_then_on() -> None:
    assert not handed_seat().aggregate.finished
    story = handed_seat(result())
    assert story.aggregate.finished
    for again in (result(), result("eve")):
        assert look_of(story.when(again).then()).status == "as-it-was"


def test_a_handed_seat_is_restored_as_one() -> None:
    story = handed_seat(result())
    folds_the_same_from_any_snapshot(GAMES, HandedSeat, story.aggregate.id, story.history)
    Story(HandedSeat.restore(snapshot_of(GAMES, story.aggregate))).when(result()).then()


def test_each_seat_has_a_stream_of_its_own() -> None:
    ids = {result(**{key: "other"}).aggregate_id for key in ("to", "outcome")}
    assert len({*ids, result().aggregate_id}) == 1
    other = HandOverResult(
        game_id="g2", player=GUEST, to="ada", outcome="won", ended_at=at(9)
    ).aggregate_id
    assert other not in ids


# -- the lobby -------------------------------------------------------------------------------------


def place(user: str, to: str = "ada") -> HandOverPlace:
    return HandOverPlace(user_id=user, to=to)


def test_who_takes_a_place_over_sits_there_and_the_other_one_nowhere() -> None:
    story = lobby("ann", "ben").when(place("ann")).then(PlaceHandedOver).folds_the_same()
    story.with_facts(game_id="anns-table", previous="ann", user_id="ada")
    assert seek_of(story.when(FindPlace(user_id="ada"))) == ("seated", "anns-table")
    story.when(FindPlace(user_id="ann")).refuses(NotSeeking)


def test_a_place_is_handed_over_once() -> None:
    lobby("ann", "ben").when(place("ann")).when(place("ann")).then()


def test_who_sits_or_waits_elsewhere_keeps_to_that_place() -> None:
    lobby("ann", "ben", "ada").when(place("ann")).then()
    lobby("ann", "ben").when(place("ann", "ben")).then()


def test_who_waits_hands_nothing_over() -> None:
    lobby("ann").when(place("ann")).then()


def test_no_bot_takes_a_place_over() -> None:
    lobby("ann", "ben").when(place("ann", "bot-easy")).refuses(NameReserved)


def test_a_table_that_was_handed_over_is_closed_for_who_sits_there_now() -> None:
    story = lobby("ann", "ben").when(place("ann")).when(closing("ann"))
    story.when(FindPlace(user_id="ada")).refuses(NotSeeking)
    assert seek_of(story.when(seeking("ann", table="next"))) == ("seeking", "next")


def test_a_table_that_was_handed_over_is_in_the_next_snapshot() -> None:
    story = lobby("ann", "ben")
    before = dict(story.aggregate.parts)
    story.when(place("ann"))
    assert story.aggregate.parts.keys() == before.keys()
    assert dict(story.aggregate.parts) != before


def test_a_lobby_in_which_a_place_was_handed_over_is_restored_as_it_is() -> None:
    story = lobby("ann", "ben", "cem", "dan").when(place("ann"))
    folds_the_same_from_any_snapshot(GAMES, Lobby, "lobby", story.history)
    again = Story(Lobby.restore(snapshot_of(GAMES, story.aggregate)))
    assert seek_of(again.when(FindPlace(user_id="ada"))) == ("seated", "anns-table")


# -- what the public is told -----------------------------------------------------------------------


def test_the_public_is_told_of_a_seat_under_the_game_whether_it_goes_on_or_is_over() -> None:
    running, over = game(0).when(seat("ann")), handed_seat(result())
    told = [OUTBOX.publish(event) for event in (*running.events, *over.events)]
    assert [each and (each.topic, each.key) for each in told] == [("game-events", GAME)] * 2
    assert [msgspec.json.decode(each.value) for each in told if each] == [
        {
            "event_type": "seat_handed_over",
            "game_id": GAME,
            "previous": previous,
            "player": "ada",
            "timestamp": int(at(0).timestamp()),
        }
        for previous in ("ann", GUEST)
    ]
