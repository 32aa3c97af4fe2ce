"""A process that follows the shard, and owns it when it can: what `KafkaLog` does for real."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from application.ports.commands import Envelope
from tests.eventlog.counter import COUNTERS
from tests.eventlog.simulation.client import Attempt
from tests.eventlog.simulation.snapshots import Memory

if TYPE_CHECKING:
    from tests.eventlog.simulation.world import World


@dataclass(eq=False)
class Life:
    """A process from its start to its crash, and all that it published."""

    owner: str
    crashed: bool = False
    published: list[tuple[int, str]] = field(default_factory=list)

    def publish(self, commit: Any) -> None:
        """Take an accepted commit, as the feed of the process does."""
        self.published.append((commit.seq, commit.command_id))


class Process:
    """Runs one shard; `world` decides when, and what reaches it."""

    def __init__(self, name: str, world: "World") -> None:
        self.name = name
        self.world = world
        self.skew = timedelta()
        self.frozen = False
        self.lives = 0
        self.start()

    def start(self) -> None:
        """Begin with nothing: no memory, a new producer, a name nobody has had."""
        self.lives += 1
        self.life = Life(f"{self.name}-{self.lives}")
        self.world.lives.append(self.life)
        self.producer = self.world.wire.connect(self.name, self._undelivered)
        self.inbox: list[Attempt] = []
        self.errors: list[float] = []
        self.position = 0
        self.known_end: int | None = None
        self.shard = self.world.code.Shard(
            COUNTERS,
            0,
            owner=self.life.owner,
            url=f"http://{self.life.owner}",
            append=self._append,
            restart=self._reread,
            publish=self.life.publish,
            absent=self._absent,
            wanted=self._wanted,
        )
        self.memory = Memory(self.world.code, self.world.snapshots, self.shard, self.world.random)
        self.begins = True

    def crash(self, sent: int) -> None:
        """Stop in the middle of everything, and start again; `sent` records had left."""
        self.world.wire.disconnect(self.producer, sent)
        self.life.crashed = True
        self.frozen = False
        self.start()

    @property
    def owns(self) -> bool:
        """Whether it takes itself for the owner."""
        return bool(self.shard.role is self.world.code.Role.OWNER)

    @property
    def now(self) -> datetime:
        """What its clock says."""
        return self.world.now + self.skew

    # -- its turn -------------------------------------------------------------------------------

    def turn(self, broker: int, limit: int) -> None:
        """Take delivery errors, a batch of records, deadlines: a turn of the event loop."""
        while self.errors and self.errors[0] <= self.world.monotonic:
            self.errors.pop(0)
            if self.shard.busy:
                self.shard.start_over("the record was not taken")
        if self.begins:
            self._begin()
        first = self.position
        batch = self.world.partition.read(broker, first, limit)
        self.position += len(batch)
        for offset, entry in enumerate(batch, first):
            if offset == self.shard.next_offset:  # the rest of a batch in which it started over
                self.shard.receive(offset, entry.value)
        self.memory.follow(limit)
        self.shard.tick(self.now, self.world.monotonic)
        self.memory.evictions.tick(self.world.monotonic)

    def _begin(self) -> None:
        self.memory.begin()
        self.position, self.begins = self.shard.next_offset, False

    def look(self) -> None:
        """Have what was looked up longest ago come back."""
        self.memory.look(now=self.now, monotonic=self.world.monotonic)

    def catch_up(self, broker: int) -> None:
        """Do whatever there is to do."""
        self.turn(broker, 1000)
        while self.inbox:
            self.serve()
        while self.memory.fetches:
            self.look()

    def ask_for_the_end(self, broker: int) -> None:
        """Ask where the partition ends; by the time it matters, that may be past."""
        self.known_end = self.world.partition.end(broker)

    def claim(self) -> None:
        """Claim the shard, if it has been read to where it ended when that was asked."""
        end, self.known_end = self.known_end, None
        follows = self.shard.role is self.world.code.Role.FOLLOWER
        if end is not None and follows and not self.begins and self.shard.next_offset >= end:
            self.shard.claim()

    def serve(self) -> None:
        """Decide the command that has waited longest for this process."""
        attempt = self.inbox.pop(0)
        self.shard.execute(
            Envelope(command_id=attempt.operation.id, command=attempt.operation.command),
            lambda outcome: self.world.history.answer(attempt, outcome, self),
            now=self.now,
            monotonic=self.world.monotonic,
        )

    def _append(self, key: str, value: bytes) -> None:
        self.world.wire.send(self.producer, value)

    def _absent(self, *pending: Any) -> None:
        self.memory.evictions.wait(*pending)

    def _wanted(self, ids: Collection[str]) -> None:
        self.memory.evictions.want(ids)

    def _reread(self) -> None:
        self.memory.evictions.drop("The shard is changing hands.")
        self.position, self.begins = 0, True

    def _undelivered(self) -> None:
        # A record is lost long before the producer's patience with it ends.
        patience = self.world.random.choice((0.0, 0.1, 0.4))
        self.errors = sorted([*self.errors, self.world.monotonic + patience])
