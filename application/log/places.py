"""Where the snapshots of very many aggregates are, in a few bytes for each."""

from array import array

import msgspec

SEGMENT_COUNT = 256
"""Parts that grow one at a time: with a million places, growing stops the caller for 3 ms."""

DIGEST_MASK = (1 << 64) - 1


class Whereabouts(msgspec.Struct, frozen=True, gc=False):
    """Where the snapshot of an aggregate is, and of which version of it."""

    offset: int
    version: int

    def is_newer(self, other: "Whereabouts") -> bool:
        """Whether it is of a later version, or the same one, which has been written once more."""
        return (self.version, self.offset) > (other.version, other.offset)


class Places:
    """A dictionary from ids to whereabouts, without the ids, in 30 to 60 bytes for each.

    Two ids with the same digest of 64 bits would have one place, that of the later; who looks there
    finds the id of the other, and so that nothing is as it should be. Among ten million ids, that
    is so in one process of a million; the digests of another process are others.

    An open hash table with linear probing, in which what follows an entry that is removed moves up
    (D. E. Knuth, "The Art of Computer Programming", volume 3, 6.4, algorithm R).
    """

    __slots__ = ("_length", "_segments", "versions")

    def __init__(self) -> None:
        self._segments: list[_Segment | None] = [None] * SEGMENT_COUNT
        self._length = 0
        self.versions = 0
        """The sum of all versions."""

    def __len__(self) -> int:
        return self._length

    def __contains__(self, id: str) -> bool:
        digest = _digest(id)
        segment = self._segments[digest % SEGMENT_COUNT]
        return segment is not None and segment.digests[segment.find(digest)] != 0

    def get(self, id: str) -> Whereabouts | None:
        """Where the snapshot of an aggregate is; None for one that has no place here."""
        digest = _digest(id)
        segment = self._segments[digest % SEGMENT_COUNT]
        if segment is None:
            return None
        at = segment.find(digest)
        if not segment.digests[at]:
            return None
        return Whereabouts(segment.offsets[at], segment.versions[at])

    def put(self, id: str, place: Whereabouts) -> None:
        """Take note of a place, instead of the one that there was."""
        digest = _digest(id)
        which = digest % SEGMENT_COUNT
        segment = self._segments[which]
        if segment is None:
            segment = self._segments[which] = _Segment()
        before = segment.put(digest, place)
        self._length += before is None
        self.versions += place.version - (before or 0)

    def pop(self, id: str) -> Whereabouts | None:
        """Forget a place; gives what it was, or None."""
        place = self.get(id)
        if place is not None:
            digest = _digest(id)
            segment = self._segments[digest % SEGMENT_COUNT]
            assert segment is not None
            segment.remove(digest)
            self._length -= 1
            self.versions -= place.version
        return place


def _digest(id: str) -> int:
    # 0 is where nothing is.
    return hash(id) & DIGEST_MASK or 1


class _Segment:
    """A table of digests, of offsets, and of versions."""

    __slots__ = ("digests", "offsets", "room", "versions")

    def __init__(self) -> None:
        self._take(4)

    def _take(self, size: int) -> None:
        self.digests = array("Q", bytes(8 * size))
        self.offsets = array("Q", bytes(8 * size))
        self.versions = array("I", bytes(4 * size))
        self.room = size * 2 // 3

    def find(self, digest: int) -> int:
        """Where a digest is, or where it would be."""
        digests = self.digests
        mask = len(digests) - 1
        at = digest // SEGMENT_COUNT & mask
        while (found := digests[at]) and found != digest:
            at = at + 1 & mask
        return at

    def put(self, digest: int, place: Whereabouts) -> int | None:
        """Take note of a place; gives the version that was there."""
        at = self.find(digest)
        before = self.versions[at] if self.digests[at] else None
        if before is None:
            if not self.room:
                self._grow()
                at = self.find(digest)
            self.room -= 1
            self.digests[at] = digest
        self.offsets[at], self.versions[at] = place.offset, place.version
        return before

    def _grow(self) -> None:
        digests, offsets, versions = self.digests, self.offsets, self.versions
        self._take(2 * len(digests))
        for was, digest in enumerate(digests):
            if digest:
                at = self.find(digest)
                self.digests[at] = digest
                self.offsets[at], self.versions[at] = offsets[was], versions[was]
                self.room -= 1

    def remove(self, digest: int) -> None:
        """Forget a digest that is there."""
        digests, mask = self.digests, len(self.digests) - 1
        gap = self.find(digest)
        at = gap + 1 & mask
        while digests[at]:
            home = digests[at] // SEGMENT_COUNT & mask
            # It may move up into the gap unless that lies before its home.
            if (at - home & mask) >= (at - gap & mask):
                digests[gap] = digests[at]
                self.offsets[gap], self.versions[gap] = self.offsets[at], self.versions[at]
                gap = at
            at = at + 1 & mask
        digests[gap] = 0
        self.room += 1
