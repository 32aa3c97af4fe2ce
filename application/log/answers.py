"""The answers that one shard has given, for commands that are repeated."""

from collections import deque

import msgspec

from application.log.records import Commit
from domain.events import DomainEvent

REMEMBERED_COMMANDS = 50_000
"""Command ids a shard remembers, at the least. At a few thousand commands a second on one hot
shard this is some ten seconds, against the one second that `Retry-After` asks clients to wait."""

PART_COMMANDS = REMEMBERED_COMMANDS // 5
"""Answers that are forgotten at a time."""


class FirstAnswer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a command was answered, and the fingerprint of the request that it came with."""

    command_id: str
    seq: int
    fingerprint: str | None
    reply: msgspec.Raw


_decode = msgspec.json.Decoder(FirstAnswer).decode
_encode = msgspec.json.Encoder().encode


class Answers:
    """The latest answers by command id; a fold like all else, so a later owner has them too.

    An answer is remembered as JSON, and read when a command is repeated: few ever are. It takes a
    third of the record that it stands in, and a fifth of a microsecond (measured). Who only follows
    does not even look for the command ids, which would take a quarter of the time of a replay.

    Answers lie in dictionaries that are dropped as a whole.
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
            if (answer := part.get(command_id)) is not None:
                return _decode(answer)
        return None

    def follow(self, commit: Commit[DomainEvent]) -> None:
        """Keep the answer of a commit that has been read, and forget the oldest one if need be."""
        self._unread.append(_answer_in(commit))

    def remember(self, commit: Commit[DomainEvent]) -> None:
        """Keep the answer of a commit, and forget the oldest ones if need be."""
        self._keep(commit.command_id, _answer_in(commit))

    def forget(self, command_id: str) -> None:
        """Drop the answer of a command that did not happen."""
        for part in self._parts:
            part.pop(command_id, None)

    def _keep(self, command_id: str, answer: bytes) -> None:
        if len(self._newest) >= PART_COMMANDS:
            self._newest = {}
            self._parts.append(self._newest)
        self._newest[command_id] = answer

    def _read(self) -> None:
        for answer in self._unread:
            self._keep(_decode(answer).command_id, answer)
        self._unread.clear()


def _answer_in(commit: Commit[DomainEvent]) -> bytes:
    last = commit.seq + len(commit.events) - 1
    return _encode((commit.command_id, last, commit.metadata.fingerprint, commit.reply))
