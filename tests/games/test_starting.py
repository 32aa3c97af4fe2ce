import pytest

from domain.games.commands import StartGame
from domain.games.events import GameStarted
from domain.games.refusals import (
    BotMisnamed,
    GameStartedDifferently,
    NameReserved,
    SameOpponent,
)
from tests.games.tables import GAME, game, starting, unstarted, view_of


def test_who_is_named_first_begins_on_an_empty_board() -> None:
    story = unstarted().when(starting("ann", "ben", move_seconds=20)).then(GameStarted)

    story.with_facts(player1="ann", player2="ben", bot_level=None, move_seconds=20)
    view = view_of(story.folds_the_same())
    assert (view.game_id, view.player1, view.player2) == (GAME, "ann", "ben")
    assert (view.status, view.moves, view.to_move) == ("playing", 0, "ann")
    assert view.board == ["......."] * 6
    assert (view.result, view.winner, view.line) == (None, None, None)


def test_a_bot_takes_the_second_seat_under_the_name_of_its_level() -> None:
    story = unstarted().when(starting("ann", "bot-hard", "hard")).then(GameStarted)

    story.with_facts(player2="bot-hard", bot_level="hard")


def test_a_bot_goes_by_no_other_name() -> None:
    unstarted().when(starting("ann", "ben", "hard")).refuses(BotMisnamed)


@pytest.mark.parametrize(
    "start",
    [
        starting("ann", "bot-hard"),
        starting("bot-easy", "ben"),
        starting("bot-easy", "bot-hard", "hard"),
    ],
)
def test_a_bot_sits_nowhere_but_on_the_second_seat_with_its_level(start: StartGame) -> None:
    story = unstarted().when(start).refuses(NameReserved)

    assert "is the name of a bot" in str(story.refusal)


def test_nobody_plays_against_themselves() -> None:
    unstarted().when(starting("ann", "ann")).refuses(SameOpponent)


def test_starting_again_changes_nothing_and_shows_the_game_as_it_is() -> None:
    story = game(3).when(starting(move_seconds=99)).then()

    assert view_of(story).moves == 1


def test_a_game_cannot_be_started_again_by_others() -> None:
    story = game().when(starting("ann", "cem")).refuses(GameStartedDifferently)

    assert str(story.refusal) == "Game 'game-1' is already one of 'ann' against 'ben'."


def test_a_game_is_kept_under_its_own_id() -> None:
    assert starting().aggregate_id == GAME
