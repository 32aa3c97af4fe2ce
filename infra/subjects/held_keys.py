"""The keys of very many subjects in the memory of one process, in some 70 bytes for each."""

from collections.abc import Iterator
from typing import NamedTuple

from domain.compact import CompactIndex

DIGEST_BYTES = 8
ID_BYTES = 8
HEAD_BYTES = DIGEST_BYTES + ID_BYTES + 1
MOST_KEY_BYTES = 255
DIGEST_MASK = (1 << 8 * DIGEST_BYTES) - 1


class HeldKey(NamedTuple):
    """A key as it is stored, and the id of its record."""

    at: int
    id: bytes
    stored: bytes


class HeldKeys:
    """Keys by subject, those of one in the order of their arrival, without the subjects' names.

    They lie one behind the other, each behind a digest of its subject and its id. One that is
    removed is overwritten, and its place is not used again: few people are erased. Two subjects
    with the same digest of 64 bits would have the same keys; among ten million, that is so in one
    process of a million.
    """

    def __init__(self) -> None:
        self._records = bytearray()
        self._index = CompactIndex()
        self._subjects = 0

    def __len__(self) -> int:
        return self._subjects

    def of(self, subject: str) -> list[HeldKey]:
        """The keys of a subject."""
        return list(self._find(subject))

    def _find(self, subject: str) -> Iterator[HeldKey]:
        digest = _digest(subject)
        for at in self._index.find(subject):
            head = at + HEAD_BYTES
            if self._records[at : at + DIGEST_BYTES] == digest:
                id = bytes(self._records[at + DIGEST_BYTES : head - 1])
                yield HeldKey(at, id, bytes(self._records[head : head + self._records[head - 1]]))

    def add(self, subject: str, id: bytes, stored: bytes) -> None:
        """Hold one more key, of at most `MOST_KEY_BYTES`; one with this id is taken away before."""
        held = self.of(subject)
        self._take_away(held, id)
        self._subjects += not held
        self._index.add(subject, len(self._records))
        self._records += _digest(subject) + id + bytes([len(stored)]) + stored

    def remove(self, subject: str, id: bytes) -> None:
        """Hold this key no more, if there is one with this id."""
        held = self.of(subject)
        self._subjects -= self._take_away(held, id) and len(held) == 1

    def _take_away(self, held: list[HeldKey], id: bytes) -> bool:
        for each in held:
            if each.id == id:
                end = each.at + HEAD_BYTES + len(each.stored)
                self._records[each.at : end] = bytes(end - each.at)
                return True
        return False


def _digest(subject: str) -> bytes:
    # None is that of a place where nothing is any more.
    return (hash(subject) & DIGEST_MASK or 1).to_bytes(DIGEST_BYTES, "little")
