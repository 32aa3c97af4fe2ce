"""The answers that one shard has given, for commands that are repeated."""

from collections import OrderedDict
from typing import Any, NamedTuple

REMEMBERED = 50_000
"""Command ids a shard remembers. At a few thousand commands a second on one hot shard this is
some ten seconds, against the one second that `Retry-After` asks clients to wait."""


class FirstAnswer(NamedTuple):
    """What a command was answered, and the fingerprint of the request that it came with."""

    seq: int
    reply: Any
    fingerprint: str | None


class Answers:
    """The latest answers by command id; a fold like all else, so a later owner has them too."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, FirstAnswer] = OrderedDict()

    def first(self, command_id: str) -> FirstAnswer | None:
        """What this command was answered, if it is remembered."""
        return self._answers.get(command_id)

    def remember(self, command_id: str, answer: FirstAnswer) -> None:
        """Keep an answer, and forget the oldest one for it if need be."""
        self._answers[command_id] = answer
        if len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)

    def forget(self, command_id: str) -> None:
        """Drop the answer of a command that did not happen."""
        self._answers.pop(command_id, None)
