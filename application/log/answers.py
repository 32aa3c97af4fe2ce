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


class Answers:
    """The latest answers by command id; a fold like all else, so a later owner has them too.

    An answer is remembered as JSON, packed with others, and read when a command is repeated: few
    ever are. Who only follows does not even look for the command ids, which would take a quarter
    of the time of a replay. Whoever is asked knows of each id in which pack it is, by a number of
    64 bits that is made of it; such dictionaries are dropped as a whole.
    """

    def __init__(self) -> None:
        self._newest = Pack()
        self._packs = deque([self._newest], maxlen=REMEMBERED_COMMANDS // PACKED_ANSWERS + 1)
        self._forget_ids()

    def _forget_ids(self) -> None:
        self._ids: dict[int, Pack] = {}
        self._parts = deque([self._ids], maxlen=REMEMBERED_COMMANDS // PART_COMMANDS + 1)
        self._knows_ids = False

    def first(self, command_id: str) -> FirstAnswer | None:
        """What this command was answered, if it is remembered."""
        if not self._knows_ids:
            self._read_ids()
        digest = hash(command_id)
        for part in self._parts:
            if (pack := part.get(digest)) is not None:
                return pack.latest(command_id)
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
        digest = hash(command_id)
        for part in self._parts:
            if (pack := part.pop(digest, None)) is not None:
                pack.forget(command_id)

    def _keep(self, answer: bytes) -> Pack:
        pack = self._newest
        if pack.is_full:
            pack = self._newest = Pack()
            self._packs.append(pack)
        pack.add(answer)
        return pack

    def _note(self, command_id: str, pack: Pack) -> None:
        if len(self._ids) >= PART_COMMANDS:
            self._ids = {}
            self._parts.append(self._ids)
        self._ids[hash(command_id)] = pack

    def _read_ids(self) -> None:
        self._knows_ids = True
        for pack in self._packs:
            for answer in pack:
                self._note(answer.command_id, pack)


def _answer_in(commit: Commit[DomainEvent]) -> bytes:
    last = commit.seq + len(commit.events) - 1
    return _encode((commit.command_id, last, commit.metadata.fingerprint, commit.reply))
