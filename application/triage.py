"""A poisoned event sets its own stream aside; all others go on."""

from collections.abc import Callable, Sequence
from typing import Any

from application.ports.projections import DeadLetterSink, Parked, Poisoned, StreamId, Writing
from domain.events import Recorded

Unreadable = Callable[[Recorded], str | None]
"""Why an event cannot be read by this version of the code, or None."""

STREAM_PARKED = "An earlier event of this stream is parked."


class ParkStream:
    """Knows the parked streams of one read model, and sends their events to the dead letters.

    Guarantees: an event is either applied or sent, and the events of a stream that are sent are
    all those since the first, in order. A letter may be sent again after a crash, never lost: it
    is durable before the position moves past its event.
    """

    def __init__(self, letters: DeadLetterSink, unreadable: Unreadable) -> None:
        self._letters = letters
        self._unreadable = unreadable
        self._parked: dict[StreamId, Parked] = {}
        self._new: dict[StreamId, Parked] = {}

    def restore(self, parked: Sequence[Parked]) -> None:
        """Begin again from what is stored with the position."""
        self._parked = {each.stream: each for each in parked}
        self._new.clear()

    @property
    def parked(self) -> Sequence[Parked]:
        """Every stream that is parked."""
        return list(self._parked.values())

    def apply(self, writing: Writing, events: Sequence[Recorded]) -> Sequence[Parked]:
        """Fold events into a read model; returns the streams that are parked from here on."""
        self._new.clear()
        admitted = [recorded for recorded in events if self._admits(recorded)]
        try:
            writing.apply(admitted)
        except Poisoned:
            self._apply_singly(writing, admitted)
        self._letters.flush()
        return list(self._new.values())

    def _apply_singly(self, writing: Writing, events: Sequence[Recorded]) -> None:
        """Find the culprits among events that cannot be applied together."""
        for recorded in events:
            if self._admits(recorded):
                try:
                    writing.apply((recorded,))
                except Poisoned as poisoned:
                    self._park(recorded, str(poisoned))

    def _admits(self, recorded: Recorded) -> bool:
        stream = recorded.position.topic, recorded.event.originator_id
        if stream in self._parked:
            self._letters.send(recorded, STREAM_PARKED)
            return False
        if reason := self._unreadable(recorded):
            self._park(recorded, reason)
            return False
        return True

    def _park(self, recorded: Recorded, reason: str) -> None:
        position, id = recorded.position, recorded.event.originator_id
        parked = Parked(position.topic, id, str(position), reason)
        self._parked[parked.stream] = self._new[parked.stream] = parked
        self._letters.send(recorded, reason)


class NoLetters:
    """Dead letters that go nowhere, for folds that only look."""

    def send(self, event: Any, reason: str) -> None:
        """Drop it."""

    def flush(self) -> None:
        """Nothing is on its way."""

    def forget(self, subject: str) -> None:
        """Nothing was sent."""
