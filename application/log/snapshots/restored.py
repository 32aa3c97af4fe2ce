"""A fold that began with snapshots, and finds out by itself whether they were right.

Every accepted event moves one aggregate's version on by one, and the shard's sequence number by
one. So before the event `seq`, the versions of all aggregates add up to `seq`. A snapshot that is
missing, or older than the checkpoint promises, leaves the sum short for good: nothing makes up for
it, as no aggregate is ever ahead of its events. Once the fold has passed the event at which the
newest snapshot was taken, the sum therefore tells whether everything is right, whoever wrote the
snapshots, in whatever order, and whatever has been lost of them.
"""

from collections.abc import Iterable, Iterator

from application.log.fold import CannotFold, Fold
from application.log.places import Places
from domain.aggregate import Aggregate
from domain.category import Category
from domain.events import DomainEvent


class SnapshotsWrong(CannotFold):
    """The snapshots of a shard cannot be used; the sentence says why."""

    def __init__(self, reason: str) -> None:
        Exception.__init__(self, reason)


class RestoredFold(Fold):
    """Starts before the event `seq`, with aggregates of which some are further on already.

    Events that a snapshot has seen are passed over.
    """

    restored = True

    def __init__(self, category: Category, seq: int) -> None:
        super().__init__(category)
        self._seq = self._until = seq
        self._total = 0

    def include(self, aggregate: Aggregate, seq: int) -> None:
        """Begin with an aggregate as it was before the event `seq`."""
        self.keep(aggregate)
        self._count(aggregate.version, seq)

    def include_evicted(self, id: str, version: int, seq: int, offset: int) -> None:
        """Begin with an aggregate that is finished, without loading it; once for each."""
        self._evicted.add(id, offset)
        self._count(version, seq)

    def include_idle(self, places: Places, seq: int) -> None:
        """Begin with aggregates that may be idle, without loading any; `places` is kept.

        The newest of their snapshots was taken before the event `seq`.
        """
        self._idle = places
        self._count(places.versions, seq)

    def _count(self, version: int, seq: int) -> None:
        self._total += version
        self._until = max(self._until, seq)

    @property
    def doubt(self) -> str | None:  # type: ignore[override]
        """What keeps it from being relied on; until the newest snapshot is passed, just that."""
        if self._seq < self._until:
            return f"Snapshots are of {self._until} events, and the log has {self._seq} so far."
        return self._wrong

    @property
    def _wrong(self) -> str | None:
        # Before the newest snapshot is passed, some aggregates are ahead of the events so far.
        passed = self._seq >= self._until
        if self._total == self._seq or (self._total > self._seq and not passed):
            return None
        return f"Snapshots and log make {self._total} events together, and not {self._seq}."

    def check(self) -> None:
        """Raise `SnapshotsWrong` if that is certain by now."""
        if self._wrong:
            raise SnapshotsWrong(self._wrong)

    def take(self, events: Iterable[DomainEvent]) -> None:
        """See `Fold.take`; raises `SnapshotsWrong`, too."""
        if self._seq >= self._until:
            super().take(events)
        else:
            super().take(self._unseen(events))
            self.check()

    def _unseen(self, events: Iterable[DomainEvent]) -> Iterator[DomainEvent]:
        for event in events:
            self._seq += 1
            self.latest = event.timestamp
            ahead = event.originator_version - self._version_of(event)
            if ahead > 1:
                raise SnapshotsWrong(
                    f"The snapshot of {event.originator_id!r} has not seen the event before its "
                    f"version {event.originator_version}."
                )
            if ahead == 1:
                self._total += 1
                yield event

    def _version_of(self, event: DomainEvent) -> int:
        version = self.version_of(event.originator_id)
        if version:
            return version
        # Nothing happens to an aggregate after it is finished, so its snapshot has seen this.
        return event.originator_version if self.evicted(event.originator_id) else 0
