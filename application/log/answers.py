"""The answers that one shard has given, for commands that are repeated."""

from collections import deque
from collections.abc import Sequence

import msgspec

from application.log.records import NO_REPLY

REMEMBERED_COMMANDS = 50_000
"""Command ids a shard remembers, at the least. At a few thousand commands a second on one hot
shard this is some ten seconds, against the one second that `Retry-After` asks clients to wait."""

PART_COMMANDS = REMEMBERED_COMMANDS // 5
"""Answers that are forgotten at a time."""

LARGE_RECORD_BYTES = 1_536
"""Bytes of a record from which on it is remembered without its events."""


class FirstAnswer(msgspec.Struct, frozen=True, gc=False):
    """What a command was answered, and the fingerprint of the request that it came with."""

    seq: int
    reply: msgspec.Raw
    fingerprint: str | None


class _Circumstances(msgspec.Struct, omit_defaults=True, gc=False):
    fingerprint: str | None = None


class _Record(msgspec.Struct, gc=False):
    """As much of a commit as an answer needs."""

    seq: int
    command_id: str
    events: Sequence[msgspec.Raw]
    metadata: _Circumstances
    reply: msgspec.Raw = NO_REPLY


class _Named(msgspec.Struct, gc=False):
    command_id: str


_decode = msgspec.json.Decoder(_Record).decode
_decode_name = msgspec.json.Decoder(_Named).decode
_encode = msgspec.json.Encoder().encode


class Answers:
    """The latest answers by command id; a fold like all else, so a later owner has them too.

    An answer is remembered as the record that it stands in, and read when a command is repeated:
    few ever are. Who only follows does not even look for the command ids, which would take a
    quarter of the time of a replay (measured).

    Records lie in dictionaries that are dropped as a whole.
    """

    def __init__(self) -> None:
        self._unread: deque[bytes] = deque(maxlen=REMEMBERED_COMMANDS)
        self._newest: dict[str, bytes] = {}
        self._parts = deque([self._newest], maxlen=REMEMBERED_COMMANDS // PART_COMMANDS + 1)

    def first(self, command_id: str) -> FirstAnswer | None:
        """What this command was answered, if it is remembered."""
        if self._unread:
            self._read()
        for part in self._parts:
            if (record := part.get(command_id)) is not None:
                return _answer_in(record)
        return None

    def follow(self, record: bytes) -> None:
        """Keep the answer of a commit that has been read, and forget the oldest one if need be."""
        self._unread.append(_short(record))

    def remember(self, command_id: str, record: bytes) -> None:
        """Keep the answer of a commit, and forget the oldest ones if need be."""
        if len(self._newest) >= PART_COMMANDS:
            self._newest = {}
            self._parts.append(self._newest)
        self._newest[command_id] = _short(record)

    def forget(self, command_id: str) -> None:
        """Drop the answer of a command that did not happen."""
        for part in self._parts:
            part.pop(command_id, None)

    def _read(self) -> None:
        for record in self._unread:
            self.remember(_decode_name(record).command_id, record)
        self._unread.clear()


def _answer_in(record: bytes) -> FirstAnswer:
    commit = _decode(record)
    last = commit.seq + len(commit.events) - 1
    return FirstAnswer(last, commit.reply.copy(), commit.metadata.fingerprint)


def _short(record: bytes) -> bytes:
    """The same answer; of a large record, with a single null in place of the events."""
    if len(record) < LARGE_RECORD_BYTES:
        return record
    commit = _decode(record)
    commit.seq += len(commit.events) - 1
    commit.events = [NO_REPLY]
    return _encode(commit)
