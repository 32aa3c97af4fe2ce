"""Numbers in few bytes: as ranges, which grow at their end and lose numbers anywhere."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from operator import itemgetter

Range = tuple[int, int]
"""The first number and the last one, both of which belong to it."""

_last = itemgetter(1)


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same numbers in the fewest ranges, in order."""
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return found


class Ranges:
    """A set of numbers from 1, as the fewest ranges."""

    __slots__ = ("_ranges", "size")

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        self._ranges = [(first, last) for first, last in ranges]
        self.size = sum(last - first + 1 for first, last in self._ranges)

    def __iter__(self) -> Iterator[Range]:
        return iter(self._ranges)

    @property
    def smallest(self) -> int:
        """The smallest of the numbers, of which there has to be one."""
        return self._ranges[0][0]

    def append(self, number: int) -> None:
        """Add a number that is larger than all others."""
        self.size += 1
        if self._ranges and self._ranges[-1][1] == number - 1:
            self._ranges[-1] = self._ranges[-1][0], number
        else:
            self._ranges.append((number, number))

    def within(self, ranges: Iterable[Range]) -> list[Range]:
        """The numbers that are in one of these ranges, too, which come in order."""
        return [found for each in ranges for found in self._within(*each)]

    def _within(self, first: int, last: int) -> Iterator[Range]:
        at = bisect_left(self._ranges, first, key=_last)
        while at < len(self._ranges) and self._ranges[at][0] <= last:
            low, high = self._ranges[at]
            yield max(low, first), min(high, last)
            at += 1

    def remove(self, ranges: Iterable[Range]) -> None:
        """Take numbers out, all of which are there."""
        for first, last in ranges:
            at = bisect_left(self._ranges, first, key=_last)
            low, high = self._ranges[at]
            left = [(low, first - 1), (last + 1, high)]
            self._ranges[at : at + 1] = [each for each in left if each[0] <= each[1]]
            self.size -= last - first + 1
