"""The library's recorders, on Kafka."""

from collections import deque
from collections.abc import Sequence
from threading import Event
from time import monotonic
from typing import Any
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
    TrackingRecorder,
    WaitInterruptedError,
)

from infra.eventlog.recorders.blocking import BlockingLog

INTERRUPT_POLL_S = 0.1
"""Seconds between looks at an event that may interrupt a wait. What is waited for wakes at once."""


class KafkaAggregateRecorder(AggregateRecorder):
    """Stores events in the topic of a log; for any thread.

    All events of one call are stored, in one record, or none. What a call has stored, every later
    `select_events` sees, in whatever process.
    """

    def __init__(self, log: BlockingLog) -> None:
        self._log = log

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Raises `IntegrityError` when a version of an originator is stored already."""
        self._insert(stored_events, kwargs.get("tracking"))
        return None

    def _insert(self, events: Sequence[StoredEvent], tracking: Tracking | None) -> Sequence[int]:
        if not events and tracking is None:
            return ()
        last = self._log.insert(events, tracking)
        return range(last - len(events) + 2, last + 2)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of one originator with versions in `(gt, lte]`, in the order of versions."""
        return self._log.events(str(originator_id), gt, lte, desc=desc, limit=limit)


class KafkaApplicationRecorder(KafkaAggregateRecorder, ApplicationRecorder):
    """The notification id of an event is its sequence number in the topic, plus 1."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Raises `IntegrityError`; gives the notification ids."""
        return list(self._insert(stored_events, kwargs.get("tracking")))

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """See the library; ids ascend, and leave gaps where something was tracked."""
        first = 0 if start is None else start - 1 + (not inclusive_of_start)
        return self._log.notifications(first, stop, limit, topics)

    def max_notification_id(self) -> int | None:
        """The id of the last stored event, or None before the first."""
        self._log.catch_up()
        return self._log.index.last_stored + 1 or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """See `KafkaSubscription`."""
        return KafkaSubscription(self, self._log, gt, topics)


class KafkaSubscription(Subscription[ApplicationRecorder]):
    """Gives events as they are accepted; whoever waits for the next is woken, and asks nobody."""

    def __init__(
        self,
        recorder: ApplicationRecorder,
        log: BlockingLog,
        gt: int | None,
        topics: Sequence[str],
    ) -> None:
        super().__init__(recorder, gt, topics)
        self._log = log
        self._next = gt or 0
        self._found: deque[Notification] = deque()

    def stop(self) -> None:
        """End the iteration, from any thread."""
        super().stop()
        self._log.wake()

    def __next__(self) -> Notification:
        """Wait for the next event; raises `StopIteration` after `stop`, and the log's errors."""
        if not self._found:
            found, self._next = self._log.follow(
                self._next, self._topics, lambda: self._has_been_stopped
            )
            self._found.extend(found)
        if self._has_been_stopped:
            raise StopIteration
        return self._found.popleft()


class KafkaTrackingRecorder(TrackingRecorder):
    """Tracks in the topic of a log how far the events of other applications have been processed."""

    def __init__(self, log: BlockingLog) -> None:
        self._log = log

    def insert_tracking(self, tracking: Tracking) -> None:
        """Raises `IntegrityError` unless the id is above all that were tracked before."""
        self._log.insert((), tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        """The highest id tracked for this application, or None."""
        self._log.catch_up()
        return self._log.index.tracked.get(application_name)

    def wait(
        self,
        application_name: str,
        notification_id: int | None,
        timeout: float = 5.0,
        interrupt: Event | None = None,
    ) -> None:
        """Wait until this notification, or a later one, has been tracked.

        The library's default of a second is shorter than Kafka may take to change a leader.

        Woken by what is accepted; Kafka is asked once, at the start. Raises `TimeoutError`, and
        `WaitInterruptedError` when `interrupt` is set.
        """
        if self.has_tracking_id(application_name, notification_id):
            return
        deadline = monotonic() + timeout
        interrupted = interrupt.is_set if interrupt else bool
        while not interrupted():
            left = deadline - monotonic()
            if left < 0:
                raise TimeoutError(
                    f"Notification {notification_id} of {application_name!r} has not been"
                    f" processed within {timeout:g} s."
                )
            if self._log.wait(
                lambda: self._reached(application_name, notification_id),
                min(left, INTERRUPT_POLL_S) if interrupt else left,
            ):
                return
        raise WaitInterruptedError(
            f"Waiting for notification {notification_id} of {application_name!r} was interrupted."
        )

    def _reached(self, application_name: str, notification_id: int | None) -> bool:
        return self._log.index.tracked.get(application_name, 0) >= (notification_id or 0)


class KafkaProcessRecorder(KafkaTrackingRecorder, KafkaApplicationRecorder, ProcessRecorder):
    """Stores events together with the tracking of the event that they came of, in one record."""
