"""The fold of one shard: its aggregates, as the accepted events have made them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from application.log.pending import BringBack, nobody_brings_back
from application.log.places import Places, Whereabouts
from application.log.records import UnreadableEvent
from domain.aggregate import Aggregate, AggregateUnknown, Command
from domain.category import Category
from domain.compact import CompactIndex
from domain.events import DomainEvent


class CannotFold(Exception):
    """An accepted event cannot be folded; the sentence says which, and why."""

    def __init__(self, event: DomainEvent, reason: str) -> None:
        super().__init__(
            f"an event of {event.originator_id!r} that this version cannot read ({reason})"
        )


class Evicted(Exception):
    """Who is to decide may have been evicted: to a snapshot at one of these offsets."""

    def __init__(self, offsets: Sequence[int]) -> None:
        super().__init__(f"The snapshot at one of the offsets {offsets} has to be read first.")
        self.offsets = offsets


class SoleAggregate(Aggregate):
    """Decides everything in its shard, whatever the originators of the events.

    It keeps what was decided apart from what was accepted, so nothing has to be read again to
    `forget` the former.
    """

    def forget(self) -> None:
        """Drop what was decided and has not come back; what does is taken as anybody's."""
        raise NotImplementedError


MOST_UNFOLDED = 16
"""Events that wait for an aggregate that is not in memory, before it is to be brought back: where
nobody writes snapshots, they would take more and more."""


class Unfolded(list[DomainEvent]):
    """Events of an aggregate that is not in memory; they wait for it."""

    evolve = list.append


class Fold:
    """Every aggregate of a shard by its id, and the time of the last event.

    Pure: what an aggregate is comes from the category alone, so all who fold the same accepted
    events (an owner, its standby, a writer of checkpoints) hold the same.

    An aggregate that is finished may be evicted once a snapshot of it is kept elsewhere; what
    stays of it are some 20 bytes that lead there. Of one that is idle, it is some 40 bytes, and
    what happens to it meanwhile; `wanted` is told when that is much. A `sole` aggregate takes the
    place of all.
    """

    restored: ClassVar[bool] = False
    """Whether it began with snapshots."""

    doubt: str | None = None
    """What keeps it from being relied on, if anything does."""

    def __init__(self, category: Category, sole: Aggregate | None = None) -> None:
        self._sole = sole
        self._deciders = category.deciders
        self._evolvers = category.evolvers
        self._aggregates: dict[str, Aggregate] = {}
        self._evicted = CompactIndex()
        self._idle = Places()
        self._unfolded: dict[str, Unfolded] = {}
        self.wanted: BringBack = nobody_brings_back
        self.latest: datetime | None = None

    def __iter__(self) -> Iterator[Aggregate]:
        return iter(self._aggregates.values())

    def __len__(self) -> int:
        return len(self._aggregates)

    def get(self, id: str) -> Aggregate | None:
        """The aggregate of this id, if it is in memory."""
        return self._aggregates.get(id)

    def take(self, events: Iterable[DomainEvent]) -> None:
        """Move on by the events of one commit; raises `CannotFold`, and is then worth nothing."""
        aggregates = self._aggregates
        event: DomainEvent | None = None
        for event in events:
            try:
                aggregate: Aggregate | Unfolded | None = aggregates.get(event.originator_id)
                if aggregate is None:
                    aggregate = self._aggregate_of(event)
                aggregate.evolve(event)
            except Exception as error:
                raise CannotFold(event, _reason(event, error)) from error
        if event is not None:
            self.latest = event.timestamp

    def _aggregate_of(self, event: DomainEvent) -> Aggregate | Unfolded:
        """Begin an aggregate, as none of this event's id is in memory, unless one is for all."""
        if self._sole is not None:
            return self._sole
        id, kind = event.originator_id, self._evolvers[type(event)]
        if id in self._idle:
            unfolded = self._unfolded.setdefault(id, Unfolded())
            if len(unfolded) == MOST_UNFOLDED:
                self.wanted((id,))
            return unfolded
        self._aggregates[id] = aggregate = kind(id)
        return aggregate

    def aggregate_for(self, command: Command, *, looked: bool = False) -> Aggregate:
        """Who decides a command; a new aggregate, which `keep` adds, where its id is new.

        Raises `AggregateUnknown` where the id is that of another kind of aggregate, and `Evicted`
        unless whoever asks has `looked` at the snapshots in question.
        """
        if self._sole is not None:
            return self._sole
        decider, id = self._deciders[type(command)], command.aggregate_id
        aggregate = self._aggregates.get(id)
        if aggregate is None:
            if (not looked or id in self._idle) and (offsets := self.evicted(id)):
                raise Evicted(offsets)
            return decider(id)
        if type(aggregate) is not decider:
            raise AggregateUnknown(f"{id!r} is not the id of a {decider.__name__}.")
        return aggregate

    def keep(self, aggregate: Aggregate) -> None:
        """Hold on to an aggregate: one whose events were decided here, or that came back."""
        self._aggregates[aggregate.id] = aggregate

    def evict(self, id: str, offset: int) -> None:
        """Let go of an aggregate that is finished, as its snapshot is at this offset.

        An aggregate that is not in memory must have been evicted before.
        """
        self._aggregates.pop(id, None)
        self._idle.pop(id)
        self._unfolded.pop(id, None)
        if offset not in self.evicted(id):
            self._evicted.add(id, offset)

    def rest(self, id: str, place: Whereabouts) -> bool:
        """Let go of an aggregate that has not changed since its snapshot at this place.

        Of one that is not in memory, take note where its newest snapshot is. Whether it is gone.
        """
        aggregate, known = self._aggregates.get(id), self._idle.get(id)
        if (aggregate or known) is None or (aggregate and aggregate.version != place.version):
            return False
        self._aggregates.pop(id, None)
        if known is None or place.is_newer(known):
            self._idle.put(id, place)
            if id in self._unfolded:
                self._cover(id, place.version)
        return True

    def _cover(self, id: str, version: int) -> None:
        """Keep no more than what has happened after this version."""
        later = Unfolded(e for e in self._unfolded[id] if e.originator_version > version)
        if later:
            self._unfolded[id] = later
        else:
            del self._unfolded[id]

    def idle(self, id: str) -> Whereabouts | None:
        """Where the snapshot is of an aggregate that has left memory because it was idle."""
        return None if id in self._aggregates else self._idle.get(id)

    @property
    def unfolded(self) -> Collection[str]:
        """The ids of aggregates that have changed since they have left memory."""
        return self._unfolded.keys()

    def bring_back(self, aggregate: Aggregate) -> None:
        """Hold on to an aggregate as its snapshot has it, moved on by what has happened since."""
        for event in self._unfolded.pop(aggregate.id, ()):
            aggregate.evolve(event)
        self.keep(aggregate)

    def version_of(self, id: str) -> int:
        """The version that an aggregate has come to, in memory or idle; 0 where there is none."""
        aggregate, unfolded = self._aggregates.get(id), self._unfolded.get(id)
        if aggregate is not None:
            return aggregate.version
        if unfolded:
            return unfolded[-1].originator_version
        place = self._idle.get(id)
        return place.version if place else 0

    def release(self, id: str) -> None:
        """Let go of an aggregate that had come back, and has not changed."""
        del self._aggregates[id]

    def evicted(self, id: str) -> list[int]:
        """Where the snapshot of an evicted aggregate may be, newest last; empty for most others."""
        idle = self._idle.get(id)
        return list(self._evicted.find(id)) if idle is None else [idle.offset]

    def advance(self, now: datetime) -> datetime:
        """Move time on to `now`; within a shard it never runs backwards, whatever clocks say."""
        if self.latest is None or now > self.latest:
            self.latest = now
        return self.latest


def _reason(event: DomainEvent, error: Exception) -> str:
    if isinstance(event, UnreadableEvent):
        return event.reason
    return f"{type(error).__name__}: {error}"
