"""Commands: who decides them, and what comes of one."""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import NamedTuple, Protocol

import msgspec

from application.ports.reading import Shard
from domain.aggregate import Command, Reply
from domain.events import Metadata, Position, Recorded
from domain.personal import Sealed
from domain.refusals import Refusal


class Answer(NamedTuple):
    """What the log answers to a command that was not refused.

    `position` is that of the last event the answer rests on; `reply` is what the aggregate
    answered, or its JSON where a repeated command gets its first answer back.
    """

    position: Position
    reply: Reply | msgspec.Raw
    repeated: bool = False


class Unavailable(Exception):
    """The shard cannot answer now.

    Whether the command happened is unknown: repeat it after `retry_after` seconds with the same
    command id, and it happens once.
    """

    def __init__(self, message: str, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotOwned(Unavailable):
    """The process that was asked does not own the shard, or does not any more; another one may."""


Verdict = Answer | Refusal | Unavailable
"""What comes of a command, one of three."""


class Seals(Protocol):
    """Makes personal texts unreadable for all who have not the key of their subject."""

    async def seal(self, subject: str, text: str) -> Sealed:
        """Seal a text; the subject gets a key if there is none, and it is durable on return.

        Raises `Unavailable`.
        """
        ...

    def open(self, sealed: Sealed) -> str | None:
        """The text, or None when its subject has been erased; raises `Unavailable`."""
        ...


class CommandLog(Protocol):
    """Decides commands on the log, one shard at a time."""

    async def execute(
        self, command: Command, *, command_id: str, metadata: Metadata = ...
    ) -> Answer:
        """Decide, commit, read back, answer.

        Raises `Refusal` when the aggregate says no and `Unavailable` when there is no answer in
        time. A `command_id` that the shard remembers gets its first answer and adds nothing.
        """
        ...


class LocalLog(Protocol):
    """The shards that this very process owns."""

    def submit(
        self,
        command: Command,
        command_id: str,
        metadata: Metadata,
        done: Callable[[Verdict], None],
    ) -> None:
        """Have a command decided here; `done` is called exactly once, at once or later.

        `NotOwned` for shards of other processes.
        """
        ...

    async def hand_over(self, shards: Iterable[Shard]) -> None:
        """Decide nothing new in these shards; when this returns, nothing of them is in flight."""
        ...


class Feed(Protocol):
    """Accepted events as they happen, for sockets; nothing is replayed."""

    def subscribe(self, aggregate_id: str) -> AsyncIterator[Recorded]:
        """The events of one aggregate from now on; ends when the consumer stops iterating."""
        ...
