"""The smallest aggregate whose events show whether they were decided on the right fold.

It leaves memory when it is idle, unless its alarm is set.
"""

from datetime import datetime, timedelta
from typing import ClassVar

import msgspec

from domain.aggregate import Aggregate, Command, Reply, decides, evolves
from domain.category import Category
from domain.events import DomainEvent
from domain.refusals import Refusal
from domain.snapshot import Snapshot, State


class Counted(DomainEvent, frozen=True, kw_only=True, tag="counter.counted.v1"):
    total: int


class Alarmed(DomainEvent, frozen=True, kw_only=True, tag="counter.alarmed.v1"):
    at: datetime


class Rang(DomainEvent, frozen=True, kw_only=True, tag="counter.rang.v1"):
    pass


class CounterCommand(Command, frozen=True, kw_only=True):
    counter: str = "counter"

    @property
    def aggregate_id(self) -> str:
        return self.counter


class Count(CounterCommand, frozen=True, kw_only=True, tag="counter.count"):
    times: int = 1


class CountBelow(CounterCommand, frozen=True, kw_only=True, tag="counter.count-below"):
    """Counts once, unless the total has reached a limit."""

    limit: int


class CountFrom(CounterCommand, frozen=True, kw_only=True, tag="counter.count-from"):
    """Counts once if the total is the expected one, and is never told otherwise by a zombie."""

    confirmed = True

    total: int


class SetAlarm(CounterCommand, frozen=True, kw_only=True, tag="counter.set-alarm"):
    seconds: float


class Ring(CounterCommand, frozen=True, kw_only=True, tag="counter.ring"):
    pass


class Look(CounterCommand, frozen=True, kw_only=True, tag="counter.look"):
    pass


class LookClosely(CounterCommand, frozen=True, kw_only=True, tag="counter.look-closely"):
    confirmed = True


class Stumble(CounterCommand, frozen=True, kw_only=True, tag="counter.stumble"):
    """Breaks off after its first event, as a bug would."""


class TooHigh(Refusal):
    type = "too-high"


class Moved(Refusal):
    type = "moved"


class Total(msgspec.Struct, frozen=True):
    total: int


class CounterState(State, frozen=True, kw_only=True, tag="counter.snapshot.v1"):
    total: int
    alarm: datetime | None
    rung: int


class Counter(Aggregate):
    evicted_when_idle = True
    states: ClassVar[tuple[type[State], ...]] = (CounterState,)

    total = 0
    alarm: datetime | None = None
    rung = 0

    @decides(Count)
    def count(self, command: Count, now: datetime) -> Reply:
        if command.times > 100:
            raise TooHigh(f"{command.times} is more than 100 at once.")
        for _ in range(command.times):
            self._record(Counted, total=self.total + 1)
        return Total(self.total)

    @decides(CountBelow)
    def count_below(self, command: CountBelow, now: datetime) -> Reply:
        if self.total >= command.limit:
            raise TooHigh(f"{self.total} has reached {command.limit}.")
        self._record(Counted, total=self.total + 1)
        return Total(self.total)

    @decides(CountFrom)
    def count_from(self, command: CountFrom, now: datetime) -> Reply:
        if self.total != command.total:
            raise Moved(f"The total is {self.total} and not {command.total}.")
        self._record(Counted, total=self.total + 1)
        return Total(self.total)

    @decides(SetAlarm)
    def set_alarm(self, command: SetAlarm, now: datetime) -> Reply:
        self._record(Alarmed, at=now + timedelta(seconds=command.seconds))
        return None

    @decides(Ring)
    def ring(self, command: Ring, now: datetime) -> Reply:
        self._record(Rang)
        return None

    @decides(Look)
    def look(self, command: Look, now: datetime) -> Reply:
        return Total(self.total)

    @decides(LookClosely)
    def look_closely(self, command: LookClosely, now: datetime) -> Reply:
        return Total(self.total)

    @decides(Stumble)
    def stumble(self, command: Stumble, now: datetime) -> Reply:
        self._record(Counted, total=self.total + 1)
        raise ZeroDivisionError

    @evolves(Counted)
    def _counted(self, event: Counted) -> None:
        self.total += 1  # and not what the event says, so that one which is folded twice shows

    @evolves(Alarmed)
    def _alarmed(self, event: Alarmed) -> None:
        self.alarm = event.at

    @evolves(Rang)
    def _rang(self, event: Rang) -> None:
        self.alarm = None
        self.rung += 1

    @property
    def deadline(self) -> datetime | None:
        return self.alarm

    def on_deadline(self) -> Command:
        return Ring(counter=self.id)

    def state(self) -> CounterState:
        return CounterState(total=self.total, alarm=self.alarm, rung=self.rung)

    def _restore(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        assert isinstance(state, CounterState)
        self.total, self.alarm, self.rung = state.total, state.alarm, state.rung


COUNTERS = Category("counter", Counter)
