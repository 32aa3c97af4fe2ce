"""What must hold of the log and of what clients were told, whatever happened on the way."""

from collections.abc import Callable, Iterator
from math import inf
from typing import TYPE_CHECKING

from application.ports.commands import Answer, Unavailable
from domain.refusals import Refusal
from tests.eventlog.counter import (
    Count,
    CountBelow,
    CounterCommand,
    CountFrom,
    Look,
    LookClosely,
    SetAlarm,
)
from tests.eventlog.simulation.client import Answered, Attempt, History, Operation
from tests.eventlog.simulation.fold import Fold, Violation, total_of
from tests.eventlog.simulation.linearizability import Call, is_linearizable
from tests.eventlog.simulation.truth import Truth
from tests.eventlog.simulation.weather import COUNTER_IDS

if TYPE_CHECKING:
    from tests.eventlog.simulation.process import Life


def check(truth: Truth, fold: Fold, history: History, lives: list["Life"]) -> None:
    """Raise `Violation` where an answer or a feed does not fit the log."""
    _check_feeds(truth, lives)
    answers = _Answers(truth, fold)
    for operation in history.operations.values():
        answers.check(operation)
    for counter in COUNTER_IDS:
        if not explainable(history, counter, must_be_fresh):
            raise Violation(f"no order of calls explains what clients were told of the {counter}")


def explainable(
    history: History, counter: str, fresh: Callable[[Operation, Answered], bool]
) -> bool:
    """Whether what clients were told of a counter, where `fresh` says so, is linearizable."""
    asked = [o for o in history.operations.values() if o.command.counter == counter]
    return is_linearizable([call for o in asked for call in _calls(o, fresh)], 0)


def must_be_fresh(operation: Operation, answered: Answered) -> bool:
    """Whether an answer that added nothing to the log may not be outdated.

    It may be where the command is not `confirmed` and the shard has been taken meanwhile.
    """
    return operation.command.confirmed or answered.is_current


def _check_feeds(truth: Truth, lives: list["Life"]) -> None:
    accepted = [(commit.seq, commit.command_id) for commit in truth.commits]
    for life in lives:
        if life.published != accepted[: len(life.published)]:
            raise Violation(f"{life.owner} published {life.published}, and not {accepted}")


class _Answers:
    """Holds every answer against the log."""

    def __init__(self, truth: Truth, fold: Fold) -> None:
        self._truth = truth
        self._fold = fold
        self._index = {commit.command_id: i for i, commit in enumerate(truth.commits)}

    def check(self, operation: Operation) -> None:
        """Check all that was answered to the attempts at one operation."""
        outcomes = [attempt.outcome for attempt in operation.attempts]
        if operation.id in self._index and all(isinstance(o, Refusal) for o in outcomes):
            raise Violation(f"{operation.id} was refused, and happened")
        for attempt in operation.attempts:
            if len(attempt.answers) != 1 and not (attempt.life.crashed and not attempt.answers):
                raise Violation(f"{operation.id} was answered {len(attempt.answers)} times")
            for answered in attempt.answers:
                self._check(attempt, answered)

    def _check(self, attempt: Attempt, answered: Answered) -> None:
        operation, outcome = attempt.operation, answered.outcome
        if isinstance(outcome, Refusal):
            self._check_refused(attempt, answered)
        elif isinstance(outcome, Answer) and isinstance(operation.command, Look | LookClosely):
            self._check_seen(operation, answered, outcome)
        elif isinstance(outcome, Answer):
            self._check_happened(operation, outcome)

    def _check_happened(self, operation: Operation, answer: Answer) -> None:
        commit = self._fold.commits.get(operation.id)
        if commit is None:
            raise Violation(f"{operation.id} was answered with success, and is not in the log")
        last = commit.seq + len(commit.events) - 1
        if (answer.position.seq, total_of(answer.reply)) != (last, total_of(commit.reply)):
            raise Violation(f"{operation.id} was answered {answer}, and the log says {commit}")

    def _check_seen(self, operation: Operation, answered: Answered, answer: Answer) -> None:
        floor, ceiling = self._reigned(operation, answered)
        events, seen = answer.position.seq + 1, total_of(answer.reply)
        if not floor <= events <= ceiling:
            raise Violation(f"{operation.id} saw {events} events instead of {floor} to {ceiling}")
        if seen is None or self._fold.totals[events][operation.command.counter] != seen.total:
            raise Violation(f"{operation.id} saw {seen} after {events} events, which never was")

    def _check_refused(self, attempt: Attempt, answered: Answered) -> None:
        operation = attempt.operation
        floor, ceiling = self._reigned(operation, answered)
        states = [totals[operation.command.counter] for totals in self._fold.totals]
        if not any(_refuses(operation.command, s) for s in states[floor : ceiling + 1]):
            raise Violation(f"{operation.id} was refused for what never was")
        happened_before = self._index.get(operation.id, inf) < attempt.commits_when_asked
        if happened_before and must_be_fresh(operation, answered):
            raise Violation(f"{operation.id} was refused after it had happened")

    def _reigned(self, operation: Operation, answered: Answered) -> tuple[int, int]:
        """How many events there were when who answered took the shard, and when it lost it."""
        reign = self._truth.reign(answered.owner, answered.epoch, answered.next_offset)
        if reign is None:
            raise Violation(f"{operation.id} was answered by {answered.owner}, who never owned")
        first, successor = reign
        if successor is None:
            return first.next_seq, len(self._fold.totals) - 1
        if successor.offset < answered.next_offset:
            raise Violation(f"{operation.id} was answered by who knew of {successor.owner}")
        return first.next_seq, successor.next_seq


# -- all answers together -----------------------------------------------------------------------


def _calls(operation: Operation, fresh: Callable[[Operation, Answered], bool]) -> Iterator[Call]:
    """What clients can tell of an operation, without looking at the log."""
    if not isinstance(operation.command, Look | LookClosely | SetAlarm):
        yield from _writes(operation)
    for attempt in operation.attempts:
        for answered in attempt.answers:
            if fresh(operation, answered):
                yield from _reads(operation.command, attempt, answered)


def _writes(operation: Operation) -> Iterator[Call]:
    command = operation.command
    possible = [a for a in operation.attempts if not isinstance(a.outcome, Refusal)]
    answers = [a.answers[0] for a in possible if isinstance(a.outcome, Answer)]
    if answers:
        first = min(answers, key=lambda answered: answered.at)
        total = total_of(first.outcome.reply)
        assert total is not None
        reached = total.total
        yield Call(
            possible[0].asked_at,
            first.at,
            lambda state: reached if _after(command, state) == reached else None,
        )
    elif possible:
        yield Call(possible[0].asked_at, inf, lambda state: _after(command, state), command)


def _reads(command: CounterCommand, attempt: Attempt, answered: Answered) -> Iterator[Call]:
    outcome = answered.outcome
    if isinstance(outcome, Refusal):
        yield Call(
            attempt.asked_at, answered.at, lambda state: state if _refuses(command, state) else None
        )
    elif isinstance(command, Look | LookClosely) and not isinstance(outcome, Unavailable):
        seen = total_of(outcome.reply)
        assert seen is not None
        total = seen.total
        yield Call(attempt.asked_at, answered.at, lambda state: state if state == total else None)


def _refuses(command: CounterCommand, total: int) -> bool:
    match command:
        case CountBelow():
            return total >= command.limit
        case CountFrom():
            return total != command.total
        case _:
            return False


def _after(command: CounterCommand, total: int) -> int | None:
    if _refuses(command, total):
        return None
    return total + (command.times if isinstance(command, Count) else 1)
