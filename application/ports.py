"""What the application needs from outside, as protocols that infra implements."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from domain.aggregate import Command, Reply
from domain.events import Metadata, Position, Recorded

Shard = tuple[str, int]
"""A partition of a log topic: (topic, partition)."""


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


class Feed(Protocol):
    """Accepted events as they happen, for sockets; nothing is replayed."""

    def subscribe(self, aggregate_id: str) -> AsyncIterator[Recorded]:
        """The events of one aggregate from now on; ends when the consumer stops iterating."""
        ...


class Checkpoint(NamedTuple):
    """Where a reader of one shard stands: the next offset, and the gate's state there."""

    topic: str
    partition: int
    offset: int
    epoch: int
    owner: str
    next_seq: int

    def includes(self, position: Position) -> bool:
        """Whether the event at `position` (of this shard) has been read."""
        return self.next_seq > position.seq


class Batch(NamedTuple):
    """Accepted events in log order, and where every touched shard stands after them."""

    events: Sequence[Recorded]
    checkpoints: Sequence[Checkpoint]


class LogReader(Protocol):
    """Reads whole topics of the log through the gate, in batches; blocking."""

    def start(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Continue after these checkpoints; shards that are not named start at the beginning."""
        ...

    def read(self, limit: int, timeout: float) -> Batch:
        """Up to `limit` records, waiting at most `timeout` seconds for the first."""
        ...

    def ends(self) -> Mapping[Shard, int]:
        """The offset after the last record of every shard, now."""
        ...

    def checkpoints(self) -> Sequence[Checkpoint]:
        """Where the reader stands in every shard."""
        ...

    def acknowledge(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Show how far the reader has come to Kafka's own tools; nothing resumes from it."""
        ...

    def close(self) -> None:
        """Leave; the reader is not used again."""
        ...
