"""What a position is worth: which moves win, which lose, and which look better than others."""

from collections.abc import Callable
from contextlib import suppress
from math import tanh

import msgspec

from domain.games.board import STRIDE, Board
from domain.games.bot import column_order
from domain.games.search import DECIDED_VALUE, WIN_VALUE, OutOfTime, Search

GOOD_VALUE = 60
"""What the search calls a clear advantage; found by looking at games that bots went on to win."""

MOST_UNDECIDED = 0.9
"""The most that a move can look like without being known to win."""


class MoveJudgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a move is worth to who makes it: 1 wins, -1 loses, 0 is neither.

    `ends_in` is after how many more discs, this one included, if both play as well as they can;
    None where that is not known.
    """

    column: int
    value: float
    ends_in: int | None


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """All moves from a position, from left to right; `depth` is how many discs ahead was looked."""

    depth: int
    best: int | None
    moves: list[MoveJudgement]


def judge(board: Board, *, out_of_time: Callable[[], bool]) -> Judgement:
    """Judge the moves from a position; none where the game is over.

    At least one disc is looked ahead, however little time there is.
    """
    if board.is_full or board.winning_line():
        return Judgement(depth=0, best=None, moves=[])
    depth, known = 0, next(Search(column_order(0), lambda: False).values(board))
    with suppress(OutOfTime):
        for found in Search(column_order(0), out_of_time).values(board):
            depth, known = depth + 1, found
    moves = [_judged(move, value, board) for move, value in sorted(known.items())]
    # Of equal ones, the one nearest to the centre, as the bot has it.
    order = column_order(0)
    best = max(known, key=lambda move: (known[move], -order.index(_column(move))))
    return Judgement(depth=max(depth, 1), best=_column(best), moves=moves)


def _judged(move: int, value: int, board: Board) -> MoveJudgement:
    if abs(value) < DECIDED_VALUE:
        looks = round(MOST_UNDECIDED * tanh(value / GOOD_VALUE), 3)
        return MoveJudgement(column=_column(move), value=looks, ends_in=None)
    ends_in = WIN_VALUE - abs(value) - board.moves
    return MoveJudgement(column=_column(move), value=1.0 if value > 0 else -1.0, ends_in=ends_in)


def _column(move: int) -> int:
    return (move.bit_length() - 1) // STRIDE
