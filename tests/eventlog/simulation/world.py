"""One seed's run: three processes, three brokers, eight clients, and what befalls them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple, TypeVar

from application.ports.commands import Answer
from tests.eventlog.counter import Count
from tests.eventlog.simulation.broker import REPLICAS, Partition, Rejected
from tests.eventlog.simulation.check import check
from tests.eventlog.simulation.client import Client, History, Operation
from tests.eventlog.simulation.code import Code, as_it_is
from tests.eventlog.simulation.fold import Fold, Violation
from tests.eventlog.simulation.process import Life, Process
from tests.eventlog.simulation.snapshots import Snapshots
from tests.eventlog.simulation.truth import Truth
from tests.eventlog.simulation.weather import Theme, Weather
from tests.eventlog.simulation.wire import Request, Wire
from tests.given import T0

T = TypeVar("T")
STEPS = 750
STEP = timedelta(milliseconds=1)
PROCESSES = ("ann", "bob", "cid")
CLIENTS = 8


class Step(NamedTuple):
    """Something that may happen next, how often it does against the others, and how many times."""

    weight: float
    happen: Callable[[], object]
    times: Sequence[int] = (1,)


class World:
    """Everything a seed decides, unless a theme is given.

    `tell` hears of every step, for who replays one.
    """

    def __init__(
        self,
        seed: int,
        code: Code | None = None,
        theme: Theme | None = None,
        tell: Callable[..., object] = lambda line, *facts: None,
    ) -> None:
        self.random = Random(seed)
        self.code = code or as_it_is()
        self.tell = tell
        self.now: datetime = T0
        weather = Weather.of(theme) if theme else Weather.drawn(self.random)
        self.faults = weather.faults
        self.cut: list[tuple[str, int]] = []
        self.partition = Partition(idempotent="wild wire" not in self.faults)
        self.wire = Wire(self.partition, self._arrival)
        self.truth = Truth(self.code)
        self.history = History(self.truth)
        self.fold = Fold(self.history.operations)
        self.snapshots = Snapshots(self.code)
        self.lives: list[Life] = []
        self.processes = [Process(name, self) for name in PROCESSES]
        self.slow = self._pick(self.processes) if "slow reader" in self.faults else None
        self.loyalty = self._pick((0.2, 0.9))
        self.clients = [Client(f"client{n}", self.random, weather) for n in range(CLIENTS)]
        if "skew" in self.faults:
            for process in self.processes:
                process.skew = timedelta(seconds=self.random.uniform(-2, 2))

    def run(self, steps: int = STEPS) -> None:
        """Let `steps` things happen, then all faults end; raises `Violation`."""
        self.tell("faults: {}", ", ".join(self.faults) or "none")
        possible = list(self._possible())
        weights = [step.weight for step in possible]
        for step in self.random.choices(possible, weights, k=steps):
            self._pass(STEP)
            for _ in range(self._pick(step.times)):
                step.happen()
            self._follow()
        self.settle()
        check(self.truth, self.fold, self.history, self.lives)

    def _pick(self, possible: Sequence[T]) -> T:
        return possible[int(self.random.random() * len(possible))]

    def _follow(self) -> None:
        if self.truth.offset < len(self.partition.committed):
            for commit in self.truth.follow(self.partition.committed):
                self.fold.take(commit)

    def _possible(self) -> Iterator[Step]:
        yield Step(45, self.turn)
        yield Step(25, self.deliver, (1, 1, 2, 5))
        yield Step(20, self.ask, (1, 1, 2, 5))
        yield Step(20, self.serve, (1, 1, 2, 5))
        yield Step(20, self.claim)
        yield Step(25, self.look, (1, 1, 2, 5))
        yield Step(10, self.write_snapshots)
        yield Step(2, self.repeat_a_snapshot)
        yield Step(2, self.compact_snapshots)
        for fault, steps in self._disturbances().items():
            if fault in self.faults:
                yield from (Step(weight, happen) for weight, happen in steps)

    def _disturbances(self) -> dict[str, Sequence[tuple[float, Callable[[], object]]]]:
        return {
            "coups": [(1, self.depose), (1, self.heal_the_links)],
            "crashes": [(0.5, self.crash)],
            "cuts": [(1, self.cut_a_link), (0.7, self.heal_the_links)],
            "elections": [
                (40, self.replicate),
                (1, self.elect),
                (8, self.learn),
                (1, self.shrink),
                (2, self.expand),
                (0.4, self.stop_a_broker),
                (0.7, self.start_a_broker),
            ],
            "errors": [(2, self.give_up)],
            "freezes": [(0.7, self.freeze), (1, self.thaw)],
            "hand-overs": [(2, self.release)],
            "leaps": [(1, self.leap)],
            "wild wire": [(4, self.repeat_an_old_one)],
        }

    @property
    def monotonic(self) -> float:
        """Seconds since the beginning, by a clock that nobody sets."""
        return (self.now - T0).total_seconds()

    # -- processes and clients ------------------------------------------------------------------

    def turn(self) -> None:
        """A process looks at what has come in."""
        process = self._running()
        if process and (process is not self.slow or self.random.random() < 0.1):
            broker = self._believed_leader()
            if (process.name, broker) not in self.cut:
                self.tell("{} takes a turn at broker {}", process.life.owner, broker)
                process.turn(broker, self._pick((1, 1, 2, 3, 10)))

    def claim(self) -> None:
        """A process asks how far it has to read, or claims when it has; mostly if nobody owns."""
        process = self._running()
        owned = any(process.owns and self._is_alive(process) for process in self.processes)
        if owned and self.random.random() > (0.2 if "rivalry" in self.faults else 0.02):
            return
        if process and process.known_end is None:
            process.ask_for_the_end(self._believed_leader())
            if "old ends" in self.faults and self.random.random() < 0.5:
                process.known_end = 0  # a deposed leader, or one that lags, says what was long ago
        if process and process.known_end is not None and self.random.random() < 0.5:
            self.tell("{} would claim", process.life.owner)
            process.claim()

    def ask(self) -> None:
        """A client sends a command to the newest owner, to an older one, or just to anybody."""
        ready = [client for client in self.clients if not client.waits]
        process = self._asked()
        if process and ready:
            self._send(self._pick(ready).next_operation(), process)

    def _asked(self) -> Process | None:
        owners = [process for process in self.processes if process.owns]
        if self.random.random() < 0.05:
            return self._pick(self.processes)
        if owners and self.random.random() > self.loyalty:
            return self._pick(owners)
        return max(owners, key=lambda process: process.shard.gate.epoch, default=None)

    def _send(self, operation: Operation, process: Process) -> None:
        self.tell("{} is asked {} {}", process.life.owner, operation.id, operation.command)
        process.inbox.append(self.history.attempt(operation, process.life))

    def serve(self) -> None:
        """A process decides what it was asked."""
        busy = [process for process in self.processes if process.inbox and not process.frozen]
        if busy:
            process = self._pick(busy)
            self.tell("{} serves {}", process.life.owner, process.inbox[0].operation.id)
            process.serve()

    def look(self) -> None:
        """What a process looks up comes back, or nothing does, as while a broker is away."""
        looking = [p for p in self.processes if p.memory.fetches and not p.frozen]
        if looking:
            process = self._pick(looking)
            found = self.random.random() < 0.9
            self.tell("{} looks up {}: {}", process.life.owner, process.memory.fetches[0], found)
            if found:
                process.look()
            else:
                process.memory.fetches.pop(0)

    def write_snapshots(self) -> None:
        """The writer of checkpoints has its turn."""
        self.snapshots.write(self.truth)

    def repeat_a_snapshot(self) -> None:
        """Another writer, which is behind, writes what there was."""
        self.snapshots.repeat(self.random)

    def compact_snapshots(self) -> None:
        """The brokers tidy the topic of snapshots."""
        self.snapshots.compact(self.random)

    def crash(self) -> None:
        """A process ends and starts again."""
        process = self._victim()
        self.tell("{} crashes", process.life.owner)
        process.crash(sent=self.random.randrange(3))

    def freeze(self) -> None:
        """A process stands still, and does not know that it does."""
        process = self._victim()
        self.tell("{} freezes", process.life.owner)
        process.frozen = True

    def thaw(self) -> None:
        """A frozen process goes on where it was."""
        for process in self.processes:
            if process.frozen:
                self.tell("{} thaws", process.life.owner)
                process.frozen = False
                return

    def depose(self) -> None:
        """While the owner reaches no broker, and goes on being asked, another claims at once."""
        victim = self._victim()
        self._cut_off(victim, range(REPLICAS))
        self.slow = victim if self.slow else None
        rival = self._pick([p for p in self.processes if p is not victim])
        if not rival.frozen:
            rival.turn(self.partition.leader, 1000)
            rival.ask_for_the_end(self.partition.leader)
            rival.claim()

    def release(self) -> None:
        """An owner is told to let go; what it has sent is still on its way."""
        process = self._victim()
        if process.owns and not process.frozen:
            self.tell("{} lets go", process.life.owner)
            process.shard.release()

    def leap(self) -> None:
        """A while passes in which nothing happens."""
        self._pass(timedelta(seconds=self.random.uniform(0.1, 1.0)))

    def _victim(self) -> Process:
        """Mostly an owner, as that hurts."""
        owners = [process for process in self.processes if process.owns]
        aimed = owners and self.random.random() < 0.7
        return self._pick(owners if aimed else self.processes)

    def _is_alive(self, process: Process) -> bool:
        """Whether the others have reason to think so."""
        cut = (process.name, self.partition.leader) in self.cut
        return not (cut or process.frozen or process is self.slow)

    def _running(self) -> Process | None:
        process = self._pick(self.processes)
        return None if process.frozen else process

    def _pass(self, time: timedelta) -> None:
        self.now += time

    # -- the way to the brokers -----------------------------------------------------------------

    def deliver(self) -> None:
        """The record that was sent first arrives, or on a wild wire another one."""
        self.wire.acknowledge()
        broker = self._believed_leader()
        now, cut = self.monotonic, self.cut
        pending = [
            request
            for request in self.wire.pending
            if request.arrives_at <= now and (request.sender, broker) not in cut
        ]
        if pending:
            late = self.random.random() < 0.1
            request = self._pick(pending) if late else pending[0]
            answer = self.wire.deliver(request, broker)
            if "wild wire" in self.faults:
                self._double(request, broker)
            if "elections" not in self.faults:
                self._replicate_everything()
            self.tell("{!r} arrives at broker {}: {}", request.value, broker, answer or "appended")

    def _double(self, request: Request, broker: int) -> None:
        """The network doubles a record; one without events is where that is hardest to notice."""
        if self.random.random() < (0.5 if b'"events":[]' in request.value else 0.1):
            self.wire.deliver(Request(None, request.session, 0, request.value), broker)

    def _arrival(self) -> float:
        held_up = "delays" in self.faults and self.random.random() < 0.3
        return self.monotonic + (self.random.uniform(0, 0.3) if held_up else 0)

    def give_up(self) -> None:
        """A producer reports an error for a record that may be in the log all the same."""
        if self.wire.requests:
            request = self._pick(self.wire.requests)
            self.tell("{!r} is given up", request.value)
            self.wire.give_up(request, lost=self.random.random() < 0.5)

    def repeat_an_old_one(self) -> None:
        """The network brings back what everybody has forgotten, and claims above all."""
        old = self.partition.committed
        claims = [entry for entry in old if b'"claim"' in entry.value]
        if claims:
            self.wire.send_again(self._pick(self._pick((old, claims))))

    def cut_a_link(self) -> None:
        """A process and a broker do not reach each other."""
        self._cut_off(self._victim(), self._pick((range(REPLICAS), [self._some_broker()])))

    def _cut_off(self, process: Process, brokers: Sequence[int]) -> None:
        self.tell("{} is cut off from {}", process.life.owner, list(brokers))
        self.cut.extend((process.name, broker) for broker in brokers)

    def heal_the_links(self) -> None:
        """They all do again."""
        self.tell("nobody is cut off")
        self.cut.clear()

    # -- brokers --------------------------------------------------------------------------------

    def _believed_leader(self) -> int:
        lost = "elections" in self.faults and self.random.random() < 0.15
        return self.random.randrange(REPLICAS) if lost else self.partition.leader

    def _replicate_everything(self) -> None:
        for id in range(REPLICAS):
            self.partition.replicate(id, 100)

    def _some_broker(self) -> int:
        return self.random.randrange(REPLICAS)

    def replicate(self) -> None:
        """A follower fetches."""
        self.partition.replicate(self._some_broker(), self._pick((1, 2, 5)))

    def elect(self) -> None:
        """The controller changes the leader."""
        id = self._some_broker()
        self.tell("broker {} is to lead", id)
        self.partition.elect(id)

    def learn(self) -> None:
        """A broker hears who leads."""
        self.partition.learn(self._some_broker())

    def shrink(self) -> None:
        """A follower that lags is no longer waited for."""
        self.partition.shrink(self._some_broker())

    def expand(self) -> None:
        """A follower has caught up."""
        self.partition.expand(self._some_broker())

    def stop_a_broker(self) -> None:
        """A broker goes down; the controller soon finds another leader."""
        id = self._some_broker()
        self.tell("broker {} stops", id)
        self.partition.brokers[id].up = False

    def start_a_broker(self) -> None:
        """Every broker comes back with its disk."""
        for broker in self.partition.brokers:
            broker.up = True

    # -- the end of all faults ------------------------------------------------------------------

    def settle(self) -> None:
        """Heal everything, and see that commands are answered again and alarms ring."""
        self.tell("all faults end")
        self.cut.clear()
        self.start_a_broker()
        self.partition.elect(min(self.partition.in_sync))
        for process in self.processes:
            process.frozen = False
        self._until(self._is_served)
        self._until(lambda: not self.fold.alarms)

    def _until(self, reached: Callable[[], bool]) -> None:
        for _ in range(40):
            self._fair_round()
            if reached():
                return
        raise Violation("all faults have ended, and the shard does not serve")

    def _fair_round(self) -> None:
        self._pass(timedelta(seconds=0.5))
        for id in range(REPLICAS):
            self.partition.learn(id)
        for request in self.wire.pending:
            if self.wire.deliver(request, self.partition.leader) is Rejected.OUT_OF_ORDER:
                self.wire.give_up(request, lost=True)
        for id in range(REPLICAS):
            self.partition.replicate(id, 1000)
            self.partition.expand(id)
        self.wire.acknowledge()
        self._follow()
        for process in self.processes:
            process.catch_up(self.partition.leader)
        if not any(process.owns for process in self.processes):
            process = self._pick(self.processes)
            process.ask_for_the_end(self.partition.leader)
            process.claim()

    def _is_served(self) -> bool:
        """Whether a command that is sent until it succeeds has succeeded."""
        probe = self.history.operations.get("probe") or Operation("probe", Count(counter="plums"))
        if probe.attempts and isinstance(probe.attempts[-1].outcome, Answer):
            return True
        for process in self.processes:
            if process.owns:
                self._send(probe, process)
        return False
