"""What every line of the board threatens under every way to fill it, looked up, not shifted.

A disc adds threats only along the four lines through its cell, and a line has at most 128 ways to
be filled by one player; looking four of them up costs a third of finding them by shifts.
"""

from collections.abc import Iterator

from domain.games.board import COLUMNS, FOUR, ROWS, STRIDE, has_column, has_four

Through = tuple[int, int, int, int, int]
STEPS = ((0, 1), (1, 0), (1, -1), (1, 1))
"""From a cell to the next one on its column, row, falling and rising diagonal."""


def _cell(column: int, height: int) -> int:
    inside = has_column(column) and 0 <= height < ROWS
    return 1 << column * STRIDE + height if inside else 0


def _line_through(column: int, height: int, dx: int, dy: int) -> int:
    cells = (_cell(column + dx * i, height + dy * i) for i in range(-COLUMNS, COLUMNS + 1))
    return sum(cells)


def _fours_through(column: int, height: int) -> int:
    line_starts = (
        (column - dx * back, height - dy * back, dx, dy) for dx, dy in STEPS for back in range(FOUR)
    )
    return sum(
        all(_cell(x + dx * i, y + dy * i) for i in range(FOUR)) for x, y, dx, dy in line_starts
    )


def _through(column: int, height: int) -> Through:
    up, across, falling, rising = (_line_through(column, height, dx, dy) for dx, dy in STEPS)
    return up, across, falling, rising, _fours_through(column, height)


def _subsets(line: int) -> Iterator[int]:
    part = line
    while part:
        yield part
        part = (part - 1) & line


def _bits(cells: int) -> Iterator[int]:
    while cells:
        yield cells & -cells
        cells &= cells - 1


THROUGH: dict[int, Through] = {
    _cell(column, height): _through(column, height)
    for column in range(COLUMNS)
    for height in range(ROWS)
}
"""For each cell: the four lines it is on, and how many fours it may be part of."""
LINES = {line for lines in THROUGH.values() for line in lines[:-1]}
THREATS: dict[int, int] = {0: 0} | {
    part: sum(bit for bit in _bits(line ^ part) if has_four(part | bit))
    for line in LINES
    for part in _subsets(line)
}
"""For discs on one line: the other cells of that line that would complete four."""


def threats_of(discs: int) -> int:
    """The cells, taken or not, that complete four of these discs."""
    threats = 0
    for line in LINES:
        threats |= THREATS[discs & line]
    return threats


def worth_of(discs: int) -> int:
    """How many fours these discs may be part of, each disc for itself."""
    return sum(THROUGH[bit][-1] for bit in _bits(discs))
