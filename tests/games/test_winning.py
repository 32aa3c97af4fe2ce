import pytest

from domain.games.events import GameEnded, MovePlayed
from tests.games.tables import game, moving, view_of
from tests.given import at

UPRIGHT = ([0, 1, 0, 1, 0, 1], 0, [(0, 5), (0, 4), (0, 3), (0, 2)])
ACROSS = ([0, 0, 1, 1, 2, 2], 3, [(0, 5), (1, 5), (2, 5), (3, 5)])
RISING = ([0, 1, 1, 2, 2, 3, 2, 3, 3, 6], 3, [(0, 5), (1, 4), (2, 3), (3, 2)])
FALLING = ([6, 5, 5, 4, 4, 3, 4, 3, 3, 0], 3, [(3, 2), (4, 3), (5, 4), (6, 5)])
LAST_MOVE_WINS = "456444341232530611460223056031100536126255"
AT_THE_TOP = ([3, 0, 3, 3, 0, 3, 1, 3, 1], 3, [(3, 3), (3, 2), (3, 1), (3, 0)])


@pytest.mark.parametrize(
    ("before", "column", "line"),
    [UPRIGHT, ACROSS, RISING, FALLING],
    ids=["upright", "across", "rising", "falling"],
)
def test_four_in_a_row_win(before: list[int], column: int, line: list[tuple[int, int]]) -> None:
    story = game(*before).when(moving("ann", column), now=at(12.5)).then(MovePlayed, GameEnded)

    moves = len(before) + 1
    story.with_facts(1, result="win", winner="ann", line=line, moves=moves, duration=12.5)
    view = view_of(story.folds_the_same())
    assert (view.status, view.to_move, view.result) == ("finished", None, "win")
    assert (view.winner, view.line) == ("ann", line)


def test_who_came_second_wins_as_well() -> None:
    before, column, line = AT_THE_TOP
    story = game(*before).when(moving("ben", column)).then(MovePlayed, GameEnded)

    story.with_facts(1, winner="ben", line=line)


def test_a_line_does_not_go_on_in_the_next_column() -> None:
    # ann gets the top three cells of column 0 and has the lowest of column 1.
    game(1, 0, 6, 0, 6, 0, 0, 6, 0, 5).when(moving("ann", 0)).then(MovePlayed)


def test_of_five_in_a_row_four_are_the_line() -> None:
    story = game(0, 0, 1, 1, 3, 3, 4, 4).when(moving("ann", 2)).then(MovePlayed, GameEnded)

    story.with_facts(1, line=[(0, 5), (1, 5), (2, 5), (3, 5)])


def test_the_last_disc_may_win() -> None:
    story = game(*map(int, LAST_MOVE_WINS[:-1])).when(moving("ben", 5)).then(MovePlayed, GameEnded)

    story.with_facts(1, result="win", winner="ben", moves=42)
