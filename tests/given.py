"""given(events).when(command).then(events): decisions read as sentences, without a server."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest

from domain.aggregate import Aggregate, Command, Reply
from domain.events import DomainEvent
from domain.refusals import Refusal

T0 = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """A moment, in seconds after the tests' fixed start of time."""
    return T0 + timedelta(seconds=seconds)


@dataclass
class Story:
    """One aggregate, what happened to it, and what is asked of it."""

    aggregate: Aggregate
    events: Sequence[DomainEvent] = ()
    reply: Reply = None
    refusal: Refusal | None = None
    history: list[DomainEvent] = field(default_factory=list)

    def when(self, command: Command, *, now: datetime = T0) -> Self:
        """Decide a command; a refusal is kept for `refuses`. May be chained."""
        self.refusal = self.reply = None
        try:
            self.reply = self.aggregate.decide(command, now)
        except Refusal as refusal:
            self.refusal = refusal
        self.events = self.aggregate.collect_events()
        self.history.extend(self.events)
        if self.refusal is not None:
            assert not self.events, "a refusal leaves no event"
        return self

    def then(self, *expected: type[DomainEvent]) -> Self:
        """The last command led to events of exactly these types."""
        assert self.refusal is None, f"refused: {self.refusal}"
        assert [type(event) for event in self.events] == list(expected)
        return self

    def with_facts(self, index: int = 0, /, **facts: Any) -> Self:
        """The event at `index` of the last command carries these facts."""
        event = self.events[index]
        assert {name: getattr(event, name) for name in facts} == facts
        return self

    def refuses(self, refusal: type[Refusal]) -> Self:
        """The last command was refused, with this refusal and a sentence."""
        assert type(self.refusal) is refusal, f"expected {refusal.__name__}, got {self.refusal!r}"
        assert str(self.refusal).endswith("."), "a refusal is a sentence"
        return self

    def folds_the_same(self) -> Self:
        """Folding the recorded events gives the same version as deciding them did."""
        folded = type(self.aggregate).fold(self.aggregate.id, self.history)
        assert folded.version == self.aggregate.version
        return self


def given(aggregate: Aggregate, *commands: Command, now: datetime = T0) -> Story:
    """A story that begins with commands that are not refused."""
    story = Story(aggregate)
    for command in commands:
        story.when(command, now=now)
        if story.refusal is not None:
            pytest.fail(f"given {command}, but it was refused: {story.refusal}")
    return story
