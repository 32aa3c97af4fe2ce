"""What the application needs from outside, as protocols that infra implements."""

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

import msgspec

from domain.aggregate import Command, Reply
from domain.events import Metadata, Position, Recorded
from domain.personal import Sealed
from domain.player_events.event import PlayerEvent
from domain.refusals import Refusal

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


class NotOwned(Unavailable):
    """The process that was asked does not own the shard, or does not any more; another one may."""


class Limited(Exception):
    """Somebody asks too often; the same request is worth repeating after `retry_after` seconds.

    `limit` is how many a second are allowed, `remaining` how many of them are left, and
    `reset_after` in how many seconds all of them will be.
    """

    def __init__(
        self,
        message: str,
        *,
        limit: int,
        remaining: int,
        reset_after: float,
        retry_after: float,
    ) -> None:
        super().__init__(message)
        self.limit = limit
        self.remaining = remaining
        self.reset_after = reset_after
        self.retry_after = retry_after


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


class FailedEvent(NamedTuple):
    """What was sent as a player's event and is none: as it came, and where what does not fit."""

    value: bytes
    field: str
    reason: str
    subject: str


class PlayerEventLog(Protocol):
    """Keeps what players did."""

    def room(self, size: int) -> AbstractContextManager[None]:
        """Keep room for `size` bytes during the block, in which they are looked at.

        Raises `Unavailable` where there is none, since too much is on its way already.
        """
        ...

    def append(
        self,
        events: Sequence[PlayerEvent],
        failed: Sequence[FailedEvent] = (),
        traceparent: bytes | None = None,
    ) -> Awaitable[Position | None]:
        """Append events, and set aside what failed; what it gives waits until all are acknowledged.

        That is the place of the last event. Raises `Unavailable` when too much is on its way
        already, and then nothing is appended; waiting does so when not all is acknowledged in
        time, and then some may have been. Who waits need not keep the events until then.
        """
        ...


class Limits(Protocol):
    """Bounds how often somebody may ask."""

    async def admit(self, key: str, cost: int = 1) -> None:
        """Return when `key` may have `cost` more; raises `Limited`."""
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
    """Events in the order of their shards, and where every touched shard stands after them.

    They are `Recorded` where the reader is one of the log, and whatever else its topic holds
    elsewhere; each has a `position`.
    """

    events: Sequence[Any]
    checkpoints: Sequence[Checkpoint]


class LogReader(Protocol):
    """Reads whole topics in batches, those of the log through the gate; blocking."""

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


Stream = tuple[str, str]
"""What is parked together: (topic, aggregate id)."""


class Parked(NamedTuple):
    """A stream that a read model has set aside, since the event at `position`, for `reason`."""

    topic: str
    aggregate_id: str
    position: str
    reason: str

    @property
    def stream(self) -> Stream:
        """The stream that is parked."""
        return self.topic, self.aggregate_id


class Standing(NamedTuple):
    """Where a read model stands: its generation, its place in every shard, what it has parked."""

    generation: str
    checkpoints: Sequence[Checkpoint]
    parked: Sequence[Parked]


class Difference(NamedTuple):
    """One value that is not what the log says; None for `live` or `folded` means: not there."""

    key: str
    field: str
    live: object
    folded: object


class Change(msgspec.Struct, frozen=True):
    """A row that would become another; null for `before` or `after` means: not there."""

    table: str
    key: str
    before: str | None
    after: str | None


class Moved(Exception):
    """Somebody else moved the read model, swapped or emptied it: look where it stands now."""


class Poisoned(Exception):
    """A read model cannot take these events; nothing of them was applied."""


class RebuildRunning(Exception):
    """Another process builds this read model at the moment."""


class GenerationLost(Exception):
    """What was being built has been deleted from outside; build it again."""


class Writing(Protocol):
    """One transaction of a read model: data and position change together, or not at all."""

    def apply(self, events: Sequence[Any]) -> None:
        """Fold events into the data; raises `Poisoned`, and then none of them has been."""
        ...

    def move(self, checkpoints: Sequence[Checkpoint], parked: Sequence[Parked]) -> None:
        """The position from here on, and streams that are parked from here on."""
        ...


class Triage(Protocol):
    """Keeps what a read model cannot take from stopping the rest."""

    def restore(self, parked: Sequence[Parked]) -> None:
        """Begin again from what is stored with the position."""
        ...

    @property
    def parked(self) -> Sequence[Parked]:
        """Every stream that is parked."""
        ...

    def apply(self, writing: Writing, events: Sequence[Any]) -> Sequence[Parked]:
        """Fold events into a read model; returns the streams that are parked from here on.

        What is not applied is durable among the dead letters when this returns.
        """
        ...


class View(Protocol):
    """A read model that events are written to, live or while it is built."""

    def writing(self) -> AbstractContextManager[Writing]:
        """A transaction that commits when the block ends well; raises `Moved`."""
        ...


class Generation(View, Protocol):
    """A read model that is built beside the live one and seen by nobody."""

    def live(self) -> Sequence[Checkpoint] | None:
        """Where the live read model stands now; None when there is none."""
        ...

    def differences(self, fold_to: Callable[[Sequence[Checkpoint]], None]) -> Iterator[Difference]:
        """Every value in which the live read model and this one differ at the same position.

        `fold_to` brings this one to exactly the live position that it is given, which only ever
        moves forward. Queries and the live worker go on.
        """
        ...

    def swap(self, fold_on: Callable[[], Sequence[Checkpoint]], parked: Sequence[Parked]) -> bool:
        """Put this one in the place of the live one, in one step for all who query.

        `fold_on` brings this one to the end of the log and says where it stands. False when the
        live one has moved past it meanwhile: try again. Raises `GenerationLost`.
        """
        ...


class ProjectionStore(View, Protocol):
    """Where a read model lives. For one thread; any number of processes may use the same one."""

    def standing(self) -> Standing | None:
        """Where the live read model stands; None when there is none, and one has to be built."""
        ...

    def building(self) -> AbstractContextManager[Generation]:
        """A new generation, dropped at the end of the block unless it was swapped in.

        Raises `RebuildRunning` where only one can be built at a time.
        """
        ...


class DeadLetters(Protocol):
    """Where events go that a read model cannot take."""

    def send(self, event: Any, reason: str) -> None:
        """Hand over one event, as it was read; events of one stream keep their order."""
        ...

    def flush(self) -> None:
        """Return when everything sent is durable; raises when it cannot be."""
        ...


class PositionStore(Protocol):
    """Where a process or a relay has got to; unlike a read model, it is never rebuilt."""

    def load(self) -> Sequence[Checkpoint]:
        """Where it stood last; empty at the very first start."""
        ...

    def save(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Everything before these has had its effects."""
        ...
