"""What the bot sees on a board."""

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import assume, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.games import search
from domain.games.board import BOTTOM, CELLS, Board
from domain.games.bot import choose_column, column_order
from domain.games.events import BotLevel
from tests.games.tables import anything

LEVELS: tuple[BotLevel, ...] = get_args(BotLevel)
every_level = pytest.mark.parametrize("level", LEVELS)
ALL_COLUMNS_FULL = [column for column in range(7) for _ in range(6)]


def after_looks(number: int) -> Callable[[], bool]:
    """Time that runs out at the `number`-th look at the clock: the same on every machine."""
    looks = iter(range(1, 1_000_000))
    return lambda: next(looks) >= number


def choose(columns: list[int], level: BotLevel = "hard", looks: int = 5, seed: int = 0) -> int:
    board = Board.after(columns)
    return choose_column(board, level, out_of_time=after_looks(looks), seed=seed)


def free_columns(board: Board) -> list[int]:
    return [column for column in range(7) if board.has_room(column)]


def winning_columns(board: Board) -> list[int]:
    return [column for column in free_columns(board) if board.play(column).winning_line()]


def losing_columns(board: Board) -> list[int]:
    return [column for column in free_columns(board) if winning_columns(board.play(column))]


def board_from(attempts: list[int]) -> Board:
    """A running game, in which moves that are impossible or would end it are left out."""
    board = Board()
    for column in attempts:
        if board.has_room(column) and not board.play(column).winning_line():
            board = board.play(column)
    return board


@cache
def outcome(board: Board) -> int:
    """1, 0 or -1 for who is to move, by trying everything."""
    if board.winning_line():
        return -1
    return max((-outcome(board.play(column)) for column in free_columns(board)), default=0)


@every_level
def test_it_wins_when_it_can(level: BotLevel) -> None:
    assert choose([0, 6, 0, 6, 0, 5], level) == 0


@every_level
def test_it_blocks_when_it_must(level: BotLevel) -> None:
    assert choose([0, 6, 0, 6, 0], level) == 0


@every_level
def test_it_wins_rather_than_blocks(level: BotLevel) -> None:
    assert choose([0, 6, 0, 6, 0, 6], level) == 0


@every_level
def test_it_fills_the_gap_in_a_row(level: BotLevel) -> None:
    assert choose([0, 0, 1, 1, 3, 6], level) == 2


@pytest.mark.parametrize("level", ["medium", "hard"])
def test_it_keeps_a_row_from_growing_two_open_ends(level: BotLevel) -> None:
    assert choose([3, 3, 2], level) in (1, 4)


@every_level
def test_it_grows_two_open_ends_when_it_can(level: BotLevel) -> None:
    assert choose([3, 3, 2, 2], level) in (1, 4)


@every_level
@settings(deadline=None, max_examples=40)
@for_all(anything)
def test_it_never_overlooks_a_win_or_a_loss_in_one(level: BotLevel, attempts: list[int]) -> None:
    board = board_from(attempts)
    assume(not board.is_full)

    column = choose_column(board, level, out_of_time=after_looks(1))

    assert board.has_room(column)
    if wins := winning_columns(board):
        assert column in wins
    elif set(losing_columns(board)) != set(free_columns(board)):
        assert column not in losing_columns(board)


@settings(deadline=None, max_examples=40)
@for_all(st.permutations(ALL_COLUMNS_FULL))
def test_it_plays_an_endgame_perfectly(attempts: list[int]) -> None:
    board = board_from(attempts[:34])
    assume(board.moves >= 31)

    column = choose_column(board, "hard", out_of_time=lambda: False)

    assert -outcome(board.play(column)) == outcome(board)


def test_harder_levels_think_for_longer() -> None:
    looks = dict.fromkeys(LEVELS, 0)

    def counting(level: BotLevel) -> Callable[[], bool]:
        def out_of_time() -> bool:
            looks[level] += 1
            return looks[level] == 10

        return out_of_time

    for level in LEVELS:
        choose_column(Board.after([3, 3]), level, out_of_time=counting(level))
    assert looks == {"easy": 0, "medium": 0, "hard": 10}


def test_it_opens_in_the_centre() -> None:
    assert choose([]) == 3


def test_it_stops_when_the_game_is_decided() -> None:
    assert choose([3, 3, 2, 2], looks=1_000_000) in (1, 4)


def test_a_lost_game_is_played_on() -> None:
    assert choose([2, 2, 3, 3, 4]) in (1, 5)


def test_the_last_free_cell_needs_no_thought() -> None:
    assert choose([int(c) for c in "43601455115016015510463266046520424222333"]) == 3


@pytest.mark.parametrize("columns", [[0, 1, 0, 1, 0, 1, 0], ALL_COLUMNS_FULL])
def test_a_game_that_is_over_has_no_next_move(columns: list[int]) -> None:
    with pytest.raises(ValueError, match="over"):
        choose(columns)


def test_the_same_arguments_get_the_same_answer() -> None:
    assert len({choose([3, 3, 4, 2], looks=3, seed=5) for _ in range(3)}) == 1


def test_time_is_looked_at_often_enough() -> None:
    looks: list[int] = []

    def out_of_time() -> bool:
        looks.append(hunt.nodes)
        return False

    hunt = search.Search(column_order(0), out_of_time)
    list(hunt.improvements(Board(), 0b1 << 21, 10))

    assert len(looks) > 5
    gaps = [after - before for before, after in pairwise(looks)]
    assert max(gaps) < 2 * search.NODES_BETWEEN_CHECKS


def test_a_full_table_is_emptied_and_costs_only_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def hunt() -> tuple[int, int]:
        board = Board.after([3, 3])
        playable = board.mask + BOTTOM & CELLS
        hunter = search.Search(column_order(0), lambda: False)
        *_, best = hunter.improvements(board, playable, 8)
        return best, hunter.nodes

    best, nodes = hunt()
    monkeypatch.setattr(search, "MOST_POSITIONS", 10)
    best_without, nodes_without = hunt()

    assert best_without == best
    assert nodes_without > nodes


@pytest.mark.parametrize(
    ("seed", "order"),
    [(0, [3, 2, 4, 1, 5, 0, 6]), (7, [3, 4, 2, 5, 1, 6, 0]), (2, [3, 2, 4, 5, 1, 0, 6])],
)
def test_a_seed_turns_sides_around(seed: int, order: list[int]) -> None:
    assert column_order(seed) == order
