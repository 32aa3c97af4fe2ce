"""The fold of one shard: its aggregates, as the accepted events have made them."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from domain.aggregate import Aggregate, AggregateUnknown, Command
from domain.category import Category
from domain.events import DomainEvent
from infra.eventlog.records import UnreadableEvent


class CannotFold(Exception):
    """An accepted event that this version of the code cannot read, or breaks off at."""

    def __init__(self, event: DomainEvent, reason: str) -> None:
        super().__init__(
            f"an event of {event.originator_id!r} that this version cannot read ({reason})"
        )


class Fold:
    """Every aggregate of a shard by its id, and the time of the last event.

    Pure: what an aggregate is comes from the category alone, so all who fold the same accepted
    events (an owner, its standby, a writer of checkpoints) hold the same.
    """

    def __init__(self, category: Category) -> None:
        self._deciders = category.deciders
        self._evolvers = category.evolvers
        self._aggregates: dict[str, Aggregate] = {}
        self.latest: datetime | None = None

    def __iter__(self) -> Iterator[Aggregate]:
        return iter(self._aggregates.values())

    def __getitem__(self, id: str) -> Aggregate:
        return self._aggregates[id]

    def take(self, events: Iterable[DomainEvent]) -> None:
        """Move on by the events of one commit; raises `CannotFold`, and is then worth nothing."""
        for event in events:
            if isinstance(event, UnreadableEvent):
                raise CannotFold(event, event.reason)
            try:
                self._aggregate_of(event).evolve(event)
            except Exception as error:
                raise CannotFold(event, f"{type(error).__name__}: {error}") from error
            self.latest = event.timestamp

    def _aggregate_of(self, event: DomainEvent) -> Aggregate:
        aggregate = self._aggregates.get(event.originator_id)
        if aggregate is None:
            aggregate = self._evolvers[type(event)](event.originator_id)
            self._aggregates[event.originator_id] = aggregate
        return aggregate

    def aggregate_for(self, command: Command) -> Aggregate:
        """Who decides a command; a new aggregate, which `keep` adds, where its id is new.

        Raises `AggregateUnknown` where the id is that of another kind of aggregate.
        """
        decider = self._deciders[type(command)]
        aggregate = self._aggregates.get(command.aggregate_id)
        if aggregate is None:
            return decider(command.aggregate_id)
        if type(aggregate) is not decider:
            raise AggregateUnknown(
                f"{command.aggregate_id!r} is not the id of a {decider.__name__}."
            )
        return aggregate

    def keep(self, aggregate: Aggregate) -> None:
        """Hold on to an aggregate whose events have been decided here."""
        self._aggregates[aggregate.id] = aggregate

    def advance(self, now: datetime) -> datetime:
        """Move time on to `now`; within a shard it never runs backwards, whatever clocks say."""
        if self.latest is None or now > self.latest:
            self.latest = now
        return self.latest
