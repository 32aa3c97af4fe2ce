"""How the bot fares over whole games; its time is counted in positions, not in seconds."""

import random
from collections.abc import Callable

import pytest

from domain.games.board import Board
from domain.games.bot import choose_column
from domain.games.events import BotLevel
from tests.games.test_bot import after_looks, free_columns

Player = Callable[[Board], int]


def bot(level: BotLevel, looks: int, seed: int = 0) -> Player:
    return lambda board: choose_column(board, level, out_of_time=after_looks(looks), seed=seed)


def chance(seed: int) -> Player:
    dice = random.Random(seed)
    return lambda board: dice.choice(free_columns(board))


def winner(*players: Player) -> int | None:
    """0 or 1 for who won; None for a draw."""
    board = Board()
    while not board.is_full:
        board = board.play(players[board.moves % 2](board))
        if board.winning_line():
            return (board.moves - 1) % 2
    return None


@pytest.mark.parametrize("seed", range(4))
def test_hard_beats_easy_when_it_begins(seed: int) -> None:
    assert winner(bot("hard", 4, seed), bot("easy", 4, seed)) == 0


@pytest.mark.parametrize("seed", range(4))
def test_hard_beats_easy_when_it_does_not_begin(seed: int) -> None:
    assert winner(bot("easy", 4, seed), bot("hard", 4, seed)) == 1


@pytest.mark.parametrize("level", ["easy", "medium", "hard"])
@pytest.mark.parametrize("seed", range(4))
def test_no_level_loses_to_chance(level: BotLevel, seed: int) -> None:
    assert winner(bot(level, 2), chance(seed)) == 0
    assert winner(chance(seed), bot(level, 2)) == 1
