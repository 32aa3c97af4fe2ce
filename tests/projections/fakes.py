"""The log and the dead letters, in memory."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from application.ports.processes import Standing, StateChanges, StoredState
from application.ports.reading import Batch, Checkpoint, ShardId
from domain.events import Recorded


class Told(Protocol):
    """A log in memory; above all a narrator's."""

    @property
    def partitions(self) -> int: ...

    @property
    def events(self) -> Sequence[Any]: ...


class FakeReader:
    """Reads a narrator's log; every event is a record of its own, so offsets are its numbers."""

    def __init__(self, narrator: Told, topics: Sequence[str], only: ShardId | None = None) -> None:
        self._narrator = narrator
        shards = [(t, p) for t in topics for p in range(narrator.partitions)]
        self._shards = [shard for shard in shards if only in {None, shard}]
        self._offsets: dict[ShardId, int] = {}

    def start(self, checkpoints: Sequence[Checkpoint]) -> None:
        self._offsets = dict.fromkeys(self._shards, 0)
        self._offsets |= {(c.topic, c.partition): c.offset for c in checkpoints}

    def held(self) -> Sequence[ShardId]:
        return self._shards

    def take_up(self, checkpoints: Sequence[Checkpoint]) -> None:
        self.start(checkpoints)

    def read(self, limit: int, timeout: float) -> Batch:
        found: list[Any] = []
        for shard, events in self._log().items():
            start = self._offsets[shard]
            found.extend(events[start : start + limit - len(found)])
        touched = {recorded.position[:2] for recorded in found}
        for recorded in found:
            self._offsets[recorded.position[:2]] = recorded.position.seq + 1
        return Batch(found, [self._checkpoint(shard) for shard in touched])

    def _log(self) -> Mapping[ShardId, list[Any]]:
        log: dict[ShardId, list[Any]] = defaultdict(list)
        for recorded in self._narrator.events:
            if recorded.position[:2] in self._offsets:
                log[recorded.position[:2]].append(recorded)
        return log

    def _checkpoint(self, shard: ShardId) -> Checkpoint:
        offset = self._offsets[shard]
        return Checkpoint(*shard, offset, 1, "narrator", offset)

    def checkpoints(self) -> Sequence[Checkpoint]:
        return [self._checkpoint(shard) for shard in self._shards]

    def ends(self) -> Mapping[ShardId, int]:
        self._offsets = self._offsets or dict.fromkeys(self._shards, 0)
        log = self._log()
        return {shard: len(log.get(shard, ())) for shard in self._shards}

    def acknowledge(self, checkpoints: Sequence[Checkpoint]) -> None:
        pass

    def close(self) -> None:
        pass


class FakeProcessStore:
    """Keeps what a process manager remembers, as JSON, and where it stands."""

    def __init__(self) -> None:
        self.positions: dict[ShardId, Checkpoint] = {}
        self.state: StoredState | None = None
        self.changes: list[StateChanges] = []

    def load(self) -> Standing:
        return Standing(list(self.positions.values()), self.state)

    def save(self, checkpoints: Sequence[Checkpoint], changes: StateChanges | None) -> None:
        self.positions |= {(c.topic, c.partition): c for c in checkpoints}
        if changes is not None:
            self.changes.append(changes)
            old = {} if changes.is_whole or self.state is None else self.state.entries
            new = {**old, **changes.entries}
            entries = {
                key: entry if isinstance(entry, str) else entry.decode()
                for key, entry in new.items()
                if entry is not None
            }
            self.state = StoredState(changes.kind, changes.offsets, changes.size, entries)


class FakeLetters:
    """Remembers what was parked."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.flushed = 0
        self.forgotten: list[str] = []

    def send(self, recorded: Recorded, reason: str) -> None:
        self.sent.append((str(recorded.position), reason))

    def flush(self) -> None:
        self.flushed = len(self.sent)

    def forget(self, subject: str) -> None:
        self.forgotten.append(subject)
