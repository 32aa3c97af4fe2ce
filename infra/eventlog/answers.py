"""The answers that one shard has given, for commands that are repeated."""

from collections import deque
from typing import Any

import msgspec

REMEMBERED = 50_000
"""Command ids a shard remembers, at the least. At a few thousand commands a second on one hot
shard this is some ten seconds, against the one second that `Retry-After` asks clients to wait."""

PART = REMEMBERED // 5
"""Answers that are forgotten at a time."""


class FirstAnswer(msgspec.Struct, frozen=True, gc=False):
    """What a command was answered, and the fingerprint of the request that it came with."""

    seq: int
    reply: Any
    fingerprint: str | None


class Answers:
    """The latest answers by command id; a fold like all else, so a later owner has them too.

    They lie in dictionaries that are dropped as a whole: to forget each answer for itself took
    more time than all else that remembering takes.
    """

    def __init__(self) -> None:
        self._newest: dict[str, FirstAnswer] = {}
        self._generations = deque([self._newest], maxlen=REMEMBERED // PART + 1)

    def first(self, command_id: str) -> FirstAnswer | None:
        """What this command was answered, if it is remembered."""
        for generation in self._generations:
            if (answer := generation.get(command_id)) is not None:
                return answer
        return None

    def remember(self, command_id: str, answer: FirstAnswer) -> None:
        """Keep an answer, and forget the oldest ones for it if need be."""
        if len(self._newest) == PART:
            self._newest = {}
            self._generations.append(self._newest)
        self._newest[command_id] = answer

    def forget(self, command_id: str) -> None:
        """Drop the answer of a command that did not happen."""
        for generation in self._generations:
            generation.pop(command_id, None)
