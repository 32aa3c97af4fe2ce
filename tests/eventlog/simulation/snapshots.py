"""The topic of snapshots, who writes it, and what a process does with it.

A single writer that never fails, as those that do have a simulation of their own
(`tests/eventlog/snapshot_indexes.py`); here, it is the processes that are behind, and go wrong.
"""

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from application.log.records import recorded_events
from tests.eventlog.counter import COUNTERS
from tests.eventlog.simulation.code import Code

if TYPE_CHECKING:
    from tests.eventlog.simulation.truth import Truth

IDLE_EVENTS = 2
"""For the writer; each process has a number of its own."""


class Snapshots:
    """What the topic holds, each record at its offset for as long as it has not been compacted."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._checkpoints = code.Checkpoints(
            COUNTERS, code.SnapshotIndex(COUNTERS), code.Fold(COUNTERS), code.BEGINNING, IDLE_EVENTS
        )
        self._commits = 0
        self._records: list[tuple[str, bytes | None]] = []
        self._gone: set[int] = set()

    def __len__(self) -> int:
        return len(self._records)

    def read(self, first: int, limit: int) -> Sequence[tuple[int, str, bytes | None]]:
        """What is there from an offset on, as a consumer gets it."""
        there = ((at, *self._records[at]) for at in range(first, len(self._records)))
        return [record for record in there if record[0] not in self._gone][:limit]

    def found(self, offset: int) -> Any:
        """The record at an offset; None when it is there no more."""
        key, value = self._records[offset]
        return None if offset in self._gone or value is None else self._code.Found(key, value)

    def index(self) -> Any:
        """What a process finds that begins."""
        index = self._code.SnapshotIndex(COUNTERS)
        for record in self.read(0, len(self)):
            index.put(*record)
        index.end = len(self)
        return index

    def write(self, truth: "Truth") -> None:
        """Take what has been accepted by now, and write what the topic lacks."""
        commits, self._commits = truth.commits[self._commits :], len(truth.commits)
        events = [each for commit in commits for each in recorded_events("counter-log", 0, commit)]
        self._checkpoints.take(events, truth.reached, None)
        for id, offset in self._checkpoints.absent():
            self._checkpoints.bring_back(id, self.found(offset))
        self._append(list(self._checkpoints.lacking()))
        self._append(list(self._checkpoints.conclude()))

    def _append(self, written: Sequence[tuple[str, bytes | None]]) -> None:
        for key, value in written:
            self._records.append((key, value))
            self._checkpoints.put(len(self) - 1, key, value)

    def repeat(self, random: Random) -> None:
        """Somebody else writes what is there already, once more."""
        newest = {key: at for at, key, value in self.read(0, len(self)) if value is not None}
        if newest:
            self._append([self._records[random.choice(list(newest.values()))]])

    def compact(self, random: Random) -> None:
        """Keep the newest record of each key, up to somewhere."""
        end = random.randrange(len(self) + 1)
        newest = {key: at for at, (key, _) in enumerate(self._records[:end])}
        self._gone.update(set(range(end)) - set(newest.values()))


class Memory:
    """What a process lets go of, and looks up again."""

    def __init__(self, code: Code, snapshots: Snapshots, shard: Any, random: Random) -> None:
        self._code = code
        self._snapshots = snapshots
        self._shard = shard
        self._next = 0
        self.fetches: list[tuple[str, int]] = []
        idle_events = int(random.random() * 4)
        self.evictions = code.Evictions(COUNTERS, shard, self._fetch, idle_events)

    def _fetch(self, id: str, offset: int) -> None:
        self.fetches.append((id, offset))

    def begin(self) -> None:
        """Begin with the snapshots there are, unless they have been found wrong."""
        shard, self._next = self._shard, len(self._snapshots)
        trusted, shard.mistrusts_snapshots = not shard.mistrusts_snapshots, False
        if trusted:
            shard.resume(*self._snapshots.index().restore())

    def follow(self, limit: int) -> None:
        """Read on in the topic."""
        for record in self._snapshots.read(self._next, limit):
            self.evictions.put(*record)
            self._next = record[0] + 1

    def look(self, **times: Any) -> None:
        """Have the oldest look that is under way come back."""
        id, offset = self.fetches.pop(0)
        self.evictions.fetched(id, offset, self._snapshots.found(offset), **times)
