"""Writers of checkpoints, of which some are zombies, on one simulated topic, driven by a seed.

Writers follow the log at their own pace, write one record at a time, freeze between any two, lose
records on the way, and crash. The topic is compacted at any time. Whoever restores must find
exactly what the log says, or say that the snapshots are of no use.
"""

from collections import deque
from random import Random

from application.log.fold import CannotFold, Fold
from application.log.snapshots.checkpoints import Checkpoints, Written
from application.log.snapshots.index import Restored, SnapshotIndex
from application.log.snapshots.records import (
    BEGINNING,
    Found,
    SnapshotCodec,
    final_key,
    whole_key,
)
from application.log.snapshots.restored import SnapshotsWrong
from application.ports.reading import Checkpoint
from domain.aggregate import Aggregate, Command
from domain.events import Metadata, Position, Recorded
from tests.eventlog.counter import Count, Counter, Ring, SetAlarm
from tests.eventlog.tally import TALLIES, Add, Close, Tally
from tests.given import T0

BATCH = 9
"""Events a writer folds at once, at most."""

IDLE_EVENTS = 8

Topic = list[tuple[int, str, bytes | None]]


class Corrupt(AssertionError):
    """Something was restored that is not what the log says."""


class Writer:
    """A process that writes checkpoints, at some place in the log and in the topic."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.start()

    def start(self) -> None:
        self.out: deque[Written] = deque()
        self.concluding = False
        index = self.world.index()
        self.read_to = len(self.world.topic_ever)
        try:
            begin, fold = index.restore()
        except SnapshotsWrong:
            begin, fold = Restored(BEGINNING, Fold(TALLIES))
        index.forget_states()
        self.offset = begin.offset
        self.checkpoints = Checkpoints(TALLIES, index, fold, begin, IDLE_EVENTS)

    def fold(self, count: int) -> None:
        if self.out:
            return  # a writer does one thing after the other
        events = self.world.events[self.offset : self.offset + count]
        self.offset += len(events)
        try:
            self.checkpoints.take(events, self.world.reached(self.offset), None)
        except CannotFold:
            self.mistrust()

    def mistrust(self) -> None:
        index = self.world.index()
        index.forget_states()
        self.offset = 0
        self.checkpoints = Checkpoints(TALLIES, index, Fold(TALLIES), BEGINNING, IDLE_EVENTS)

    def go_on(self) -> None:
        """Send a record, or read back, or begin with the next thing to write."""
        if self.out:
            self.world.append(*self.out.popleft())
        elif self.concluding:
            self.read_back()
            self.out.extend(self.checkpoints.conclude())
            self.concluding = False
        else:
            self.read_back()
            self.bring_back()
            self.out.extend(self.checkpoints.lacking())
            self.concluding = True

    def bring_back(self) -> None:
        try:
            for id, offset in self.checkpoints.absent():
                self.checkpoints.bring_back(id, self.world.found(offset))
                self.world.brought_back += 1
        except SnapshotsWrong:
            self.mistrust()

    def read_back(self) -> None:
        for record in self.world.topic_ever[self.read_to :]:
            self.checkpoints.put(*record)
        self.read_to = len(self.world.topic_ever)


class World:
    """One seed's run."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.deciding: dict[str, Aggregate] = {}
        self.events: list[Recorded] = []
        self.topic_ever: Topic = []
        self.topic: Topic = []
        self.restored = self.refused = self.tails = self.brought_back = self.idle = 0
        self.writers = [Writer(self) for _ in range(3)]
        self.awake = self.writers[0]

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.random.choices(
                (self.happen, self.fold, self.write, self.wake, self.crash, self.compact),
                (30, 20, 60, 4, 1, 4),
            )[0]()
            if self.random.random() < 0.2:
                self.restore()
        self.settle()

    def happen(self) -> None:
        decided = self.count() if self.random.random() < 0.5 else self.tally()
        for event in decided.collect_events():
            seq = len(self.events)
            position = Position("tally-log", 0, seq)
            self.events.append(Recorded(event, position, f"command-{seq}", Metadata()))

    def tally(self) -> Aggregate:
        # Nothing happens any more to most of them, so nothing that follows tells what they lack.
        id = f"tally-{len(self.events) // 20 + self.random.randrange(3)}"
        tally = self.deciding.setdefault(id, Tally(id))
        command = Close(tally=id) if self.random.random() < 0.05 else Add(tally=id, box=self.box())
        if not tally.finished:
            tally.decide(command, T0)
        return tally

    def count(self) -> Aggregate:
        # To some of them something happens after a long time.
        lately = len(self.events) // 20
        number = self.random.choice((lately, lately, self.random.randrange(lately + 1)))
        counter = self.deciding.setdefault(f"counter-{number}", Counter(f"counter-{number}"))
        commands: tuple[Command, ...] = (
            Count(counter=counter.id),
            Count(counter=counter.id, times=2),
            SetAlarm(counter=counter.id, seconds=1),
            Ring(counter=counter.id),
        )
        counter.decide(self.random.choices(commands, (6, 1, 1, 2))[0], T0)
        return counter

    def found(self, offset: int) -> Found | None:
        """What is at an offset of the topic, if it is there still."""
        there = {at: (key, value) for at, key, value in self.topic}
        key, value = there.get(offset, ("", None))
        return None if value is None else Found(key, value)

    def box(self) -> int:
        return self.random.randrange(3)

    def wake(self) -> None:
        """Freeze the one that works, until it is its turn again."""
        self.awake = self.random.choice(self.writers)

    def fold(self) -> None:
        self.awake.fold(self.random.randrange(1, BATCH + 1))

    def write(self) -> None:
        self.awake.go_on()

    def crash(self) -> None:
        self.awake.start()

    def append(self, key: str, value: bytes | None) -> None:
        if self.random.random() < 0.02:
            return  # lost on the way
        record = len(self.topic_ever), key, value
        self.topic_ever.append(record)
        self.topic.append(record)

    def compact(self) -> None:
        """Keep the newest record of each key in a part of the topic, and perhaps no deletions."""
        end = self.random.randrange(len(self.topic) + 1)
        newest = {key: offset for offset, key, _ in self.topic[:end]}
        deletions = self.random.random() < 0.5
        cleaned = [
            (offset, key, value)
            for offset, key, value in self.topic[:end]
            if newest[key] == offset and (value is not None or deletions)
        ]
        self.topic[:end] = cleaned

    def reached(self, offset: int) -> Checkpoint:
        return Checkpoint("tally-log", 0, offset, 1, "owner", offset)

    def index(self) -> SnapshotIndex:
        index = SnapshotIndex(TALLIES)
        for record in self.topic:
            index.put(*record)
        return index

    def restore(self) -> bool:
        """Restore as an owner does, and compare with the fold of the whole log."""
        index = self.index()
        try:
            begin, fold = index.restore()
            for recorded in self.events[begin.offset :]:
                fold.take((recorded.event,))
        except CannotFold:
            self.refused += 1
            return False
        if fold.doubt is not None:
            raise Corrupt(f"the log has ended, and there is doubt: {fold.doubt}")
        self.compare(fold)
        self.restored += 1
        self.tails += len(self.events) - begin.offset
        return True

    def compare(self, fold: Fold) -> None:
        for id, decided in self.deciding.items():
            self.idle += fold.idle(id) is not None
            found = fold.get(id) or self.looked_up(fold, id)
            if found is None or picture(found) != picture(decided):
                raise Corrupt(f"{id} was not restored as it was")

    def looked_up(self, fold: Fold, id: str) -> Aggregate | None:
        place = fold.idle(id)
        key = final_key(id) if place is None else whole_key(id, place.version)
        for offset in fold.evicted(id):
            found = self.found(offset)
            if found is not None and found.key == key:
                aggregate = SnapshotCodec(TALLIES).read(found)
                fold.bring_back(aggregate)
                return aggregate
        return None

    def settle(self) -> None:
        """The zombies are gone; one writer goes on, and puts everything in order."""
        writer = self.writers[0]
        while writer.offset < len(self.events) or writer.out:
            writer.go_on()
            writer.fold(1)
        for _ in range(100):
            writer.go_on()


def picture(aggregate: Aggregate) -> object:
    if isinstance(aggregate, Counter):
        return aggregate.version, aggregate.state()
    assert isinstance(aggregate, Tally)
    return aggregate.version, aggregate.boxes, aggregate.changed, aggregate.closed_at
