import pytest

from domain.games.commands import ForfeitOverdueMove
from domain.games.events import GameEnded, MovePlayed
from domain.games.four_in_a_row import FourInARow
from domain.games.refusals import GameUnknown
from tests.games.tables import GAME, game, moving, starting, unstarted, view_of
from tests.given import at, given

FORFEIT = ForfeitOverdueMove(game_id=GAME)


def test_the_clock_runs_from_the_start() -> None:
    story = game()

    assert story.aggregate.deadline == at(30)
    assert story.aggregate.on_deadline() == FORFEIT


def test_each_move_sets_the_clock_anew() -> None:
    assert game().when(moving("ann", 3), now=at(12)).aggregate.deadline == at(42)


def test_who_is_overdue_loses() -> None:
    story = game(3, 4, 3).when(FORFEIT, now=at(30)).then(GameEnded)

    story.with_facts(result="timeout", winner="ann", moves=3, duration=30, line=None)
    assert view_of(story.folds_the_same()).winner == "ann"


@pytest.mark.parametrize("columns", [(), (3,)])
def test_nobody_loses_to_somebody_who_never_came(columns: tuple[int, ...]) -> None:
    story = game(*columns).when(FORFEIT, now=at(30)).then(GameEnded)

    story.with_facts(result="timeout", winner=None, moves=len(columns), line=None)
    view = view_of(story.folds_the_same())
    assert (view.status, view.to_move, view.winner) == ("finished", None, None)


def test_a_bot_that_does_not_move_loses_as_well() -> None:
    moves = moving("ann", 3), moving("bot-easy", 3), moving("ann", 3)
    story = given(FourInARow(GAME), starting("ann", "bot-easy", "easy"), *moves)

    story.when(FORFEIT, now=at(30)).then(GameEnded).with_facts(result="timeout", winner="ann")


def test_nobody_loses_a_moment_early() -> None:
    story = game().when(FORFEIT, now=at(29.999)).then()

    assert view_of(story).status == "playing"


def test_a_move_that_comes_before_the_forfeit_counts() -> None:
    game().when(moving("ann", 3), now=at(31)).then(MovePlayed).when(FORFEIT, now=at(31)).then()


def test_no_clock_runs_before_the_start() -> None:
    assert unstarted().aggregate.deadline is None
    unstarted().when(FORFEIT).refuses(GameUnknown)


def test_no_clock_runs_after_the_end() -> None:
    story = game(0, 1, 0, 1, 0, 1, 0)

    assert story.aggregate.deadline is None
    assert view_of(story.when(FORFEIT, now=at(999)).then()).result == "win"
