"""Several logs that share the shards of one topic, on a real Kafka; each stands for a process."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from application.log.shard import Role
from application.ports.commands import Answer, Envelope, Unavailable
from application.ports.reading import ShardId
from domain.category import Category
from infra.eventlog.log import KafkaLog
from infra.eventlog.membership import Membership
from infra.eventlog.peers import OwnerGone
from infra.eventlog.routing import RoutedLog
from tests.conftest import Hall
from tests.eventlog.counter import Count, Look, Total
from tests.eventlog.test_log import PARTITIONS, category, kafka, until

__all__ = ["category", "kafka"]

COUNTERS = [f"counter-{n}" for n in range(12)]


@dataclass
class Processes:
    """Processes that reach each other by name instead of over HTTP."""

    kafka: str
    category: Category
    group: str = field(default_factory=lambda: f"owners-{uuid.uuid4().hex[:8]}")
    running: dict[str, "Process"] = field(default_factory=dict)

    async def start(self, name: str, *, joins: bool = True) -> "Process":
        partitions = {self.category.topic: PARTITIONS}
        membership = Membership(self.kafka, partitions, url=name, group=self.group)
        log = KafkaLog(
            self.kafka,
            [self.category],
            partitions,
            owner=f"{name}-{uuid.uuid4().hex[:8]}",
            url=name,
            wants=membership.wants,
            ask=self.ask_for,
        )
        self.running[name] = process = Process(name, self, log, membership)
        await log.start()
        if joins:
            await membership.start()
        return process

    async def send(self, url: str, envelope: Envelope, until: float) -> Answer:
        return await self._reach(url).execute(envelope)

    async def ask_for(self, url: str, shards: Sequence[ShardId]) -> None:
        await self._reach(url).hand_over(shards)

    def _reach(self, url: str) -> KafkaLog:
        if url not in self.running:
            raise OwnerGone(f"{url} is gone.")
        return self.running[url].log


@dataclass
class Process:
    name: str
    processes: Processes
    log: KafkaLog
    membership: Membership

    @property
    def routed(self) -> RoutedLog:
        return RoutedLog(self.log, self.processes.send)

    @property
    def owned(self) -> int:
        return sum(shard.role is Role.OWNER for shard in self.log.shards)

    @property
    def ready(self) -> bool:
        return self.membership.settled and self.log.ready

    async def count(self, counter: str, command_id: str = "") -> Answer:
        command_id = command_id or uuid.uuid4().hex
        return await self.routed.execute(
            Envelope(command_id=command_id, command=Count(counter=counter))
        )

    async def leave(self) -> None:
        alone = self.membership.alone
        await self.membership.leave()
        if not alone:
            await self.log.ownership.handed_over(10)
        await self.stop()

    async def stop(self) -> None:
        if self.processes.running.get(self.name) is self:
            del self.processes.running[self.name]
        await self.membership.leave()
        await self.log.stop()


@pytest.fixture
async def processes(servers: Hall, category: Category) -> AsyncIterator[Processes]:
    processes = Processes(servers.kafka, category)
    yield processes
    for process in list(processes.running.values()):
        await process.stop()


async def totals(process: Process) -> list[int]:
    answers = await asyncio.gather(
        *(
            process.routed.execute(Envelope(command_id="look", command=Look(counter=c)))
            for c in COUNTERS
        )
    )
    return [answer.reply.total for answer in answers if isinstance(answer.reply, Total)]


async def test_processes_divide_the_shards_and_each_decides_for_everybody(
    processes: Processes,
) -> None:
    first = await processes.start("first")
    await until(lambda: first.owned == PARTITIONS)
    second = await processes.start("second")
    await until(lambda: first.ready and second.ready and second.owned > 0)
    assert first.owned + second.owned == PARTITIONS
    assert first.owned > 0

    for process in (first, second, first):
        await asyncio.gather(*(process.count(counter) for counter in COUNTERS))
    assert await totals(first) == await totals(second) == [3] * len(COUNTERS)


async def test_nothing_is_lost_while_processes_come_and_go(
    processes: Processes,
) -> None:
    first = await processes.start("first")
    await until(lambda: first.owned == PARTITIONS)
    counting = Counting(first)
    second = await processes.start("second")
    await until(lambda: first.owned < PARTITIONS and first.ready and second.ready)
    await counting.more()
    await second.leave()
    await until(lambda: first.owned == PARTITIONS)
    await counting.more()
    answered = await counting.finish()
    assert await totals(first) == answered


async def test_a_process_that_is_gone_is_replaced(processes: Processes) -> None:
    first, second = await processes.start("first"), await processes.start("second")
    await until(lambda: first.ready and second.ready and min(first.owned, second.owned) > 0)
    await asyncio.gather(*(first.count(counter) for counter in COUNTERS))

    await second.stop()  # which lets go of nothing
    await until(lambda: first.owned == PARTITIONS)
    await asyncio.gather(*(first.count(counter) for counter in COUNTERS))
    assert await totals(first) == [2] * len(COUNTERS)


async def test_a_successor_at_the_same_address_does_not_wait_for_the_group(
    processes: Processes,
) -> None:
    first = await processes.start("first")
    await until(lambda: first.owned == PARTITIONS)
    await first.count("counter-0")
    await first.log.stop()  # which neither leaves the group nor lets go of anything

    again = await processes.start("first", joins=False)
    await until(lambda: again.owned == PARTITIONS)
    assert (await again.count("counter-0")).reply == Total(2)
    await first.membership.leave()


async def test_who_is_asked_takes_over_from_an_owner_that_is_gone(processes: Processes) -> None:
    first, second = await processes.start("first"), await processes.start("second")
    await until(lambda: first.ready and second.ready and min(first.owned, second.owned) > 0)
    await asyncio.gather(*(first.count(counter) for counter in COUNTERS))
    processes.running.pop("second")  # the group still counts on it

    counting = Counting(first)
    await counting.more()
    assert first.owned == PARTITIONS
    answered = await counting.finish()
    assert await totals(first) == [1 + count for count in answered]
    processes.running["second"] = second


class Counting:
    """Counts every counter again and again, and knows how often it was answered."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._answered = dict.fromkeys(COUNTERS, 0)
        self._stopped = False
        self._tasks = [asyncio.ensure_future(self._count(counter)) for counter in COUNTERS]

    async def _count(self, counter: str) -> None:
        while not self._stopped:
            command_id = uuid.uuid4().hex
            while not await self._is_answered(counter, command_id):
                pass
            self._answered[counter] += 1

    async def _is_answered(self, counter: str, command_id: str) -> bool:
        try:
            await self._process.count(counter, command_id)
        except Unavailable:  # a slow machine; repeated as clients do
            return False
        return True

    async def more(self) -> None:
        """Wait until every counter has been counted twice more."""
        goal = {counter: n + 2 for counter, n in self._answered.items()}

        def reached() -> bool:
            failed = [task for task in self._tasks if task.done()]
            return bool(failed) or all(self._answered[c] >= n for c, n in goal.items())

        await until(reached)

    async def finish(self) -> list[int]:
        self._stopped = True
        await asyncio.gather(*self._tasks)
        return list(self._answered.values())
