"""A world without servers: a log to read, a ledger that decides, and somebody who receives."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from application.effects.happenings import Happening
from application.effects.lines import Lines
from application.effects.ports import Effect
from application.effects.rules import RuleOrders
from application.effects.runner import RuleRunner
from application.envelopes import VerdictMessage
from application.ports.commands import Answer, Envelope
from application.ports.deliveries import Delivery
from application.ports.reading import Batch, Checkpoint, LogReader
from domain.effects.actions import AnyAction, FileLine
from domain.effects.ledger import LineCommand, SourcePlace, TakeLine
from domain.effects.line import EffectLine
from domain.effects.names import line_id
from domain.events import DomainEvent, Position
from domain.refusals import Refusal
from projections.effects.fold import EffectRow, LedgerFold
from tests.given import T0

TOPIC = "QUEUE_JOINED"
FILE = FileLine(file="joins")


def orders(action: AnyAction = FILE, **others: Any) -> RuleOrders:
    """A rule on everything that happens."""
    given: dict[str, Any] = {
        "where": {},
        "of_type": None,
        "begins": (),
        "since": None,
        "status": "active",
        "version": 1,
    }
    return RuleOrders(name="r", topic=TOPIC, action=action, **{**given, **others})


class Topic:
    """Events by partition; those before `first` are gone."""

    def __init__(self, partitions: int = 2) -> None:
        self.events: dict[int, list[Happening]] = {p: [] for p in range(partitions)}
        self.first = 0

    def happens(self, partition: int = 0, **facts: object) -> Position:
        """Something happens."""
        position = Position(TOPIC, partition, len(self.events[partition]))
        self.events[partition].append(Happening(position, "", T0, facts))
        return position


class Reader:
    """Reads a topic; implements what rules ask of a `LogReader`."""

    def __init__(self, topic: Topic) -> None:
        self._topic = topic
        self._at = dict.fromkeys(topic.events, 0)

    def start(self, checkpoints: Sequence[Checkpoint]) -> None:
        self._at |= {each.partition: each.offset for each in checkpoints}

    def read(self, limit: int, timeout: float) -> Batch:
        events: list[Happening] = []
        for partition, at in self._at.items():
            there = self._topic.events[partition][at : at + limit]
            self._at[partition] += len(there)
            events += there
        return Batch(events, self.checkpoints())

    def checkpoints(self) -> Sequence[Checkpoint]:
        return [Checkpoint(TOPIC, p, at, 0, "", at) for p, at in self._at.items()]

    def ends(self) -> Mapping[tuple[str, int], int]:
        return {(TOPIC, p): len(events) for p, events in self._topic.events.items()}

    def acknowledge(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Nobody looks at the lag."""

    def held(self) -> Collection[tuple[str, int]]:
        return ()

    def take_up(self, checkpoints: Sequence[Checkpoint]) -> None:
        raise AssertionError("A rule is no member of a group.")

    def close(self) -> None:
        """Hold nothing."""


class Source:
    """Implements `runner.RuleSource`."""

    def __init__(self, topic: Topic) -> None:
        self.reader: LogReader = Reader(topic)
        self._topic = topic

    def happenings(self, events: Iterable[Any]) -> Iterable[Happening]:
        return events

    def find(
        self, partition: int, place: SourcePlace, seqs: Collection[int]
    ) -> Mapping[int, Happening]:
        there = self._topic.events[partition][max(place.offset, self._topic.first) :]
        return {each.position.seq: each for each in there if each.position.seq in seqs}


class Ledger:
    """Decides commands about lines, remembers their ids, and what happened."""

    def __init__(self) -> None:
        self.now = T0
        self.lines: dict[str, EffectLine] = {}
        self.events: list[DomainEvent] = []
        self.decided: list[tuple[bool, str]] = []
        """Of each decision that a worker got, whether the line was its at the time, and which."""

        self._answers: dict[str, VerdictMessage] = {}
        self._reigns: dict[str, str] = {}
        self._fold = LedgerFold(())

    def execute(self, envelopes: Sequence[Envelope]) -> list[VerdictMessage]:
        """Decide, once for each id."""
        return [self._once(each) for each in envelopes]

    def _once(self, envelope: Envelope) -> VerdictMessage:
        if envelope.command_id not in self._answers:
            self._answers[envelope.command_id] = verdict = self.decide(envelope.command)
            if verdict.refusal is None:
                self._note(envelope)
        return self._answers[envelope.command_id]

    def _note(self, envelope: Envelope) -> None:
        command, worker = envelope.command, envelope.command_id.rpartition(":")[0]
        assert isinstance(command, LineCommand)
        if isinstance(command, TakeLine):
            self._reigns[command.line] = worker
        self.decided.append((self._reigns.get(command.line) == worker, envelope.command_id))

    def decide(self, command: Any) -> VerdictMessage:
        """Decide one command."""
        assert isinstance(command, LineCommand)
        line = self.lines.setdefault(command.line, EffectLine(command.line))
        try:
            reply = line.decide(command, self.now)
        except Refusal as refusal:
            assert not line.collect_events()
            return VerdictMessage.of(refusal)
        for event in line.collect_events():
            self.events.append(event)
            self._fold.take(event)  # type: ignore[arg-type]
        return VerdictMessage.of(Answer(Position("effect-log", 0, len(self.events)), reply))

    @property
    def rows(self) -> Mapping[str, EffectRow]:
        """Every effect, as the read model has it."""
        return self._fold.changed

    @property
    def counts(self) -> Counter[tuple[str, str, Any]]:
        """How often what happened."""
        return self._fold.counts

    def statuses(self) -> list[str]:
        """How every effect stands."""
        return [row.status for row in self.rows.values()]


@dataclass
class Positions:
    """Implements `PositionStore`."""

    stored: dict[int, Checkpoint] = field(default_factory=dict)

    def load(self) -> Sequence[Checkpoint]:
        return list(self.stored.values())

    def save(self, checkpoints: Sequence[Checkpoint]) -> None:
        self.stored |= {each.partition: each for each in checkpoints}


Answering = Callable[[Effect], tuple[bool, Delivery]]
"""Whether an effect is done, and what is said of it."""


def accepts(_effect: Effect) -> tuple[bool, Delivery]:
    return True, Delivery("accepted")


class Receiver:
    """Counts what was done, by effect, and answers as it is told."""

    def __init__(self, answering: Answering = accepts) -> None:
        self.answering = answering
        self.done: Counter[str] = Counter()
        self.order: list[str] = []

    def perform(self, effects: Sequence[Effect]) -> list[Delivery]:
        """Take some effects."""
        return [self._take(each) for each in effects]

    def _take(self, effect: Effect) -> Delivery:
        is_done, delivery = self.answering(effect)
        self.done[effect.id] += is_done
        self.order += [effect.id] * is_done
        return delivery


class World:
    """All of it, and workers that come and go."""

    def __init__(self, rule: RuleOrders | None = None, partitions: int = 2) -> None:
        self.rule = rule or orders()
        self.topic = Topic(partitions)
        self.ledger = Ledger()
        self.receiver = Receiver()
        self.positions = Positions()
        self.monotonic = 0.0
        self._workers = 0

    def worker(
        self,
        execute: Callable[[Sequence[Envelope]], Sequence[VerdictMessage]] | None = None,
        perform: Callable[[Sequence[Effect]], Sequence[Delivery]] | None = None,
    ) -> RuleRunner:
        """A worker that has not begun."""
        self._workers += 1
        ids = {
            partition: line_id(self.rule.name, TOPIC, partition) for partition in self.topic.events
        }
        return RuleRunner(
            self.rule,
            Source(self.topic),
            Lines(ids, f"w{self._workers}", execute or self.ledger.execute),
            perform or self.receiver.perform,
            self.positions,
            clock=lambda: self.monotonic,
            wait=self.passes,
        )

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.monotonic += seconds
        self.ledger.now += timedelta(seconds=seconds)

    def works(self, worker: RuleRunner | None = None, steps: int = 5) -> RuleRunner:
        """Let a worker do what there is to do."""
        worker = worker or self.begun()
        for _ in range(steps):
            self.passes(1)
            worker.step(0)
        return worker

    def begun(self, **how: Any) -> RuleRunner:
        """A worker that has taken the lines."""
        worker = self.worker(**how)
        worker.resume()
        return worker

    @property
    def now(self) -> datetime:
        """What time it is."""
        return self.ledger.now
