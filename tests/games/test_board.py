from itertools import pairwise

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.games.board import Board, has_column
from tests.games.tables import anything


class NaiveBoard:
    """Four in a row as one would write it down: a list of columns, every line looked at."""

    def __init__(self) -> None:
        self.columns: list[str] = ["", "", "", "", "", "", ""]
        self.moves = 0

    def play(self, column: int) -> None:
        self.columns[column] += "12"[self.moves % 2]
        self.moves += 1

    def at(self, column: int, row: int) -> str:
        inside = 0 <= column < 7 and 0 <= row < 6
        return self.columns[column].ljust(6, ".")[5 - row] if inside else "#"

    def rows(self) -> list[str]:
        return ["".join(self.at(column, row) for column in range(7)) for row in range(6)]

    def has_line(self) -> bool:
        lines = (
            "".join(self.at(column + dx * i, row + dy * i) for i in range(4))
            for column in range(7)
            for row in range(6)
            for dx, dy in ((0, 1), (1, 0), (1, 1), (1, -1))
        )
        return any(line in ("1111", "2222") for line in lines)


def test_rows_are_read_from_the_top() -> None:
    assert Board.after([3, 3, 0]).rows() == ["......."] * 4 + ["...2...", "1..1..."]


def test_a_board_is_replayed_up_to_any_move() -> None:
    columns = [3, 3, 0, 6]

    assert Board.after(columns[:2]).rows() == ["......."] * 4 + ["...2...", "...1..."]
    assert Board.after(columns[:0]) == Board()


@pytest.mark.parametrize("columns", [[7], [-1], [2] * 7])
def test_an_impossible_move_is_not_replayed(columns: list[int]) -> None:
    with pytest.raises(ValueError, match=f"Column {columns[0]} cannot take move {len(columns)}."):
        Board.after(columns)


@pytest.mark.parametrize(("column", "exists"), [(-1, False), (0, True), (6, True), (7, False)])
def test_columns_are_0_to_6(column: int, exists: bool) -> None:
    assert has_column(column) is exists


@for_all(anything)
def test_bits_say_what_a_list_of_columns_says(attempts: list[int]) -> None:
    board, naive = Board(), NaiveBoard()
    for column in attempts:
        assert board.has_room(column) == (len(naive.columns[column]) < 6)
        if not board.has_room(column) or board.winning_line():
            continue
        assert board.landing_row(column) == 5 - len(naive.columns[column])
        board = board.play(column)
        naive.play(column)
        assert board.moves == naive.moves
        assert (board.winning_line() is not None) == naive.has_line()
    assert board.rows() == naive.rows()
    assert Board.of(board.rows()) == board
    assert not board.is_full


@for_all(anything.filter(lambda columns: len(columns) > 20))
def test_a_line_is_four_neighbouring_discs_of_who_moved_last(attempts: list[int]) -> None:
    board = Board()
    for column in attempts:
        if board.has_room(column) and not board.winning_line():
            board = board.play(column)

    if line := board.winning_line():
        disc = "21"[board.moves % 2]
        assert {board.rows()[row][column] for column, row in line} == {disc}
        steps = {(c2 - c1, r2 - r1) for (c1, r1), (c2, r2) in pairwise(line)}
        assert steps in ({(0, -1)}, {(1, 0)}, {(1, 1)}, {(1, -1)})


@for_all(st.permutations([column for column in range(7) for _ in range(6)]))
def test_a_board_of_42_discs_is_full(columns: list[int]) -> None:
    assert Board.after(columns).is_full
    assert not Board.after(columns[:-1]).is_full
