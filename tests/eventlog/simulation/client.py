"""Clients that ask, give up, and ask again with the same command id, and what they were told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from application.ports.commands import Answer
from domain.refusals import Refusal
from tests.eventlog.counter import Count, CountBelow, CounterCommand, CountFrom, SetAlarm
from tests.eventlog.simulation.weather import Weather

if TYPE_CHECKING:
    from tests.eventlog.simulation.process import Life, Process
    from tests.eventlog.simulation.truth import Truth


class Answered(NamedTuple):
    """An outcome, when it was given, by whom, and what that process knew."""

    at: int
    outcome: Any
    owner: str
    epoch: int
    next_offset: int
    is_current: bool


@dataclass(eq=False)
class Attempt:
    """One request for an operation, to one process."""

    operation: "Operation"
    life: "Life"
    asked_at: int
    commits_when_asked: int
    answers: list[Answered] = field(default_factory=list)

    @property
    def answer(self) -> Answered | None:
        """What it was answered, if it was."""
        return self.answers[0] if self.answers else None

    @property
    def outcome(self) -> Any:
        """What it was answered, or None."""
        return self.answers[0].outcome if self.answers else None


@dataclass(eq=False)
class Operation:
    """A command with its id, and every attempt at it."""

    id: str
    command: CounterCommand
    attempts: list[Attempt] = field(default_factory=list)


class History:
    """Every operation and every answer, against one count of moments."""

    def __init__(self, truth: "Truth") -> None:
        self._truth = truth
        self._moments = count()
        self.operations: dict[str, Operation] = {}

    def attempt(self, operation: Operation, life: "Life") -> Attempt:
        """A new request, to a process that may not live to answer it."""
        attempt = Attempt(operation, life, next(self._moments), len(self._truth.commits))
        self.operations[operation.id] = operation
        operation.attempts.append(attempt)
        return attempt

    def answer(self, attempt: Attempt, outcome: Any, process: "Process") -> None:
        """Take down what a process says, and whether by then the log has another owner."""
        shard = process.shard
        answered = Answered(
            next(self._moments),
            outcome,
            shard.owner,
            shard.gate.epoch,
            shard.next_offset,
            self._truth.is_owner(shard.owner, shard.gate.epoch),
        )
        attempt.answers.append(answered)

    @property
    def attempts(self) -> Sequence[Attempt]:
        """Every attempt at every operation."""
        return [a for operation in self.operations.values() for a in operation.attempts]


class Client:
    """Asks for one thing at a time, not always patiently."""

    def __init__(self, name: str, random: Random, weather: Weather) -> None:
        self._name = name
        self._random = random
        self._weather = weather
        self._numbers = count()
        self._operation: Operation | None = None

    @property
    def waits(self) -> bool:
        """Whether it waits for an answer, and has not lost patience with that just now."""
        asked = self._operation is not None and self._operation.attempts[-1].answer is None
        return asked and self._random.random() < 0.95

    def next_operation(self) -> Operation:
        """What it asks for now, perhaps not for the first time."""
        if self._operation is None or not self._goes_on_with(self._operation):
            self._operation = Operation(f"{self._name}-{next(self._numbers)}", self._command())
        return self._operation

    def _goes_on_with(self, operation: Operation) -> bool:
        answered = isinstance(operation.attempts[-1].outcome, Answer | Refusal)
        # An answer may have been lost on its way to the client, which then asks once more.
        return self._random.random() < (0.15 if answered else 0.85)

    def _command(self) -> CounterCommand:
        counter = self._random.choice(self._weather.counters)
        kind = self._random.choices(self._weather.kinds, self._weather.weights)[0]
        if kind is Count:
            return Count(counter=counter, times=self._random.choice((1, 1, 1, 2)))
        if kind is CountBelow:
            return CountBelow(counter=counter, limit=self._random.randrange(12))
        if kind is CountFrom:
            return CountFrom(counter=counter, total=self._random.randrange(8))
        if kind is SetAlarm:
            return SetAlarm(counter=counter, seconds=self._random.random())
        return kind(counter=counter)
