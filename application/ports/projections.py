"""Read models: where they lie, how they are written and rebuilt, and what they set aside."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

import msgspec

from application.ports.reading import Checkpoint, ShardId

StreamId = tuple[str, str]
"""What is parked together: (topic, aggregate id)."""


class Parked(NamedTuple):
    """A stream that a read model has set aside, since the event at `position`, for `reason`."""

    topic: str
    aggregate_id: str
    position: str
    reason: str

    @property
    def stream(self) -> StreamId:
        """The stream that is parked."""
        return self.topic, self.aggregate_id


class ReadModelState(NamedTuple):
    """Where a read model stands: its generation, its place in each shard, what it has parked."""

    generation: str
    checkpoints: Sequence[Checkpoint]
    parked: Sequence[Parked]


class Difference(NamedTuple):
    """One value that is not what the log says; None for `live` or `folded` means: not there."""

    key: str
    field: str
    live: object
    folded: object

    @property
    def place(self) -> str:
        """The table that it is in, or what the keys in Redis are called by that it is among."""
        return self.key.replace(":", "/").partition("/")[0]


class Change(msgspec.Struct, frozen=True):
    """A row that would become another; null for `before` or `after` means: not there."""

    table: str
    key: str
    before: str | None
    after: str | None


class PositionConflict(Exception):
    """Somebody else moved the read model or process, swapped or emptied it, or changed its rows.

    Nothing was written: look where it stands now.
    """


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

    def park(self, parked: Sequence[Parked]) -> None:
        """Streams that are parked from here on."""


class Triage(Protocol):
    """Keeps what a read model cannot take from stopping the rest."""

    def restore(self, parked: Sequence[Parked]) -> None:
        """Begin again from what is stored with the position."""

    @property
    def parked(self) -> Sequence[Parked]:
        """Every stream that is parked."""

    def apply(self, writing: Writing, events: Sequence[Any]) -> Sequence[Parked]:
        """Fold events into a read model; returns the streams that are parked from here on.

        What is not applied is durable among the dead letters when this returns.
        """


class View(Protocol):
    """A read model that events are written to, live or while it is built."""

    def writing(self) -> AbstractContextManager[Writing]:
        """A transaction that commits when the block ends well; raises `PositionConflict`."""


class Generation(View, Protocol):
    """A read model that is built beside the live one and seen by nobody."""

    def live(self) -> Sequence[Checkpoint] | None:
        """Where the live read model stands now; None when there is none."""

    def differences(self, fold_to: Callable[[Sequence[Checkpoint]], None]) -> Iterator[Difference]:
        """Every value in which the live read model and this one differ at the same position.

        `fold_to` brings this one to exactly the live position that it is given, which only ever
        moves forward. Queries and the live worker go on.
        """

    def swap(self, fold_on: Callable[[], Sequence[Checkpoint]], parked: Sequence[Parked]) -> bool:
        """Put this one in the place of the live one, in one step for all who query.

        `fold_on` brings this one to the end of the log and says where it stands. False when the
        live one has moved past it meanwhile: try again. Raises `GenerationLost`.
        """


class ProjectionStore(View, Protocol):
    """Where a read model lives. For one thread; any number of processes may use the same one."""

    def standing(self, held: Collection[ShardId] | None = None) -> ReadModelState | None:
        """Where the live read model stands; None when there is none, and one has to be built.

        With `held`, in these shards alone, and only where these stand is looked at before a
        transaction from here on: others may move the rest meanwhile.
        """

    def writing(self, reached: Sequence[Checkpoint] = ()) -> AbstractContextManager[Writing]:
        """A transaction that takes the live read model to these places; see `View.writing`.

        Without any, it only looks whether the read model is where it was left.
        """

    def building(self) -> AbstractContextManager[Generation]:
        """A new generation, dropped at the end of the block unless it was swapped in.

        Raises `RebuildRunning` where only one can be built at a time.
        """


class DeadLetterSink(Protocol):
    """Where events go that a read model cannot take."""

    def send(self, event: Any, reason: str) -> None:
        """Hand over one event, as it was read; events of one stream keep their order."""

    def flush(self) -> None:
        """Return when everything sent is durable; raises when it cannot be."""

    def forget(self, subject: str) -> None:
        """Let nobody read what was sent of somebody who has been erased behind all of that."""
