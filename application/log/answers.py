"""The answers that one shard has given, for commands that are repeated."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import msgspec
from zstandard import ZstdCompressor, ZstdDecompressor

from application.log.records import Commit
from domain.events import DomainEvent

REMEMBERED_COMMANDS = 50_000
"""Command ids a shard remembers, at the least. At a few thousand commands a second on one hot
shard this is some ten seconds, against the one second that `Retry-After` asks clients to wait."""

PART_COMMANDS = REMEMBERED_COMMANDS // 5
"""Answers that are forgotten at a time, where somebody asks for answers."""

PACKED_ANSWERS = 500
"""Answers that are packed together, and unpacked together for one that is wanted."""


FILTER_BITS = 2**18
"""Of a Bloom filter: 26 for each id of a part, of which two are set, so one of 180 that are nowhere
is taken for one that may be there; one of seven by the filter of all parts."""
LAST_BIT = FILTER_BITS - 1


class FirstAnswer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a command was answered, and the fingerprint of the request that it came with."""

    command_id: str
    seq: int
    fingerprint: str | None
    reply: msgspec.Raw


_decode = msgspec.json.Decoder(FirstAnswer).decode
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode
_pack = ZstdCompressor(level=1).compress
_unpack = ZstdDecompressor().decompress


class Pack:
    """Some answers, one after the other; as soon as there are enough of them, compressed."""

    __slots__ = ("_answers", "_packed")

    def __init__(self) -> None:
        self._answers: list[bytes] = []
        self._packed = b""

    @property
    def is_full(self) -> bool:
        """Whether the next answer begins another pack."""
        return bool(self._packed)

    def add(self, answer: bytes) -> None:
        """Take one more answer."""
        self._answers.append(answer)
        if len(self._answers) == PACKED_ANSWERS:
            packed = _pack(b"[" + b",".join(self._answers) + b"]")
            self._packed = bytes(memoryview(packed))  # which has no more room than it needs
            self._answers = []

    def __iter__(self) -> Iterator[FirstAnswer]:
        return map(_decode, self._all())

    def _all(self) -> Sequence[bytes | msgspec.Raw]:
        return _split(_unpack(self._packed)) if self._packed else self._answers

    def latest(self, command_id: str) -> FirstAnswer | None:
        """The latest answer that this command was given here, if any was."""
        return next((each for each in reversed([*self]) if each.command_id == command_id), None)

    def forget(self, command_id: str) -> None:
        """Hold no answer to this command any more."""
        left = [each for each in self._all() if _decode(each).command_id != command_id]
        self._answers, self._packed = list(map(bytes, left)), b""


class IdFilter:
    """Tells of most numbers that they are not in it, and of those that are never (Bloom, 1970)."""

    __slots__ = ("_bits",)

    def __init__(self) -> None:
        self._bits = bytearray(FILTER_BITS // 8)

    @classmethod
    def of_all(cls, filters: Iterable["IdFilter"]) -> "IdFilter":
        """One that has what any of these has."""
        made, bits = cls(), 0
        for each in filters:
            bits |= int.from_bytes(each._bits)  # noqa: SLF001 - of its own kind
        made._bits[:] = bits.to_bytes(FILTER_BITS // 8)
        return made

    def add(self, number: int) -> None:
        """Have a number in it."""
        one, two = number & LAST_BIT, number >> 18 & LAST_BIT
        self._bits[one >> 3] |= 1 << (one & 7)
        self._bits[two >> 3] |= 1 << (two & 7)

    def may_have(self, number: int) -> bool:
        """Whether a number may be in it; written for speed."""
        bits = self._bits
        one = number & LAST_BIT
        if not bits[one >> 3] & 1 << (one & 7):
            return False
        two = number >> 18 & LAST_BIT
        return bits[two >> 3] & 1 << (two & 7) != 0


class IdPart:
    """Ids of some commands, and in which pack the answer of each is, in about ten bytes each.

    An id is known by a number of 64 bits that is made of it.
    """

    __slots__ = ("_packs", "filter", "size")

    def __init__(self) -> None:
        self.filter = IdFilter()
        self._packs: list[tuple[Pack, bytearray]] = []
        self.size = 0

    def note(self, number: int, pack: Pack) -> None:
        """The answer of one more command is in this pack, into which those come that follow."""
        self.filter.add(number)
        if not self._packs or self._packs[-1][0] is not pack:
            self._packs.append((pack, bytearray()))
        self._packs[-1][1].extend(_written(number))
        self.size += 1

    def packs_with(self, number: int) -> Iterator[Pack]:
        """The packs that have an answer of a command with this number, the latest first."""
        if self.filter.may_have(number):
            written = _written(number)
            for pack, numbers in reversed(self._packs):
                if _has(numbers, written):
                    yield pack


def _written(number: int) -> bytes:
    return number.to_bytes(8, "little", signed=True)


def _has(numbers: bytearray, written: bytes) -> bool:
    place = numbers.find(written)
    while place > 0 and place % 8:  # it is made of two that stand side by side
        place = numbers.find(written, place + 1)
    return place >= 0


class Answers:
    """The latest answers by command id; a fold like all else, so a later owner has them too.

    An answer is remembered as JSON, packed with others, and read when a command is repeated: few
    ever are. Who only follows does not even look for the command ids, which would take a quarter
    of the time of a replay. Whoever is asked knows of each id in which pack it is; such parts are
    dropped as a whole.
    """

    def __init__(self) -> None:
        self._newest = Pack()
        self._packs = deque([self._newest], maxlen=REMEMBERED_COMMANDS // PACKED_ANSWERS + 1)
        self._forget_ids()

    def _forget_ids(self) -> None:
        self._part = IdPart()
        self._parts = deque([self._part], maxlen=REMEMBERED_COMMANDS // PART_COMMANDS + 1)
        self._filter = IdFilter()
        self._knows_ids = False

    def first(self, command_id: str) -> FirstAnswer | None:
        """What this command was answered, if it is remembered."""
        self.know_ids()
        for pack in self._packs_with(command_id):
            if (answer := pack.latest(command_id)) is not None:
                return answer
        return None

    def follow(self, commit: Commit[DomainEvent]) -> None:
        """Keep the answer of a commit that has been read, and forget the oldest ones if need be."""
        if self._knows_ids:
            self._forget_ids()
        self._keep(_answer_in(commit))

    def remember(self, commit: Commit[DomainEvent]) -> None:
        """Keep the answer of a commit, and forget the oldest ones if need be."""
        self.know_ids()
        self._note(commit.command_id, self._keep(_answer_in(commit)))

    def forget(self, command_id: str) -> None:
        """Drop the answer of a command that did not happen."""
        self.know_ids()
        for pack in self._packs_with(command_id):
            pack.forget(command_id)

    def _packs_with(self, command_id: str) -> Iterable[Pack]:
        """Those that have an answer of the command, the latest first; most have none."""
        number = hash(command_id)
        if not self._filter.may_have(number):
            return ()
        return chain.from_iterable(part.packs_with(number) for part in reversed(self._parts))

    def _keep(self, answer: bytes) -> Pack:
        pack = self._newest
        if pack.is_full:
            pack = self._newest = Pack()
            self._packs.append(pack)
        pack.add(answer)
        return pack

    def _note(self, command_id: str, pack: Pack) -> None:
        if self._part.size == PART_COMMANDS:
            self._part = IdPart()
            self._parts.append(self._part)
            self._filter = IdFilter.of_all(part.filter for part in self._parts)
        number = hash(command_id)
        self._part.note(number, pack)
        self._filter.add(number)

    def know_ids(self) -> None:
        """Be ready to be asked, which takes some 50 ms where as much is remembered as may be."""
        if self._knows_ids:
            return
        self._knows_ids = True
        for pack in self._packs:
            for answer in pack:
                self._note(answer.command_id, pack)


def _answer_in(commit: Commit[DomainEvent]) -> bytes:
    last = commit.seq + len(commit.events) - 1
    return _encode((commit.command_id, last, commit.metadata.fingerprint, commit.reply))
