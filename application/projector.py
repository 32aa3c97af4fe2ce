"""The life of a projection worker: read the log, fold it into the read model, again and again."""

from collections.abc import Callable

import structlog

from application.ports.projections import (
    GenerationLost,
    PositionConflict,
    ProjectionStore,
    RebuildRunning,
    Triage,
)
from application.ports.reading import LogReader, ShardsMoved
from application.rebuild import OF_THE_LOG, Batches, build

POLL_TIMEOUT_S = 0.5
"""Seconds without an event after which the worker looks whether its read model is still there."""

logger = structlog.get_logger(__name__)


class Projector:
    """Keeps one read model live: the shards that it holds, beside others that hold the rest.

    Guarantees: every event is applied exactly once, in the order of its stream, whatever is
    delivered twice, crashes between data and offset, or runs beside this worker. A read model
    that is missing (first start, emptied) is built hidden and swapped in.
    """

    def __init__(
        self,
        name: str,
        reader: LogReader,
        store: ProjectionStore,
        triage: Triage,
        batches: Batches = OF_THE_LOG,
    ) -> None:
        self._name = name
        self._reader = reader
        self._store = store
        self._triage = triage
        self._batches = batches

    def run(self, stopped: Callable[[], bool]) -> None:
        """Work until `stopped`; raises what the store or Kafka raise when they are away."""
        while not stopped():
            try:
                if self.resume():
                    self._follow(stopped)
                else:
                    self.build()
            except PositionConflict:
                logger.info("the read model was moved by someone else", projection=self._name)
            except ShardsMoved:
                held = sorted(self._reader.held())
                logger.info("shards are held", projection=self._name, shards=held)

    def resume(self) -> bool:
        """Go to where the read model stands in what is held here; False when there is none."""
        standing = self._store.standing(self._reader.held())
        if standing is None:
            return False
        self._triage.restore(standing.parked)
        self._reader.take_up(standing.checkpoints)
        return True

    def _follow(self, stopped: Callable[[], bool]) -> None:
        while not stopped():
            self.step()

    def step(self, timeout: float = POLL_TIMEOUT_S) -> int:
        """Read once and apply; an empty read still checks where the read model stands.

        Returns the number of events. Raises `PositionConflict` and `ShardsMoved`.
        """
        batch = self._reader.read(self._batches.live, timeout)
        if not self._reader.held():  # others do the work
            return 0
        with self._store.writing(batch.checkpoints) as writing:
            writing.park(self._triage.apply(writing, batch.events))
        if batch.checkpoints:
            self._reader.acknowledge(batch.checkpoints)
        return len(batch.events)

    def build(self) -> None:
        """Build a read model that is missing."""
        logger.info("there is no read model, building one", projection=self._name)
        try:
            built = build(self._reader, self._store, self._triage, batches=self._batches)
        except RebuildRunning:
            # Whoever builds it swaps it in; reading a little is a wait that SIGTERM can end.
            self._reader.read(1, POLL_TIMEOUT_S)
        except GenerationLost:
            logger.warning("what was being built has been deleted", projection=self._name)
        else:
            logger.info("read model built", projection=self._name, events=built.events)
