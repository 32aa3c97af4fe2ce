"""Build a read model afresh beside the live one, compare the two, and swap."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain, islice
from typing import Any, NamedTuple, Self

from application.ports.projections import (
    Difference,
    Generation,
    PositionConflict,
    ProjectionStore,
    Triage,
)
from application.ports.reading import Batch, Checkpoint, LogReader, ShardId

POLL_TIMEOUT_S = 0.2
MOST_EXAMPLES = 20


class Batches(NamedTuple):
    """How many records are folded in one transaction at most, live and while a view is built."""

    live: int
    rebuild: int


OF_THE_LOG = Batches(live=4_000, rebuild=10_000)
"""Larger ones gained nothing when measured."""


class RebuildProgress(NamedTuple):
    """How far a fold has come, in records of the log, and how many events those held."""

    done: int
    total: int
    events: int


class Built(NamedTuple):
    """What came of a build.

    `compared` is False where there was no live read model to compare with; `different` counts
    the values that differed from it, `places` those of each table or kind of keys, and `examples`
    holds the first of them.
    """

    events: int
    seconds: float
    compared: bool
    different: int
    places: Mapping[str, int]
    examples: Sequence[Difference]


OnProgress = Callable[[RebuildProgress], None]


class Begun(NamedTuple):
    """How far several processes have folded the log into a generation, each a part of it."""

    checkpoints: Sequence[Checkpoint]
    events: int


NOTHING = Begun((), 0)

Begin = Callable[[OnProgress], Begun]


def _silently(progress: RebuildProgress) -> None:
    """Report to nobody."""


def build(
    reader: LogReader,
    store: ProjectionStore,
    triage: Triage,
    report: OnProgress = _silently,
    batches: Batches = OF_THE_LOG,
    *,
    swap: bool = True,
    begin: Begin | None = None,
) -> Built:
    """Fold the whole log into a new generation and compare it with the live one.

    Then it is swapped in, or dropped if `swap` is False. With `begin`, others fold first.
    """
    started = time.monotonic()
    with store.building() as generation, ExitStack() as held:
        begun = begin(report) if begin else NOTHING
        fold = held.enter_context(
            GenerationFold(reader, generation, triage, report, batches.rebuild, begun)
        )
        live = generation.live()
        places: Counter[str] = Counter()
        examples: list[Difference] = []
        if live is not None:
            fold.to(live)
            places, examples = _count(generation, fold)
        if swap:
            fold.on()
            while not generation.swap(fold.on, triage.parked):
                pass
    seconds = time.monotonic() - started
    return Built(fold.events, seconds, live is not None, places.total(), places, examples)


def _count(generation: Generation, fold: "GenerationFold") -> tuple[Counter[str], list[Difference]]:
    differences = generation.differences(fold.to)
    examples = list(islice(differences, MOST_EXAMPLES))
    return Counter(each.place for each in chain(examples, differences)), examples


class GenerationFold:
    """Folds the log into a generation, to exactly where it is told; from where others have begun.

    While a batch is folded, and this process waits for a database, a thread reads the next.
    """

    def __init__(
        self,
        reader: LogReader,
        generation: Generation,
        triage: Triage,
        report: OnProgress,
        size: int,
        begun: Begun = NOTHING,
    ) -> None:
        self.events = begun.events
        self._reader = reader
        self._generation = generation
        self._triage = triage
        self._report = report
        self._size = size
        self._held: list[Any] = []
        self._thread = ThreadPoolExecutor(1)
        self._ahead: Future[Batch] | None = None
        triage.restore(())
        reader.start(begun.checkpoints)
        # Not at 0 where a topic has lost its beginning.
        self._read = {(c.topic, c.partition): c for c in reader.checkpoints()}
        self._look_ahead()

    def to(self, goal: Sequence[Checkpoint]) -> None:
        """Fold every event before `goal`, and hold back what was read beyond it."""
        limits = {(c.topic, c.partition): c for c in goal}
        held, self._held = self._held, []
        self._take(held, limits)
        while not all(self._reached(c) for c in goal):
            self._take(self._next(), limits)

    def on(self) -> Sequence[Checkpoint]:
        """Fold all that is in the log now; returns where that is."""
        held, self._held = self._held, []
        self._apply(held)
        ends = self._look_ahead()
        while any(self._offset(shard) < end for shard, end in ends.items()):
            self._apply(self._next())
        return list(self._read.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()

    def _next(self) -> Sequence[Any]:
        batch = (self._ahead or self._read_ahead()).result()
        self._ahead = self._read_ahead()
        self._read.update({(c.topic, c.partition): c for c in batch.checkpoints})
        return batch.events

    def _read_ahead(self) -> Future[Batch]:
        return self._thread.submit(self._reader.read, self._size, POLL_TIMEOUT_S)

    def _take(self, events: Sequence[Any], limits: dict[ShardId, Checkpoint]) -> None:
        """Apply the events that lie within the limits, hold the others."""
        if all(s in limits and c.offset <= limits[s].offset for s, c in self._read.items()):
            self._apply(events)  # all that was read, without a look at each
            return
        within: list[Any] = []
        for recorded in events:
            limit = limits.get(recorded.position[:2])
            inside = limit is not None and limit.includes(recorded.position)
            (within if inside else self._held).append(recorded)
        self._apply(within)

    def _apply(self, events: Sequence[Any]) -> None:
        if events:
            while not self._has_applied(events):
                pass
            self.events += len(events)
            self._tell()

    def _has_applied(self, events: Sequence[Any]) -> bool:
        """False where another process that folds a part has changed the same rows."""
        try:
            with self._generation.writing() as writing:
                self._triage.apply(writing, events)
        except PositionConflict:
            return False
        return True

    def _reached(self, goal: Checkpoint) -> bool:
        return self._offset((goal.topic, goal.partition)) >= goal.offset

    def _offset(self, shard: ShardId) -> int:
        read = self._read.get(shard)
        return read.offset if read else 0

    def _look_ahead(self) -> Mapping[ShardId, int]:
        ends = self._reader.ends()
        self._total = sum(ends.values())
        return ends

    def _tell(self) -> None:
        done = sum(c.offset for c in self._read.values())
        self._report(RebuildProgress(done, max(done, self._total), self.events))
