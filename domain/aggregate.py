"""Decide publicly, evolve privately: the base of every aggregate.

An aggregate lists, by decorator, the commands it decides and the events it evolves by. Deciding
may refuse; evolving never does, because its events are already true.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar

import msgspec

from domain.events import DomainEvent
from domain.refusals import Refusal
from domain.snapshot import Snapshot, State


class Command(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="command", forbid_unknown_fields=True
):
    """An imperative for one aggregate; a subclass pins its name with `tag="waitroom.join"`.

    One that comes with a field nobody knows is not read: it would not do what was meant.

    `confirmed` commands are never answered by an owner that has lost its shard a moment ago, even
    where they append nothing: the owner first commits an empty record and reads it back.

    `makes` names the field, if there is one, with the id of what comes into being. It is given by
    whoever takes the command in, never by who sends it: such ids are asked for without their
    aggregate, so no two aggregates may hand out the same. Until then it is empty, which is no id
    and is not sent: such a command omits defaults.

    Those `by_hall` are issued by the hall alone, as steps of something larger: nobody sends one in,
    whatever the token.
    """

    confirmed: ClassVar[bool] = False
    by_hall: ClassVar[bool] = False
    makes: ClassVar[str] = ""

    @property
    def aggregate_id(self) -> str:
        """The stream key of the aggregate that decides this command."""
        raise NotImplementedError


class AggregateUnknown(Refusal, type="not-found", status=404):
    """No aggregate with this id has been opened."""


Reply = msgspec.Struct | None
Method = TypeVar("Method", bound=Callable[..., Any])


def decides(command: type[Command]) -> Callable[[Method], Method]:
    """Mark `method(self, command, now) -> Reply` as the decision of that command."""
    return _mark("_decides", command)


def evolves(event: type[DomainEvent]) -> Callable[[Method], Method]:
    """Mark `method(self, event) -> None` as the evolution by that event."""
    return _mark("_evolves", event)


def _mark(name: str, value: type) -> Callable[[Method], Method]:
    def mark(method: Method) -> Method:
        setattr(method, name, value)
        return method

    return mark


class Aggregate:
    """A consistency boundary, rebuilt by folding its events.

    Satisfies `eventsourcing.domain.CollectEventsProtocol` and has the `id` and `version` of its
    `MutableAggregateProtocol`. `version` is 0 before the first event and counts up without gaps.
    """

    decisions: ClassVar[dict[type[Command], Callable[..., Reply]]] = {}
    evolutions: ClassVar[dict[type[DomainEvent], Callable[..., None]]] = {}
    of_people: ClassVar[bool] = False
    """Whether its id is that of a person, whom all of its events are about."""
    evicted_when_idle: ClassVar[bool] = False
    """Whether it may leave memory while nothing happens to it, and it has no deadline and no parts:
    of what there are ever more of. It comes back from its snapshot when somebody asks."""
    states: ClassVar[tuple[type[State], ...]] = ()
    """What its snapshots are made of: the whole first, then a part. Without, it has none."""

    def __init_subclass__(cls) -> None:
        bases = reversed(cls.__mro__)  # what a class says anew counts
        methods = [m for base in bases for m in vars(base).values() if callable(m)]
        cls.decisions = {m._decides: m for m in methods if hasattr(m, "_decides")}  # noqa: SLF001
        cls.evolutions = {m._evolves: m for m in methods if hasattr(m, "_evolves")}  # noqa: SLF001

    def __init__(self, id: str) -> None:
        self.id = id
        self.version = 0
        self._pending: list[DomainEvent] = []
        self._now: datetime | None = None

    def decide(self, command: Command, now: datetime) -> Reply:
        """Decide `command` at `now`; what happened waits in `collect_events`.

        Returns the answer for who asked. Raises `Refusal`, and then nothing has happened.
        """
        self._now = now
        return self.decisions[type(command)](self, command, now)

    def collect_events(self) -> Sequence[DomainEvent]:
        """Hand over the events recorded since the last call, oldest first."""
        pending, self._pending = self._pending, []
        return pending

    def evolve(self, event: DomainEvent) -> None:
        """Move the state on by an event that happened; never refuses."""
        self.version = event.originator_version
        self.evolutions[type(event)](self, event)

    @classmethod
    def fold(cls, id: str, events: Sequence[DomainEvent]) -> Self:
        """The aggregate as its events made it."""
        aggregate = cls(id)
        for event in events:
            aggregate.evolve(event)
        return aggregate

    def state(self) -> State:
        """What a snapshot holds beside the parts; to be encoded before anything else happens."""
        raise NotImplementedError(f"{type(self).__name__} has no snapshots.")

    @property
    def parts(self) -> Mapping[int, int]:
        """The parts that a large aggregate has, each with the version that changed it last.

        What is in a part follows from its number and that version alone, so one that has not
        changed since the last snapshot need not be written again.
        """
        return {}

    def part(self, number: int) -> State:
        """One of the parts; to be encoded before anything else happens."""
        raise NotImplementedError(f"{type(self).__name__} has no parts.")

    @classmethod
    def restore(cls, snapshot: Snapshot) -> Self:
        """The aggregate as it was; from there on, events lead where they would have led."""
        aggregate = cls(snapshot.originator_id)
        aggregate.version = snapshot.version
        aggregate._restore(snapshot)
        return aggregate

    def _restore(self, snapshot: Snapshot) -> None:
        raise NotImplementedError(f"{type(self).__name__} has no snapshots.")

    @property
    def finished(self) -> bool:
        """Whether nothing will ever happen to it again, as every command changes nothing by now.

        It may then be dropped from memory until somebody asks for it. Part of the fold, and final.
        """
        return False

    @property
    def view(self) -> Reply:
        """How it stands, for who looks at it from outside; None if there is nothing to tell."""
        return None

    @property
    def deadline(self) -> datetime | None:
        """When this aggregate wants `on_deadline` issued next, or None. Part of the fold."""
        return None

    def on_deadline(self) -> Command:
        """The command that is due at `deadline`."""
        raise NotImplementedError(f"{type(self).__name__} has no deadlines.")

    def _record(self, event: type[DomainEvent], **facts: Any) -> None:
        """Let an event happen: evolve by it at once, and keep it for the log."""
        happened = event(
            originator_id=self.id,
            originator_version=self.version + 1,
            timestamp=self._now,  # type: ignore[arg-type]
            **facts,
        )
        self.evolve(happened)
        self._pending.append(happened)
