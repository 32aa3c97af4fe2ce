"""The newest messages of a conversation: who said them, and never what."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

MOST_NEWEST = 200
"""As many are edited, deleted and reacted to; what is older stays as it is (ADR 0042)."""


class KnownMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message as far as it matters to what may be done with it; `reactions` by who shows them."""

    sender: str
    client_seq: int
    text_mark: int
    withheld: bool = False
    deleted: bool = False
    reactions: Mapping[str, str] = msgspec.field(default_factory=dict)


class NewestMessages:
    """The last of the messages, which are numbered from 1 without gaps."""

    def __init__(self, last: int = 0, messages: Iterable[KnownMessage] = ()) -> None:
        self.last = last
        self._messages = deque(messages, maxlen=MOST_NEWEST)

    def append(self, message: KnownMessage) -> None:
        """One more message, for which the oldest one goes."""
        self.last += 1
        self._messages.append(message)

    def get(self, number: int) -> KnownMessage | None:
        """The message of a number; None where it is not among the newest."""
        index = number - self._before - 1
        return self._messages[index] if 0 <= index < len(self._messages) else None

    def change(self, number: int, **changes: Any) -> None:
        """Change one of them, which there has to be."""
        index = number - self._before - 1
        self._messages[index] = msgspec.structs.replace(self._messages[index], **changes)

    def find(self, sender: str, client_seq: int) -> tuple[int, KnownMessage] | None:
        """What somebody said with a `client_seq`, and its number."""
        for index, each in enumerate(self._messages, start=1):
            if (each.sender, each.client_seq) == (sender, client_seq):
                return self._before + index, each
        return None

    @property
    def messages(self) -> Sequence[KnownMessage]:
        """All of them, the oldest first."""
        return [*self._messages]

    @property
    def _before(self) -> int:
        return self.last - len(self._messages)
