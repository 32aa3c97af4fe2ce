"""Ledgers of several processes against one simulated partition, driven by a seed.

As in `tests/eventlog/simulation/` the wire loses, delays, reorders and duplicates, and processes
crash. Here nobody reads anything again, so what a ledger rolls back is what is put to the test.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from eventsourcing.persistence import StoredEvent, Tracking

from application.log.gate import Gate
from application.log.records import Claim, Codec, Commit
from application.log.shard import Role, Shard
from application.ports.commands import Answer, Envelope, Unavailable, Verdict
from infra.eventlog.recorders.events import Stored
from infra.eventlog.recorders.index import Index
from infra.eventlog.recorders.ledger import Conflict, Insert
from infra.eventlog.recorders.shard import LedgerShard, ledger_category
from tests.given import T0

CATEGORY = ledger_category("simulated")


class Violation(AssertionError):
    """A ledger promised something that it did not keep."""


@dataclass
class Process:
    """Inserts, and repeats with the same id what is not certain, as recorders do."""

    name: str
    world: "World"
    new_shard: Callable[..., LedgerShard]
    index: Index = field(init=False)
    shard: Shard = field(init=False)
    read_from: int = 0
    waiting: list[tuple[str, Insert]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.read_from, self.waiting = 0, []
        self.world.incarnations += 1
        made = self.new_shard(
            CATEGORY,
            owner=f"{self.name}-{self.world.incarnations}",
            append=lambda key, value: self.world.wire.append(value),
            restart=self.world.nobody_reads_again,
            accepted=lambda offset, commit: None,
        )
        self.index, self.shard = made.index, made.shard

    def read(self) -> None:
        if self.read_from < len(self.world.log):
            self.read_from += 1
            self.shard.receive(self.read_from - 1, self.world.log[self.read_from - 1])

    def claim(self) -> None:
        if self.read_from == len(self.world.log) and self.shard.role is Role.FOLLOWER:
            self.shard.claim()

    def insert(self, command_id: str, command: Insert) -> None:
        def done(outcome: Verdict) -> None:
            if isinstance(outcome, Unavailable):
                self.waiting.append((command_id, command))
            else:
                self.world.outcomes.append((command_id, command, outcome))

        envelope = Envelope(command_id=command_id, command=command)
        self.shard.execute(envelope, done, now=T0, monotonic=0.0)

    def insert_waiting(self) -> None:
        if self.shard.role is Role.OWNER:
            waiting, self.waiting = self.waiting, []
            for each in waiting:
                self.insert(*each)


class World:
    """One seed's run. What `new_shard` makes may lack a rule, to show that it is needed."""

    def __init__(self, seed: int, new_shard: Callable[..., LedgerShard] = LedgerShard) -> None:
        self.random = Random(seed)
        self.log: list[bytes] = []
        self.wire: list[bytes] = []
        self.outcomes: list[tuple[str, Insert, Answer | Exception]] = []
        self.incarnations = 0
        self.commands = 0
        self.processes = [Process(name, self, new_shard) for name in "abc"]

    def nobody_reads_again(self) -> None:
        raise Violation("a ledger asked for the whole topic again")

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.random.choices(
                (self.deliver, self.read, self.insert, self.claim, self.disturb),
                (30, 70, 30, 5, 4),
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
            late = self.random.random() < 0.1
            self.log.append(self.wire.pop(self.random.randrange(len(self.wire)) if late else 0))

    def read(self) -> None:
        self.random.choice(self.processes).read()

    def claim(self) -> None:
        self.random.choice(self.processes).claim()

    def insert(self) -> None:
        process = self.random.choice(self.processes)
        process.insert_waiting()
        self.commands += 1
        process.insert(f"command-{self.commands}", self.some_insert(process.index))

    def some_insert(self, index: Index) -> Insert:
        """Mostly what comes next, by what this process knows."""
        originator = self.random.choice("xyz")
        latest = index.of(originator, None, None, desc=True, limit=1)
        version = len(index) * bool(latest) + self.random.randrange(3)
        events = [
            StoredEvent(originator, version + i, "made", b"{}")
            for i in range(self.random.randrange(1, 3))
        ]
        tracked = index.tracked.get("upstream", 0) + self.random.randrange(3)
        return Insert(
            events=events,
            tracking=Tracking("upstream", tracked) if self.random.random() < 0.2 else None,
        )

    def disturb(self) -> None:
        disturbance = self.random.randrange(4)
        if disturbance == 0 and self.wire:
            self.wire.pop(self.random.randrange(len(self.wire)))
        elif disturbance == 1 and self.log:
            self.wire.append(self.random.choice(self.log[-20:]))
        elif disturbance == 2:
            process = self.random.choice(self.processes)
            if process.shard.busy:
                process.shard.start_over("Kafka did not take a record")
        elif self.random.random() < 0.3:
            self.random.choice(self.processes).start()

    def accepted(self) -> Sequence[tuple[int, Commit[Any]]]:
        gate, codec, commits = Gate(), Codec(CATEGORY), list[tuple[int, Commit[Any]]]()
        for offset, value in enumerate(self.log):
            record = codec.decode(value)
            if isinstance(record, Claim):
                gate.claim(record.epoch, record.owner)
            elif gate.commit(record.epoch, record.owner, record.seq, len(record.events)):
                commits.append((offset, record))
        return commits

    def check(self) -> None:
        index, ids = Index(), dict[str, int]()
        for offset, commit in self.accepted():
            self.check_commit(index, commit)
            if commit.command_id in ids:
                raise Violation(f"{commit.command_id} happened twice")
            index.add(commit, offset)
            ids[commit.command_id] = len(index) - 1
        for outcome in self.outcomes:
            self.check_outcome(index, ids, *outcome)
        for process in self.processes:
            self.check_index(index, process.index)

    @staticmethod
    def check_commit(index: Index, commit: Commit[Any]) -> None:
        for event in commit.events:
            if isinstance(event, Stored):
                if index.has(event.originator_id, event.originator_version):
                    raise Violation(f"{event} is stored twice")
            elif event.originator_version <= index.tracked.get("upstream", -1):
                raise Violation(f"{event} is tracked backwards")

    def check_outcome(
        self, index: Index, ids: dict[str, int], id: str, insert: Insert, outcome: object
    ) -> None:
        if isinstance(outcome, Answer) and ids.get(id) != outcome.position.seq:
            raise Violation(f"{id} was answered and is not in the log")
        if isinstance(outcome, Conflict):
            tracking = insert.tracking
            tracked = tracking and tracking.notification_id <= index.tracked.get("upstream", -1)
            if not tracked and not any(
                index.has(str(event.originator_id), event.originator_version)
                for event in insert.events
            ):
                raise Violation(f"{id} was refused for what is not in the log")
            if id in ids:
                raise Violation(f"{id} was refused and is in the log")

    @staticmethod
    def check_index(index: Index, other: Index) -> None:
        same = len(index) == len(other) and index.tracked == other.tracked
        for originator in "xyz":
            found = [i.of(originator, None, None, desc=False, limit=None) for i in (index, other)]
            same = same and found[0] == found[1]
        if not same:
            raise Violation("a process does not know what is in the log")
