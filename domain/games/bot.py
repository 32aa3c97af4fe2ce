"""The bot: wins when it can, blocks when it must, and otherwise looks ahead.

The bitboard technique is John Tromp's and Pascal Pons's; `search` says what is taken from them.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from domain.games.board import BOTTOM, CELLS, COLUMNS, MOST_DISCS, STRIDE, Board, cells_of
from domain.games.events import BotLevel
from domain.games.lines import threats_of
from domain.games.search import OutOfTime, Search

DEPTHS: Mapping[BotLevel, int] = {"easy": 1, "medium": 4, "hard": MOST_DISCS}
"""How many moves ahead a level looks, time permitting; a win and a block it sees in any case."""


def choose_column(
    board: Board, level: BotLevel, *, out_of_time: Callable[[], bool], seed: int = 0
) -> int:
    """The column for who is to move on a board that is not over (`ValueError` otherwise).

    Guarantees, on every level: a win in one is taken; a threat of one is blocked; no disc is put
    right under a cell that wins for the other, unless nothing else is left. The answer depends on
    the arguments alone. Once `out_of_time()` says so, the best found so far is returned; it is
    asked every thousand positions or so, which is a few milliseconds. Of columns that look the
    same, those near the centre go first, and `seed` says whether left or right.
    """
    if board.is_full or board.winning_line():
        raise ValueError("A game that is over has no next move.")
    order = column_order(seed)
    moves = sensible_moves(board)
    if moves.bit_count() == 1:
        return _column_of(moves)
    best = next(move for column in order if (move := moves & cells_of(column)))
    with suppress(OutOfTime):
        for improved in Search(order, out_of_time).improvements(board, moves, DEPTHS[level]):
            best = improved
    return _column_of(best)


def sensible_moves(board: Board) -> int:
    """As bits: a win; else a block; else what does not lose at once; else whatever is left."""
    playable = (board.mask + BOTTOM) & CELLS
    wins = threats_of(board.mover) & playable
    if wins:
        return wins & -wins
    threats = threats_of(board.mover ^ board.mask)
    blocks = threats & playable
    if blocks:
        return blocks & -blocks
    return playable & ~(threats >> 1) or playable


def column_order(seed: int) -> Sequence[int]:
    """From the centre outwards; the bits of `seed` say which side goes first."""
    order = [COLUMNS // 2]
    for distance in range(1, COLUMNS // 2 + 1):
        side = distance if seed >> distance - 1 & 1 else -distance
        order += [COLUMNS // 2 + side, COLUMNS // 2 - side]
    return order


def _column_of(move: int) -> int:
    return (move.bit_length() - 1) // STRIDE
