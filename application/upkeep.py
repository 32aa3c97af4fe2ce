"""A read model as operators see it: where it stands, rebuild, verify; and its worker."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from application.ports.projections import (
    DeadLetterSink,
    Generation,
    Parked,
    ProjectionStore,
    Triage,
)
from application.ports.reading import Checkpoint, LogReader, ShardId
from application.projector import Projector
from application.rebuild import (
    OF_THE_LOG,
    Batches,
    Begin,
    Begun,
    Built,
    GenerationFold,
    OnProgress,
    build,
)
from application.triage import NoLetters


class ShardLag(msgspec.Struct, frozen=True):
    """How far a read model is behind one shard: offsets, and the difference."""

    topic: str
    partition: int
    offset: int
    end: int
    lag: int


class ReadModelStatus(msgspec.Struct, frozen=True):
    """Where a read model stands; `generation` is None when there is none."""

    name: str
    generation: str | None
    lag: int
    parked: int
    shards: list[ShardLag]


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The parts of one projection, put together for each thing that can be done with it."""

    name: str
    reader: LogReader
    store: ProjectionStore
    letters: DeadLetterSink
    triage: Callable[[DeadLetterSink], Triage]
    batches: Batches = OF_THE_LOG

    def projector(self) -> Projector:
        """The worker that keeps it live."""
        triage = self.triage(self.letters)
        return Projector(self.name, self.reader, self.store, triage, self.batches)

    def rebuild(self, report: OnProgress, begin: Begin | None = None) -> Built:
        """Build it afresh and swap it in; works beside the worker."""
        triage = self.triage(self.letters)
        return build(self.reader, self.store, triage, report, self.batches, begin=begin)

    def verify(self, report: OnProgress, begin: Begin | None = None) -> Built:
        """Compare it with a fresh fold of the log."""
        triage = self.triage(NoLetters())
        return build(self.reader, self.store, triage, report, self.batches, swap=False, begin=begin)

    def fold_part(self, generation: Generation, report: OnProgress) -> Begun:
        """Fold what the reader reads into a generation that others fold the rest into."""
        triage, size = self.triage(self.letters), self.batches.rebuild
        with GenerationFold(self.reader, generation, triage, report, size) as fold:
            return Begun(fold.on(), fold.events)

    def parked(self) -> list[Parked]:
        """The streams that are parked."""
        standing = self.store.standing()
        return [] if standing is None else sorted(standing.parked)

    def status(self) -> ReadModelStatus:
        """Where it stands, and how far behind."""
        standing = self.store.standing()
        at = standing.checkpoints if standing else ()
        reached = {(c.topic, c.partition): c for c in at}
        shards = [_lag(s, end, reached.get(s)) for s, end in sorted(self.reader.ends().items())]
        return ReadModelStatus(
            name=self.name,
            generation=standing.generation if standing else None,
            lag=sum(shard.lag for shard in shards),
            parked=len(standing.parked) if standing else 0,
            shards=shards,
        )


def _lag(shard: ShardId, end: int, reached: Checkpoint | None) -> ShardLag:
    offset = reached.offset if reached else 0
    return ShardLag(*shard, offset, end, end - offset)
