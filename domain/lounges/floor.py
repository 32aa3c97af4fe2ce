"""The floor of a lounge: tiles at some height, and where one can walk."""

from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

import msgspec

from domain.refusals import Refusal

LONGEST_SIDE_TILES = 64
"""More is on no screen; a path across all of it is checked in a millisecond."""

VOID = "x"
"""Where there is no floor."""

HIGHEST_STEP = 1
"""Between neighbouring tiles, up or down; a higher one is a wall."""

PLAN_PATTERN = r"^[0-9x]+(?:\n[0-9x]+)*$(?!\n)"
"""Digits are heights. The last group is for Python, whose `$` lets a line feed follow."""

PlanText = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=LONGEST_SIDE_TILES * (LONGEST_SIDE_TILES + 1),
        pattern=PLAN_PATTERN,
        examples=["xx0000\n000012\n000012"],
    ),
]
"""A floor plan as text (a heightmap): a line for each row, a character for each tile."""


class FloorPlanMalformed(Refusal, type="floor-plan-malformed", status=422):
    """No floor can be made of the plan."""


class Tile(NamedTuple):
    """A place on the floor: `x` counts to the right and `y` downwards, both from 0."""

    x: int
    y: int


class Floor(NamedTuple):
    """The heights of a floor, row by row; None where there is none."""

    rows: Sequence[Sequence[int | None]]

    @classmethod
    def of(cls, plan: str) -> "Floor":
        """The floor of a plan that was accepted once; refuses nothing."""
        lines = plan.split("\n")
        return cls([[None if each == VOID else int(each) for each in line] for line in lines])

    @property
    def door(self) -> Tile:
        """Where people come in: the first tile, row by row."""
        return next(self._tiles())

    def has(self, tile: Tile) -> bool:
        """Whether somebody can stand there."""
        return self._height(tile) is not None

    def allows(self, one: Tile, other: Tile) -> bool:
        """Whether somebody can go from one tile to another in one step: to a side, and not high."""
        if abs(one.x - other.x) + abs(one.y - other.y) != 1:
            return False
        from_height, to_height = self._height(one), self._height(other)
        if from_height is None or to_height is None:
            return False
        return abs(from_height - to_height) <= HIGHEST_STEP

    def _height(self, tile: Tile) -> int | None:
        inside = 0 <= tile.y < len(self.rows) and 0 <= tile.x < len(self.rows[tile.y])
        return self.rows[tile.y][tile.x] if inside else None

    def _tiles(self) -> Iterator[Tile]:
        for y, row in enumerate(self.rows):
            yield from (Tile(x, y) for x, height in enumerate(row) if height is not None)


def require_floor(plan: str) -> None:
    """Raise `FloorPlanMalformed` for a plan of which no floor can be made."""
    lines = plan.split("\n")
    longest = max(map(len, lines))
    if len(lines) > LONGEST_SIDE_TILES or longest > LONGEST_SIDE_TILES:
        raise FloorPlanMalformed(
            f"The floor plan has {len(lines)} rows of up to {longest} tiles; "
            f"{LONGEST_SIDE_TILES} of each are the most."
        )
    for number, line in enumerate(lines, start=1):
        if len(line) != len(lines[0]):
            raise FloorPlanMalformed(
                f"Row {number} of the floor plan has {len(line)} tiles, and the first has "
                f"{len(lines[0])}; fill it up with {VOID!r}."
            )
    if set(plan) <= {VOID, "\n"}:
        raise FloorPlanMalformed(f"The floor plan has no tile; {VOID!r} is where there is none.")
