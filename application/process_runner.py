"""The life of a process manager: it folds events and issues commands, and never both twice.

It begins with its state as that was at its position, and reacts to what lies behind. Without a
state that it can begin with, it folds the log from its beginning up to there.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import structlog

from application.envelopes import RefusalBody, VerdictMessage
from application.ports.commands import Envelope
from application.ports.processes import ProcessStore, Standing
from application.ports.projections import PositionConflict
from application.ports.reading import Checkpoint, LogReader, ShardId
from application.process_state import ProcessState, StateUnusable
from domain.events import Recorded

POLL_BATCH = 500
POLL_TIMEOUT_S = 0.5

logger = structlog.get_logger(__name__)


class Process(Protocol):
    """A process manager: pure, and all that it remembers of events is in its `state`."""

    state: ProcessState[Any]

    def fold(self, recorded: Recorded) -> None:
        """Take note of an event without reacting to it."""

    def react(self, recorded: Recorded) -> Sequence[Envelope]:
        """Take note of an event and say what it leads to."""

    def after_refusal(self, envelope: Envelope) -> Sequence[Envelope]:
        """Say what it leads to that one of its commands was refused."""


class Refusals(Protocol):
    """Where commands go that were refused, and events that nothing could be made of."""

    def set_aside(self, recorded: Recorded, reason: str) -> None:
        """Keep an event that the process could not take, and why."""

    def keep(self, envelope: Envelope, refusal: RefusalBody) -> None:
        """Keep a command, and why it was refused."""

    def flush(self) -> None:
        """Return when everything kept is durable; raises when it cannot be."""


class ProcessRunner:
    """Keeps one process going.

    Guarantees: every event after the stored position is reacted to at least once, and before the
    position moves past it its commands have been answered, or kept with the reason why they were
    refused. A repeat after a crash is harmless, because the command ids derive from the events.
    The state is stored with the position, and is that of a process that was never interrupted.
    An event that the process cannot take is set aside, and stops none of the others.
    """

    def __init__(
        self,
        reader: LogReader,
        process: Process,
        store: ProcessStore,
        execute: Callable[[Sequence[Envelope]], Sequence[VerdictMessage]],
        refusals: Refusals,
    ) -> None:
        self._reader = reader
        self._process = process
        self._store = store
        self._execute = execute
        self._refusals = refusals
        self._done: dict[ShardId, Checkpoint] = {}
        self._behind: set[ShardId] = set()
        """Shards of which the state has not seen yet all that was reacted to."""

    def run(self, stopped: Callable[[], bool]) -> None:
        """Work until `stopped`; raises what the store or Kafka raise when they are away."""
        while not stopped():
            try:
                self.resume()
                while not stopped():
                    self.step()
            except PositionConflict:
                logger.warning("the process was moved by someone else, and goes on from there")

    def resume(self) -> None:
        """Go to where the process stands, or to the beginning where its state is not known."""
        standing = self._store.load()
        self._done = {_shard(c): c for c in standing.checkpoints}
        if self._restore(standing):
            self._behind = set()
            self._reader.start(standing.checkpoints)
        else:
            self._behind = {shard for shard, done in self._done.items() if done.offset > 0}
            self._reader.start(())

    def _restore(self, standing: Standing) -> bool:
        self._process.state.forget()
        if standing.state is not None:
            try:
                self._process.state.restore(standing.state, self._offsets)
            except StateUnusable as error:
                logger.warning("the stored state cannot be used", reason=str(error))
            else:
                logger.info("the state is restored", entries=len(self._process.state))
                return True
        if standing.checkpoints:
            logger.info("the log is folded from its beginning", up_to_offsets=self._offsets)
        return False

    def step(self, timeout: float = POLL_TIMEOUT_S) -> int:
        """Read once and react; returns the number of commands that were answered.

        Raises `PositionConflict`.
        """
        batch = self._reader.read(POLL_BATCH, timeout)
        envelopes = [envelope for recorded in batch.events for envelope in self._take(recorded)]
        self._issue(envelopes)
        self._refusals.flush()
        self._save(batch.checkpoints)
        self._reader.acknowledge(batch.checkpoints)
        return len(envelopes)

    def _save(self, reached: Sequence[Checkpoint]) -> None:
        """Store how far the process has come, and its state once that has come as far."""
        news = [c for c in reached if c.offset > self._offset(_shard(c))]
        self._behind -= {_shard(c) for c in reached if c.offset >= self._offset(_shard(c))}
        self._done |= {_shard(c): c for c in news}
        state = self._process.state
        if news or not (self._behind or state.is_stored):
            changes = None if self._behind else state.take_changes(self._offsets)
            self._store.save(news, changes)

    def _issue(self, envelopes: Sequence[Envelope]) -> None:
        """Have commands answered, and then those that refusals lead to."""
        while envelopes:
            verdicts = zip(envelopes, self._execute(envelopes), strict=True)
            refused = [(each, verdict.refusal) for each, verdict in verdicts if verdict.refusal]
            for envelope, refusal in refused:
                self._refusals.keep(envelope, refusal)
            envelopes = [
                later for each, _ in refused for later in self._process.after_refusal(each)
            ]

    def _take(self, recorded: Recorded) -> Sequence[Envelope]:
        done = self._done.get(recorded.position[:2])
        is_news = done is None or not done.includes(recorded.position)
        try:
            if is_news:
                return self._process.react(recorded)
            self._process.fold(recorded)
        except Exception as error:  # whatever an event makes a process raise, it is the event
            logger.exception("event not taken", position=str(recorded.position))
            if is_news:
                self._refusals.set_aside(recorded, f"{type(error).__name__}: {error}")
        return ()

    def _offset(self, shard: ShardId) -> int:
        done = self._done.get(shard)
        return 0 if done is None else done.offset

    @property
    def _offsets(self) -> int:
        return sum(done.offset for done in self._done.values())


def _shard(checkpoint: Checkpoint) -> ShardId:
    return checkpoint.topic, checkpoint.partition
