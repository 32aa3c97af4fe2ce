"""The answers that one shard has given, for commands that are repeated."""

from collections import deque
from collections.abc import Iterator, Sequence

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


FILTER_BITS = 2**17
"""Of the filter of a part: 13 for each id of which three are set, so one of 120 that are nowhere is
taken for one that may be there."""
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


class Part:
    """Ids of some commands, and in which pack the answer of each is, in about ten bytes each.

    An id is known by a number of 64 bits that is made of it. Most that are asked for are nowhere,
    which a Bloom filter tells by looking at three bits; of a hundred it takes one for an id that
    may be here, and then the numbers are searched.
    """

    __slots__ = ("_packs", "bits", "size")

    def __init__(self) -> None:
        self.bits = bytearray(FILTER_BITS // 8)
        self._packs: list[tuple[Pack, bytearray]] = []
        self.size = 0

    def note(self, number: int, pack: Pack) -> None:
        """The answer of one more command is in this pack, into which those come that follow."""
        bits, (one, two, three) = self.bits, _bits_of(number)
        bits[one[0]] |= one[1]
        bits[two[0]] |= two[1]
        bits[three[0]] |= three[1]
        if not self._packs or self._packs[-1][0] is not pack:
            self._packs.append((pack, bytearray()))
        self._packs[-1][1].extend(_written(number))
        self.size += 1

    def packs_with(self, number: int) -> Iterator[Pack]:
        """The packs that have an answer of a command with this number, the latest first."""
        written = _written(number)
        return (pack for pack, numbers in reversed(self._packs) if _has(numbers, written))


Bit = tuple[int, int]
"""The byte in which it is, and its value there."""


def _bits_of(number: int) -> tuple[Bit, Bit, Bit]:
    """The bits of a filter that are set for a number; different parts of it choose each."""
    one, two, three = number & LAST_BIT, number >> 17 & LAST_BIT, number >> 34 & LAST_BIT
    return (one >> 3, 1 << (one & 7)), (two >> 3, 1 << (two & 7)), (three >> 3, 1 << (three & 7))


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
        self._part = Part()
        self._parts = deque([self._part], maxlen=REMEMBERED_COMMANDS // PART_COMMANDS + 1)
        self._knows_ids = False

    def first(self, command_id: str) -> FirstAnswer | None:
        """What this command was answered, if it is remembered."""
        if not self._knows_ids:
            self._read_ids()
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
        if not self._knows_ids:
            self._read_ids()
        self._note(commit.command_id, self._keep(_answer_in(commit)))

    def forget(self, command_id: str) -> None:
        """Drop the answer of a command that did not happen."""
        if not self._knows_ids:
            self._read_ids()
        for pack in self._packs_with(command_id):
            pack.forget(command_id)

    def _packs_with(self, command_id: str) -> Sequence[Pack]:
        """Those that have an answer of the command, the latest first; written for speed."""
        number = hash(command_id)
        (one, in_one), (two, in_two), (three, in_three) = _bits_of(number)
        found: list[Pack] = []
        for part in self._parts:
            bits = part.bits
            if bits[one] & in_one and bits[two] & in_two and bits[three] & in_three:
                found[:0] = part.packs_with(number)
        return found

    def _keep(self, answer: bytes) -> Pack:
        pack = self._newest
        if pack.is_full:
            pack = self._newest = Pack()
            self._packs.append(pack)
        pack.add(answer)
        return pack

    def _note(self, command_id: str, pack: Pack) -> None:
        if self._part.size == PART_COMMANDS:
            self._part = Part()
            self._parts.append(self._part)
        self._part.note(hash(command_id), pack)

    def _read_ids(self) -> None:
        self._knows_ids = True
        for pack in self._packs:
            for answer in pack:
                self._note(answer.command_id, pack)


def _answer_in(commit: Commit[DomainEvent]) -> bytes:
    last = commit.seq + len(commit.events) - 1
    return _encode((commit.command_id, last, commit.metadata.fingerprint, commit.reply))
