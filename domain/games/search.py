"""Negamax over the bitboard, as deep as it is allowed to.

The ideas are John Tromp's (the board as one integer, Fhourstones) and Pascal Pons's (look only at
moves that do not lose at once, order by the threats they make, keep bounds in a table); words and
code are ours. What Python adds: shifting is slow, so the threats that a disc makes are looked up
in `lines`, and each position hands its threats down instead of finding them again.
"""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter

from domain.games.board import BOTTOM, CELLS, MOST_DISCS, Board, cells_of
from domain.games.lines import THREATS, THROUGH, threats_of, worth_of

WIN_VALUE = 10_000
"""The score of a win, less the number of discs on the board when it is complete."""
DECIDED_VALUE = WIN_VALUE - MOST_DISCS
"""At least this: the game is won whatever the other does. At most its negative: lost."""
NODES_BETWEEN_CHECKS = 1_024
MOST_POSITIONS = 400_000
"""How many positions the table may hold: about 75 MB; then it is emptied."""
OPEN, IN_TIME = 4, 30
"""What an open cell that completes four is worth, against 1 for a four that a disc may be part of;
and what it is worth on top in a row that falls to this player when the columns fill up. Found by
letting settings play 24 games against each other, each from both sides of 12 openings."""

ODD_ROWS = 0b010100 * BOTTOM
EVEN_ROWS = 0b101010 * BOTTOM
ROWS_OF = (ODD_ROWS, EVEN_ROWS)
"""The rows, counted from 1 at the bottom, that who began gets when the columns fill up one after
the other, and those that the other one gets. A four is not completed in the lowest row that way."""

Child = tuple[int, int, int, int]
"""How early to look at a move, the move, all that its maker threatens after it, its worth."""
RANK = itemgetter(0)
TableEntry = tuple[int, int, int, int]
"""How deep a position was searched, its value at least and at most, its best move."""
FIRST = MOST_DISCS
"""The rank of the move that was best last time."""


class OutOfTime(Exception):
    """The search has to stop where it is."""


class Search:
    """One search from one position; of equal columns, the first in `order` is taken.

    Guarantees: the same position, order and depth give the same value; `OutOfTime` is raised at
    most some `NODES_BETWEEN_CHECKS` positions after `out_of_time` says so. `nodes` counts the
    positions that were valued.
    """

    __slots__ = ("_columns", "_next_check", "_out_of_time", "_table", "nodes")

    def __init__(self, order: Sequence[int], out_of_time: Callable[[], bool]) -> None:
        self._columns = [cells_of(column) for column in order]
        self._out_of_time = out_of_time
        self._table: dict[int, TableEntry] = {}
        self._next_check = NODES_BETWEEN_CHECKS
        self.nodes = 0

    def improvements(self, board: Board, moves: int, depth: int) -> Iterator[int]:
        """Ever better of these moves, as bits, by searching ever deeper up to `depth`."""
        mine, theirs = board.mover, board.mover ^ board.mask
        their, worth = threats_of(theirs), worth_of(mine) - worth_of(theirs)
        children = self._children(mine, threats_of(mine), board.mask ^ CELLS, moves, 0)
        for deeper in range(min(depth, MOST_DISCS - board.moves)):
            score = -WIN_VALUE
            for child in list(children):
                _, move, threats, gain = child
                self.nodes += 1
                value = -self._value(
                    theirs, mine | move, their, threats, -worth - gain,
                    deeper, -WIN_VALUE, -score, board.moves + 1,
                )  # fmt: skip
                if value > score:
                    score = value
                    children.remove(child)
                    children.insert(0, child)
                    yield move
            if abs(score) >= DECIDED_VALUE:
                return

    def values(self, board: Board) -> Iterator[dict[int, int]]:
        """What each move, as a bit, is worth to who makes it: of all, by looking ever deeper."""
        mine, theirs = board.mover, board.mover ^ board.mask
        my, their, worth = threats_of(mine), threats_of(theirs), worth_of(mine) - worth_of(theirs)
        playable = (board.mask + BOTTOM) & CELLS
        won = WIN_VALUE - 1 - board.moves
        for deeper in range(MOST_DISCS - board.moves):
            found = {
                move: won if move & my else -self._value(
                    theirs, mine | move, their, threats, -worth - gain,
                    deeper, -WIN_VALUE, WIN_VALUE, board.moves + 1,
                )
                for _, move, threats, gain in self._children(
                    mine, my, board.mask ^ CELLS, playable, 0
                )
            }  # fmt: skip
            yield found
            if all(abs(value) >= DECIDED_VALUE for value in found.values()):
                return

    # The rest is the hot path: what Python pays for calls and attributes outweighs short functions
    # and parameter objects. Discs are `mine` and `theirs`, threats `my` and `their`, where "I" am
    # to move; `ply` counts discs.

    def _value(
        self, mine: int, theirs: int, my: int, their: int, worth: int,
        depth: int, alpha: int, beta: int, ply: int,
    ) -> int:  # fmt: skip
        """What the position is worth to who is to move, exact between `alpha` and `beta`."""
        mask = mine | theirs
        playable = (mask + BOTTOM) & CELLS
        if my & playable:
            return WIN_VALUE - 1 - ply
        forced = their & playable
        if forced:
            if forced & (forced - 1):
                return ply + 2 - WIN_VALUE
            playable = forced
        # A disc right under a cell that completes their four hands it to them.
        playable &= ~(their >> 1)
        if not playable:
            return ply + 2 - WIN_VALUE if mask != CELLS else 0
        if depth > 1:
            return self._search(mine, theirs, my, their, worth, depth, alpha, beta, ply, playable)
        if depth:
            return self._last(mine, theirs, my, their, worth, beta, ply, playable)
        my &= ~mask
        their &= ~mask
        mine_in_time = my & ROWS_OF[ply & 1]
        theirs_in_time = their & ROWS_OF[~ply & 1]
        return (
            worth
            + OPEN * (my.bit_count() - their.bit_count())
            + IN_TIME * (mine_in_time.bit_count() - theirs_in_time.bit_count())
        )

    def _last(
        self, mine: int, theirs: int, my: int, their: int, worth: int,
        beta: int, ply: int, playable: int,
    ) -> int:  # fmt: skip
        """The value one ply before the horizon, where table and order cost more than they save."""
        best = -WIN_VALUE
        for column in self._columns:
            move = playable & column
            if move:
                self.nodes += 1
                up, across, falling, rising, gain = THROUGH[move]
                after = mine | move
                value = -self._value(
                    theirs, after, their,
                    my | THREATS[after & up] | THREATS[after & across]
                    | THREATS[after & falling] | THREATS[after & rising],
                    -worth - gain, 0, 0, 0, ply + 1,
                )  # fmt: skip
                if value > best:
                    best = value
                    if value >= beta:
                        break
        return best

    def _search(
        self, mine: int, theirs: int, my: int, their: int, worth: int,
        depth: int, alpha: int, beta: int, ply: int, playable: int,
    ) -> int:  # fmt: skip
        """The value by the table, or by the values of the children, best first."""
        mask = mine | theirs
        key = mine + mask
        entry = self._table.get(key)
        first = 0
        if entry is not None:
            first = entry[-1]
            known = _known(entry, depth, alpha, beta)
            if known is not None:
                return known
        children = self._children(mine, my, mask ^ CELLS, playable, first)
        self._check_time()
        best, floor = -WIN_VALUE, alpha
        for _, move, threats, gain in children:
            self.nodes += 1
            value = -self._value(
                theirs, mine | move, their, threats, -worth - gain,
                depth - 1, -beta, -floor, ply + 1,
            )  # fmt: skip
            if value > best:
                best, first = value, move
                if value > floor:
                    floor = value
                    if value >= beta:
                        break
        least = best if best > alpha else -WIN_VALUE
        most = best if best < beta else WIN_VALUE
        self._table[key] = (depth, least, most, first)
        return best

    def _children(
        self, discs: int, threats: int, empty: int, playable: int, first: int
    ) -> list[Child]:
        """The moves worth a look: `first`, then by open threats made, then in order."""
        children = []
        for column in self._columns:
            move = playable & column
            if move:
                up, across, falling, rising, gain = THROUGH[move]
                after = discs | move
                made = (
                    threats | THREATS[after & up] | THREATS[after & across]
                    | THREATS[after & falling] | THREATS[after & rising]
                )  # fmt: skip
                rank = FIRST if move == first else (made & empty).bit_count()
                children.append((rank, move, made, gain))
        children.sort(key=RANK, reverse=True)
        return children

    def _check_time(self) -> None:
        if self.nodes >= self._next_check:
            self._next_check = self.nodes + NODES_BETWEEN_CHECKS
            if len(self._table) > MOST_POSITIONS:
                self._table.clear()
            if self._out_of_time():
                raise OutOfTime


def _known(entry: TableEntry, depth: int, alpha: int, beta: int) -> int | None:
    """What is known of a position, if it was searched to `depth` or is decided, and says enough."""
    searched, least, most, _ = entry
    if searched < depth and most > -DECIDED_VALUE and least < DECIDED_VALUE:
        return None
    if least >= beta or least == most:
        return least
    return most if most <= alpha else None
