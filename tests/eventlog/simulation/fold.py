"""The accepted commits, decided once more by an aggregate that saw nothing but them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from domain.aggregate import Command, Reply
from domain.refusals import Refusal
from tests.eventlog.counter import Counter, Ring, Total
from tests.eventlog.simulation.client import Operation
from tests.eventlog.simulation.weather import COUNTER_IDS


class Violation(AssertionError):
    """The log promised something that it did not keep."""


class Fold:
    """Takes commits in the order of the log, and raises `Violation` where one does not follow.

    `commits` has them by command id, `totals[n]` what every counter had reached after n events.
    """

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations
        self._counters = {id: Counter(id) for id in COUNTER_IDS}
        self._latest: datetime | None = None
        self.commits: dict[str, Any] = {}
        self.totals = [dict.fromkeys(COUNTER_IDS, 0)]

    def take(self, commit: Any) -> None:
        """Hold a commit against what its command leads to here."""
        id, now = commit.command_id, commit.events[0].timestamp
        if id in self.commits:
            raise Violation(f"{id} happened twice")
        if commit.seq != len(self.totals) - 1:
            raise Violation(f"{id} is at {commit.seq}, after {len(self.totals) - 1} events")
        if self._latest and now < self._latest:
            raise Violation(f"{id} happened earlier than what it was decided on")
        self.commits[id] = commit
        self._latest = now
        self._decide_again(commit, now)

    def _decide_again(self, commit: Any, now: datetime) -> None:
        command = self._command(commit.command_id, now)
        counter = self._counters[command.aggregate_id]
        try:
            reply = counter.decide(command, now)
        except Refusal as refusal:
            raise Violation(f"{commit.command_id} happened, against {refusal}") from None
        if counter.collect_events() != commit.events or reply != total_of(commit.reply):
            raise Violation(f"{commit.command_id} was decided on another fold: {commit}")
        for event in commit.events:
            total = getattr(event, "total", counter.total)
            self.totals.append(self.totals[-1] | {counter.id: total})

    def _command(self, id: str, now: datetime) -> Command:
        kind, _, rest = id.partition("/")
        if kind != "deadline":
            return self._operations[id].command
        counter = self._counters[rest.partition("/")[0]]
        if counter.alarm is None or counter.alarm > now:
            raise Violation(f"{id} fired although no alarm was due")
        return Ring(counter=counter.id)

    @property
    def alarms(self) -> list[datetime]:
        """The alarms that have been set and not rung."""
        return [counter.alarm for counter in self._counters.values() if counter.alarm]


def total_of(reply: Reply | msgspec.Raw) -> Total | None:
    """A reply of a counter, which is still JSON where it was read from the log."""
    if isinstance(reply, msgspec.Raw):
        return msgspec.json.decode(reply, type=Total | None)
    assert reply is None or isinstance(reply, Total)
    return reply
