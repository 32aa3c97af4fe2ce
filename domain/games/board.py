"""The board of four in a row as two integers: pure, immutable, the same for every reader.

Each column takes seven bits, six cells from the bottom and one that stays empty, so that a line
found by shifting never runs over into the next column. The layout is the well-known one of John
Tromp's Fhourstones; the words and the code are ours.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

COLUMNS = 7
ROWS = 6
MOST_DISCS = COLUMNS * ROWS
FOUR = 4
STRIDE = ROWS + 1
BOTTOM = sum(1 << column * STRIDE for column in range(COLUMNS))
COLUMN = (1 << ROWS) - 1
CELLS = COLUMN * BOTTOM
DIRECTIONS = (1, STRIDE, STRIDE - 1, STRIDE + 1)
"""How far apart two neighbours are: up, across, falling, rising."""

Cell = tuple[int, int]
"""(column from the left, row from the top)."""


class Board(NamedTuple):
    """A position: the discs of who is to move, and all discs.

    Guarantees: every method is pure, and `play` gives a new board. Rows and columns count from
    the top left, as in the events.
    """

    mover: int = 0
    mask: int = 0

    @classmethod
    def after(cls, columns: Iterable[int]) -> "Board":
        """The board after these moves from an empty one; `ValueError` if one cannot be played."""
        board = cls()
        for column in columns:
            if not (has_column(column) and board.has_room(column)):
                raise ValueError(f"Column {column} cannot take move {board.moves + 1}.")
            board = board.play(column)
        return board

    @classmethod
    def of(cls, rows: Sequence[str]) -> "Board":
        """The board that `rows` shows."""
        cells = [
            (row[column], column * STRIDE + ROWS - 1 - n)
            for n, row in enumerate(rows)
            for column in range(COLUMNS)
        ]
        first, second = (sum(1 << bit for disc, bit in cells if disc == each) for each in "12")
        mask = first | second
        return cls(second if mask.bit_count() % 2 else first, mask)

    @property
    def moves(self) -> int:
        """How many discs have fallen."""
        return self.mask.bit_count()

    @property
    def is_full(self) -> bool:
        """Whether no disc fits any more."""
        return self.mask == CELLS

    @property
    def is_decided(self) -> bool:
        """Whether nothing can be played any more."""
        return self.is_full or self.winning_line() is not None

    def has_room(self, column: int) -> bool:
        """Whether another disc fits into `column`, which must exist."""
        return not self.mask >> (column * STRIDE + ROWS - 1) & 1

    def landing_row(self, column: int) -> int:
        """The row, from the top, where a disc dropped into `column` comes to rest."""
        return ROWS - 1 - (self.mask & cells_of(column)).bit_count()

    def play(self, column: int) -> "Board":
        """The board after who is to move dropped a disc; `column` must exist and have room."""
        return Board(self.mover ^ self.mask, self.mask | (self.mask + (1 << column * STRIDE)))

    def winning_line(self) -> list[Cell] | None:
        """Four cells in a row of who moved last, or None.

        From left to right, a vertical one from the bottom; of several lines always the same one.
        """
        discs = self.mover ^ self.mask
        for step in DIRECTIONS:
            if starts := starts_of_four(discs, step):
                first = (starts & -starts).bit_length() - 1
                return [cell_at(first + step * i) for i in range(FOUR)]
        return None

    def rows(self) -> list[str]:
        """Six strings from the top, of `.`, `1` (who began) and `2`."""
        other = self.mover ^ self.mask
        first, second = (other, self.mover) if self.moves % 2 else (self.mover, other)
        # Binary digits read as decimal ones can be added without a carry: one digit a cell.
        digits = int(f"{first:b}") + 2 * int(f"{second:b}")
        cells = f"{digits:0{COLUMNS * STRIDE}d}"[::-1].replace("0", ".")
        return [cells[height::STRIDE] for height in reversed(range(ROWS))]


def has_column(column: int) -> bool:
    """Whether the board has a column of this number."""
    return 0 <= column < COLUMNS


def cells_of(column: int) -> int:
    """All cells of a column."""
    return COLUMN << column * STRIDE


def starts_of_four(discs: int, step: int) -> int:
    """The cells at which four discs begin, each `step` bits after the one before."""
    pairs = discs & discs >> step
    return pairs & pairs >> 2 * step


def has_four(discs: int) -> bool:
    """Whether four of these discs are in a row, in any direction."""
    return any(starts_of_four(discs, step) for step in DIRECTIONS)


def cell_at(bit: int) -> Cell:
    """The cell that a bit of the board stands for."""
    column, height = divmod(bit, STRIDE)
    return column, ROWS - 1 - height
