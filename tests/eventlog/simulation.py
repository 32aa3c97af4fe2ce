"""Shards of several processes against one simulated partition, driven by a seed.

The wire loses, delays, reorders and duplicates what is appended; processes freeze (they are not
scheduled for a while, their records go on) and crash (they forget everything). At the end, every
success must be in the accepted sequence once, and that sequence must fold without a gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from application.ports import Answer
from domain.events import Metadata
from infra.eventlog.gate import Gate
from infra.eventlog.records import Claim, Codec
from infra.eventlog.shard import Outcome, Role, Shard
from tests.eventlog.counter import COUNTERS, Count, Counted
from tests.given import T0


class Violation(AssertionError):
    """The log promised something that it did not keep."""


@dataclass
class Process:
    name: str
    world: "World"
    shard_type: type[Shard]
    shard: Shard = field(init=False)
    read_from: int = 0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.read_from = 0
        self.world.incarnations += 1
        self.shard = self.shard_type(
            COUNTERS,
            0,
            owner=f"{self.name}-{self.world.incarnations}",
            url="",
            append=lambda key, value: self.world.wire.append(value),
            restart=self.reread,
            publish=lambda commit: None,
        )

    def reread(self) -> None:
        self.read_from = 0

    def read(self) -> None:
        if self.read_from < len(self.world.log):
            offset = self.read_from
            self.read_from += 1
            self.shard.receive(offset, self.world.log[offset])

    def claim(self) -> None:
        if self.read_from == len(self.world.log) and self.shard.role is Role.FOLLOWER:
            self.shard.claim()

    def count(self, command_id: str) -> None:
        def done(outcome: Outcome) -> None:
            if isinstance(outcome, Answer):
                self.world.answered.append((command_id, outcome))

        self.shard.execute(Count(), command_id, Metadata(), done, now=self.world.now, monotonic=0.0)


class World:
    """One seed's run. `gate_type` and `shard_type` may lack a rule, to show that it is needed."""

    def __init__(
        self, seed: int, gate_type: type[Gate] = Gate, shard_type: type[Shard] = Shard
    ) -> None:
        self.random = Random(seed)
        self.gate_type = gate_type
        self.log: list[bytes] = []
        self.wire: list[bytes] = []
        self.answered: list[tuple[str, Answer]] = []
        self.incarnations = 0
        self.commands = 0
        self.now: datetime = T0
        self.processes = [Process(name, self, shard_type) for name in "abc"]

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.now += timedelta(milliseconds=1)
            self.random.choices(
                (self.deliver, self.read, self.command, self.claim, self.disturb),
                (30, 60, 30, 6, 4),
            )[0]()
        self.settle()
        self.check()

    def settle(self) -> None:
        while self.wire:
            self.deliver()
        for process in self.processes:
            while process.read_from < len(self.log):
                process.read()

    def deliver(self) -> None:
        if self.wire:
            # Mostly in order, as Kafka does; sometimes a record overtakes others.
            late = self.random.random() < 0.2
            index = self.random.randrange(len(self.wire)) if late else 0
            self.log.append(self.wire.pop(index))

    def read(self) -> None:
        self.random.choice(self.processes).read()

    def command(self) -> None:
        again = self.commands and self.random.random() < 0.2
        number = self.random.randrange(self.commands) if again else self.commands
        self.commands = max(self.commands, number + 1)
        self.random.choice(self.processes).count(f"command-{number}")

    def claim(self) -> None:
        self.random.choice(self.processes).claim()

    def disturb(self) -> None:
        disturbance = self.random.randrange(4)
        if disturbance == 0 and self.wire:
            self.wire.pop(self.random.randrange(len(self.wire)))
        elif disturbance == 1 and self.wire:
            self.wire.append(self.random.choice(self.wire))
        elif disturbance == 2 and self.log:
            self.wire.append(self.random.choice(self.log[-20:]))
        elif disturbance == 3 and self.random.random() < 0.3:
            self.random.choice(self.processes).start()

    def accepted(self) -> Sequence[Any]:
        gate, codec, commits = self.gate_type(), Codec(COUNTERS), []
        for value in self.log:
            record = codec.decode(value)
            if isinstance(record, Claim):
                gate.claim(record.epoch, record.owner)
            elif gate.commit(record.epoch, record.owner, record.seq, len(record.events)):
                commits.append(record)
        return commits

    def check(self) -> None:
        commits = self.accepted()
        total = 0
        for commit in commits:
            for event in commit.events:
                assert isinstance(event, Counted)
                total += 1
                if event.total != total:
                    raise Violation(f"{commit.command_id} was decided on another fold")
        ids = [commit.command_id for commit in commits]
        if len(ids) != len(set(ids)):
            raise Violation("a command happened twice")
        by_seq = {commit.seq: commit.command_id for commit in commits}
        for command_id, answer in self.answered:
            if by_seq.get(answer.position.seq) != command_id:
                raise Violation(f"{command_id} was answered and is not in the log")
