"""What a position is worth, beside what trying every move says."""

from collections.abc import Callable
from functools import cache

import pytest

from domain.games.board import COLUMNS, Board
from domain.games.judgement import Judgement, judge


def in_time() -> Callable[[], bool]:
    return lambda: False


def judged(columns: str, out_of_time: Callable[[], bool] | None = None) -> Judgement:
    board = Board.after(map(int, columns))
    return judge(board, out_of_time=out_of_time or in_time())


@cache
def outcome(board: Board) -> int:
    """1 where who is to move wins, -1 where they lose: by trying everything."""
    if board.winning_line():
        return -1
    moves = [board.play(column) for column in range(COLUMNS) if board.has_room(column)]
    return max((-outcome(each) for each in moves), default=0)


NEARLY_FULL = "2126436602110460116261045403"
"""Fourteen cells are open."""


def test_every_move_is_worth_what_trying_everything_says() -> None:
    board = Board.after(map(int, NEARLY_FULL))
    assert board.winning_line() is None
    found = {each.column: each for each in judged(NEARLY_FULL).moves}
    for column in range(COLUMNS):
        if not board.has_room(column):
            assert column not in found
            continue
        exact = -outcome(board.play(column))
        if exact:
            assert found[column].value == exact
        else:
            assert abs(found[column].value) < 1


@pytest.mark.parametrize(
    ("columns", "column", "value", "ends_in"),
    [
        ("334455", 2, 1.0, 1),  # four in the lowest row
        ("334455", 6, 1.0, 1),
        ("33445", 0, -1.0, 2),  # leaves both ends open to the other one's four, as all but two do
        ("3344", 2, 1.0, 3),  # three in a row with both ends open
    ],
)
def test_a_move_that_decides_says_when(
    columns: str, column: int, value: float, ends_in: int
) -> None:
    found = {each.column: each for each in judged(columns, after_looks(3)).moves}
    assert (found[column].value, found[column].ends_in) == (value, ends_in)


def after_looks(number: int) -> Callable[[], bool]:
    looks = iter(range(1, 1_000_000))
    return lambda: next(looks) >= number


def test_without_time_there_is_an_answer() -> None:
    answer = judged("", after_looks(1))
    assert answer.best == COLUMNS // 2
    assert answer.depth >= 1
    assert [each.column for each in answer.moves] == list(range(COLUMNS))
    assert all(-1 < each.value < 1 and each.ends_in is None for each in answer.moves)


def test_a_game_that_is_over_has_no_moves_to_judge() -> None:
    answer = judged("0101010")
    assert (answer.depth, answer.best, answer.moves) == (0, None, [])
