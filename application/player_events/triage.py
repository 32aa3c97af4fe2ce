"""A poisoned event is set aside alone, where events do not depend on one another."""

from collections.abc import Sequence
from typing import Any

from application.ports.projections import DeadLetterSink, Parked, Poisoned, Writing
from domain.player_events.corrections import ERASED
from domain.player_events.event import PlayerEvent
from domain.player_events.unreadable import UnreadableRecord


class SkipEvent:
    """Sends the events that a read model cannot take to the dead letters; implements `Triage`.

    Players' events are facts of their own whose folds commute, so that no later event of the same
    player has to wait for a poisoned one. Guarantees: an event is either applied or sent; a letter
    may be sent again after a crash, never lost: it is durable before the position moves past its
    event.
    """

    def __init__(self, letters: DeadLetterSink) -> None:
        self._letters = letters

    @property
    def parked(self) -> Sequence[Parked]:
        """No stream ever is."""
        return ()

    def restore(self, parked: Sequence[Parked]) -> None:
        """There is nothing to remember."""

    def apply(self, writing: Writing, events: Sequence[Any]) -> Sequence[Parked]:
        """See the port."""
        if UnreadableRecord in set(map(type, events)):
            for record in events:
                if isinstance(record, UnreadableRecord):
                    self._letters.send(record, record.reason)
            events = [event for event in events if not isinstance(event, UnreadableRecord)]
        if events:
            self._apply(writing, events)
        self._letters.flush()
        for event in events:
            if type(event) is PlayerEvent and event.event_type == ERASED:
                self._letters.forget(event.player_id)
        return ()

    def _apply(self, writing: Writing, events: Sequence[Any]) -> None:
        """Halve what cannot be applied together, down to the culprits.

        One among 10,000 costs some thirty attempts in place of 10,000.
        """
        try:
            writing.apply(events)
        except Poisoned as poisoned:
            if len(events) == 1:
                self._letters.send(events[0], str(poisoned))
                return
            middle = len(events) // 2
            self._apply(writing, events[:middle])
            self._apply(writing, events[middle:])
