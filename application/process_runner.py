"""The life of a process manager: it folds events and issues commands, and never both twice.

It folds the log from its beginning, and reacts to what lies after its position.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from application.envelopes import RefusalBody, VerdictMessage
from application.ports.commands import Envelope
from application.ports.reading import LogReader, PositionStore, ShardId
from domain.events import Recorded

POLL_BATCH = 500
POLL_TIMEOUT_S = 0.5

logger = structlog.get_logger(__name__)


class Process(Protocol):
    """A process manager: pure, with a state that the log gives back."""

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
    An event that the process cannot take is set aside, and stops none of the others.
    """

    def __init__(
        self,
        reader: LogReader,
        process: Process,
        positions: PositionStore,
        execute: Callable[[Sequence[Envelope]], Sequence[VerdictMessage]],
        refusals: Refusals,
    ) -> None:
        self._reader = reader
        self._process = process
        self._positions = positions
        self._execute = execute
        self._refusals = refusals
        self._done: dict[ShardId, int] = {}

    def run(self, stopped: Callable[[], bool]) -> None:
        """Work until `stopped`; the state is folded from the beginning of the log."""
        self._done = {(c.topic, c.partition): c.next_seq for c in self._positions.load()}
        self._reader.start(())
        while not stopped():
            self.step()

    def step(self, timeout: float = POLL_TIMEOUT_S) -> int:
        """Read once and react; returns the number of commands that were answered."""
        batch = self._reader.read(POLL_BATCH, timeout)
        envelopes = [envelope for recorded in batch.events for envelope in self._take(recorded)]
        self._issue(envelopes)
        self._refusals.flush()
        news = [c for c in batch.checkpoints if c.next_seq > self._next(c.topic, c.partition)]
        if news:
            self._positions.save(news)
            self._done.update({(c.topic, c.partition): c.next_seq for c in news})
        self._reader.acknowledge(batch.checkpoints)
        return len(envelopes)

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
        is_news = recorded.position.seq >= self._next(*recorded.position[:2])
        try:
            if is_news:
                return self._process.react(recorded)
            self._process.fold(recorded)
        except Exception as error:  # whatever an event makes a process raise, it is the event
            logger.exception("event not taken", position=str(recorded.position))
            if is_news:
                self._refusals.set_aside(recorded, f"{type(error).__name__}: {error}")
        return ()

    def _next(self, topic: str, partition: int) -> int:
        return self._done.get((topic, partition), 0)
