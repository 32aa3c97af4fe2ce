"""The aggregate behind a recorder: which events may be stored."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from eventsourcing.persistence import StoredEvent, Tracking

from application.log.fold import SoleAggregate
from application.log.records import Commit
from domain.aggregate import Command, Reply, decides, evolves
from domain.events import DomainEvent
from domain.refusals import Refusal
from infra.eventlog.recorders.events import Stored, Tracked
from infra.eventlog.recorders.index import NO_NUMBER, Index

LEDGER_ID = "ledger"

MOST_RECORD_BYTES = 4 * 1024 * 1024
"""The largest commit that the topic of a recorder takes, as JSON."""

EVENT_FRAME_BYTES = 250
"""Bytes of JSON around the id, topic and state of an event, generously."""


class Insert(Command, frozen=True, kw_only=True, tag="eventsourcing.insert"):
    """Store events, all or none, and with them how far another application was processed."""

    events: Sequence[StoredEvent] = ()
    tracking: Tracking | None = None

    @property
    def aggregate_id(self) -> str:
        """The one ledger of the topic."""
        return LEDGER_ID


class Conflict(Refusal):
    """What should be stored conflicts with what is: `IntegrityError` in the library's words."""


class TooLarge(Refusal):
    """More than a topic takes in one record: `DataError` in the library's words."""


class Ledger(SoleAggregate):
    """Decides what may be stored in one topic.

    Each version of an originator is stored once, and the notifications of an application are
    tracked in ascending order. Versions may leave gaps, as the library has it.

    What was accepted stands in the index. The ledger itself keeps only what has been decided and
    has not come back yet.
    """

    def __init__(self, index: Index) -> None:
        super().__init__(LEDGER_ID)
        self._index = index
        self.forget()

    def forget(self) -> None:
        """See `SoleAggregate.forget`."""
        self._versions: set[tuple[str, int]] = set()
        self._tracked: dict[str, int] = {}
        self._pending = []

    def settle(self, commit: Commit[DomainEvent], offset: int) -> None:
        """Move what has come back accepted to the index."""
        self._index.add(commit, offset)
        for event in commit.events:
            if isinstance(event, Stored):
                self._versions.discard((event.originator_id, event.originator_version))
            elif self._tracked.get(event.originator_id) == event.originator_version:
                del self._tracked[event.originator_id]

    @decides(Insert)
    def insert(self, command: Insert, now: datetime) -> Reply:
        """Refuse with `Conflict` or `TooLarge`, or let all of it happen."""
        _refuse_too_large(command.events)
        events = [*self._track(command.tracking, now), *self._store(command.events, now)]
        for event in events:
            self.evolve(event)
        self._pending = events
        return None

    def _track(self, tracking: Tracking | None, now: datetime) -> Iterator[DomainEvent]:
        if tracking is None:
            return
        name, id = tracking.application_name, tracking.notification_id
        latest = self._tracked.get(name, self._index.tracked.get(name, NO_NUMBER))
        if id <= latest:
            raise Conflict(f"{name!r} has been tracked up to {latest} already, beyond {id}.")
        yield Tracked(originator_id=name, originator_version=id, timestamp=now)

    def _store(self, events: Sequence[StoredEvent], now: datetime) -> Iterator[DomainEvent]:
        seen: set[tuple[str, int]] = set()
        for event in events:
            version = str(event.originator_id), event.originator_version
            if version in seen or version in self._versions or self._index.has(*version):
                raise Conflict(f"Version {version[1]} of {version[0]!r} is stored already.")
            seen.add(version)
            yield Stored(
                originator_id=version[0],
                originator_version=version[1],
                timestamp=now,
                topic=event.topic,
                state=event.state,
                id_type="uuid" if isinstance(event.originator_id, UUID) else "text",
            )

    @evolves(Stored)
    def _on_stored(self, event: Stored) -> None:
        self._versions.add((event.originator_id, event.originator_version))

    @evolves(Tracked)
    def _on_tracked(self, event: Tracked) -> None:
        self._tracked[event.originator_id] = event.originator_version


def _refuse_too_large(events: Sequence[StoredEvent]) -> None:
    size = EVENT_FRAME_BYTES + sum(
        EVENT_FRAME_BYTES + 4 * len(str(e.originator_id)) + 4 * len(e.topic) + len(e.state) * 4 // 3
        for e in events
    )
    if size > MOST_RECORD_BYTES:
        raise TooLarge(
            f"{len(events)} events make a record of some {size:,} bytes, but a topic takes"
            f" {MOST_RECORD_BYTES:,}; save them in smaller batches."
        )
