import msgspec
import pytest

from domain.games.commands import ConfirmMoves, GameLookBack, LookAtGame, LookBackAtGame
from domain.games.events import MovePlayed
from domain.games.refusals import (
    ColumnFull,
    GameOver,
    GameUnknown,
    NoSuchColumn,
    NotAPlayer,
    NotThatMove,
    NotYourTurn,
)
from tests.games.tables import GAME, game, moving, unstarted, view_of


def test_a_disc_falls_to_the_bottom() -> None:
    story = game().when(moving("ann", 3)).then(MovePlayed)

    story.with_facts(player="ann", column=3, row=5, move=1).folds_the_same()
    assert view_of(story).board == ["......."] * 5 + ["...1..."]
    assert view_of(story).to_move == "ben"


def test_a_disc_comes_to_rest_on_the_one_below() -> None:
    story = game(3).when(moving("ben", 3)).then(MovePlayed)

    story.with_facts(player="ben", column=3, row=4, move=2)
    assert view_of(story).board == ["......."] * 4 + ["...2...", "...1..."]
    assert view_of(story).to_move == "ann"


def test_a_column_takes_six_discs() -> None:
    game(0, 0, 0, 0, 0).when(moving("ben", 0)).then(MovePlayed).with_facts(row=0, move=6)


def test_a_seventh_disc_does_not_fit() -> None:
    story = game(0, 0, 0, 0, 0, 0).when(moving("ann", 0)).refuses(ColumnFull)

    assert str(story.refusal) == "Column 0 already holds 6 discs."


@pytest.mark.parametrize("column", [-1, 7, -(10**30), 10**30])
def test_a_disc_cannot_fall_beside_the_board(column: int) -> None:
    story = game().when(moving("ann", column)).refuses(NoSuchColumn)

    assert str(column) in str(story.refusal)


def test_players_take_turns() -> None:
    story = game(3).when(moving("ann", 3)).refuses(NotYourTurn)

    assert str(story.refusal) == "Move 2 is for 'ben' to make, not for 'ann'."


def test_a_spectator_does_not_move() -> None:
    story = game().when(moving("eve", 3)).refuses(NotAPlayer)

    assert str(story.refusal) == "'eve' does not play in game 'game-1'."


def test_nobody_moves_in_a_game_that_was_never_started() -> None:
    story = unstarted().when(moving("ann", 3)).refuses(GameUnknown)

    assert str(story.refusal) == "There is no game 'game-1'."


def test_nobody_moves_after_the_end() -> None:
    story = game(0, 1, 0, 1, 0, 1, 0).when(moving("ben", 1)).refuses(GameOver)

    assert str(story.refusal) == "Game 'game-1' ended by win after move 7."


def test_a_spectator_is_one_after_the_end_as_well() -> None:
    game(0, 1, 0, 1, 0, 1, 0).when(moving("eve", 1)).refuses(NotAPlayer)


def test_a_move_may_say_which_one_it_is() -> None:
    game(3).when(moving("ben", 3, number=2)).then(MovePlayed).with_facts(move=2)


@pytest.mark.parametrize("later", [[], [4], [4, 4, 4]])
def test_a_move_that_was_made_is_not_made_again(later: list[int]) -> None:
    story = game(3, *later).when(moving("ann", 3, number=1)).then()

    assert view_of(story).moves == 1 + len(later), "as the game stands now"


def test_the_last_move_of_a_game_is_repeated_like_any_other() -> None:
    story = game(0, 1, 0, 1, 0, 1, 0).when(moving("ann", 0, number=7)).then()

    assert view_of(story).status == "finished"


@pytest.mark.parametrize(
    ("player", "column", "number"),
    [("ann", 4, 1), ("ben", 3, 1), ("ann", 3, 2), ("ben", 3, 4), ("ben", 3, 0), ("ben", 3, -1)],
)
def test_a_number_that_is_of_another_move_is_refused(player: str, column: int, number: int) -> None:
    story = game(3, 5).when(moving(player, column, number)).refuses(NotThatMove)

    assert "the next is move 3" in str(story.refusal)


def test_whose_turn_it_is_is_no_matter_of_numbers() -> None:
    game(3).when(moving("ann", 3, number=2)).refuses(NotYourTurn)


def test_to_look_at_a_game_changes_nothing() -> None:
    story = game(3).when(LookAtGame(game_id=GAME)).then()
    assert view_of(story).moves == 1

    unstarted().when(LookAtGame(game_id=GAME)).refuses(GameUnknown)


@pytest.mark.parametrize("command", [LookBackAtGame, ConfirmMoves])
@pytest.mark.parametrize("after", range(5))
def test_to_look_back_tells_the_moves_that_were_made_after_one(
    command: type[LookBackAtGame], after: int
) -> None:
    story = game(3, 3, 4)
    moves = [each for each in story.history if isinstance(each, MovePlayed)]
    look = story.when(command(game_id=GAME, after=after)).then().reply

    assert isinstance(look, GameLookBack)
    assert look.moves == 3
    assert [msgspec.structs.asdict(each) for each in look.made] == [
        {name: getattr(move, name) for name in ("player", "column", "row", "move")}
        for move in moves[after:]
    ]


def test_of_a_game_that_there_is_not_nothing_can_be_told() -> None:
    unstarted().when(LookBackAtGame(game_id=GAME, after=0)).refuses(GameUnknown)
