"""A number for each of very many keys, in a few bytes each."""

from array import array
from collections.abc import Iterator

SEGMENT_COUNT = 256
"""Parts that grow one at a time: with a million keys, growing stops the caller for 2 ms."""

FINGERPRINT_BITS = 28
FINGERPRINT_MASK = (1 << FINGERPRINT_BITS) - 1
HIGHEST_NUMBER = (1 << (64 - FINGERPRINT_BITS)) - 2
"""The largest number that can be remembered."""

EMPTY = array("Q", bytes(8))
"""A table of 64-bit entries, of which one that is 0 is none; this one is never written to."""


class CompactIndex:
    """Remembers numbers by keys without the keys, in 12 to 24 bytes for each.

    It may name numbers of other keys too, but never leaves one out: who asks looks at what is
    there. With a million keys, one look in some ten thousand is in vain. Nothing is ever removed.

    An open hash table with linear probing (W. W. Peterson, "Addressing for Random-Access
    Storage", IBM Journal of Research and Development 1(2), 1957), of 64 bits an entry: the number
    and a fingerprint of the key, which also says where to look, so that growing needs no keys.
    """

    __slots__ = ("_room", "_segments")

    def __init__(self) -> None:
        self._segments = [EMPTY] * SEGMENT_COUNT
        self._room = [0] * SEGMENT_COUNT

    def add(self, key: str, number: int) -> None:
        """Remember a number from 0 to `HIGHEST_NUMBER`, beside those that the key has already."""
        digest = hash(key)
        which = digest % SEGMENT_COUNT
        if not self._room[which]:
            self._grow(which)
        self._room[which] -= 1
        fingerprint = digest // SEGMENT_COUNT & FINGERPRINT_MASK
        segment = self._segments[which]
        mask = len(segment) - 1
        at = fingerprint & mask
        while segment[at]:
            at = at + 1 & mask
        segment[at] = (number + 1) << FINGERPRINT_BITS | fingerprint

    def _grow(self, which: int) -> None:
        old = self._segments[which]
        size = 2 * len(old)
        self._segments[which] = segment = array("Q", bytes(8 * size))
        mask = size - 1
        # Begin at a gap: entries of one key lie in the order of their arrival from there on.
        gap = old.index(0)
        for entry in filter(None, old[gap:] + old[:gap]):
            at = entry & FINGERPRINT_MASK & mask
            while segment[at]:
                at = at + 1 & mask
            segment[at] = entry
        self._room[which] += size * 2 // 3 - len(old) * 2 // 3

    def find(self, key: str) -> Iterator[int]:
        """The numbers that may be the key's, in the order in which they were added."""
        digest = hash(key)
        segment = self._segments[digest % SEGMENT_COUNT]
        fingerprint = digest // SEGMENT_COUNT & FINGERPRINT_MASK
        mask = len(segment) - 1
        at = fingerprint & mask
        while entry := segment[at]:
            if entry & FINGERPRINT_MASK == fingerprint:
                yield (entry >> FINGERPRINT_BITS) - 1
            at = at + 1 & mask
