"""Reading the log: positions, batches, and who keeps where a reader stands."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from domain.events import Position

ShardId = tuple[str, int]
"""A partition of a log topic: (topic, partition)."""


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
    """Events in the order of their shards, and where every touched shard stands after them.

    They are `Recorded` where the reader is one of the log, and whatever else its topic holds
    elsewhere; each has a `position`.
    """

    events: Sequence[Any]
    checkpoints: Sequence[Checkpoint]


class ShardsMoved(Exception):
    """A reader holds other shards than before: look where these stand, and take them up."""


class LogReader(Protocol):
    """Reads whole topics in batches, those of the log through the gate; blocking.

    Or it reads them in turn with others of its consumer group, each what it holds.
    """

    def start(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Continue after these checkpoints; shards that are not named start at the beginning.

        All shards are read from here on, whatever others do.
        """

    def held(self) -> Collection[ShardId]:
        """The shards that are to be read by nobody but this member of its group.

        None before the first `take_up`. Others may believe the same: where shards stand decides.
        """

    def take_up(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Continue with the shards that are held after these checkpoints, as a member of the group.

        Whoever is no member yet asks to become one, and holds something when `read` says so.
        """

    def read(self, limit: int, timeout: float) -> Batch:
        """Up to `limit` records, waiting at most `timeout` seconds for the first.

        Raises `ShardsMoved` when the group gives this member other shards; nothing is read then.
        """

    def ends(self) -> Mapping[ShardId, int]:
        """The offset after the last record of every shard, now."""

    def checkpoints(self) -> Sequence[Checkpoint]:
        """Where the reader stands in every shard."""

    def acknowledge(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Show how far the reader has come to Kafka's own tools; nothing resumes from it."""

    def close(self) -> None:
        """Leave; the reader is not used again."""


class PositionStore(Protocol):
    """Where a relay has got to; unlike a read model, it is never rebuilt."""

    def load(self) -> Sequence[Checkpoint]:
        """Where it stood last; empty at the very first start."""

    def save(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Everything before these has had its effects."""
