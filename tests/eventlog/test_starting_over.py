"""A process that has to begin a shard anew, in the middle of the records that it has just read."""

import asyncio
from collections.abc import Sequence

from confluent_kafka import TopicPartition

from application.log.shard import Role
from application.ports.commands import Answer, Envelope, NotOwned, Verdict
from domain.category import Category
from domain.events import Position
from infra.eventlog.log import KafkaLog
from tests.eventlog.counter import Count, Counter, Look, Total


class Folded(Counter):
    """One of which there are no snapshots, so that there is nothing to read but the log."""

    evicted_when_idle = False
    states = ()


COUNTERS = Category("counter", Folded)


class Record:
    """A record as the client gives it."""

    def __init__(self, offset: int, value: bytes) -> None:
        self._offset, self._value = offset, value

    def error(self) -> None:
        return None

    def topic(self) -> str:
        return COUNTERS.topic

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset

    def value(self) -> bytes:
        return self._value


class Partition:
    """A partition as one process has it, which reads all there is in one batch."""

    def __init__(self, values: list[bytes]) -> None:
        self._values = values
        self._position = 0

    def produce_batch(self, topic: str, records: Sequence[dict[str, bytes]], *_: object) -> int:
        self._values.extend(record["value"] for record in records)
        return len(records)

    def poll(self, seconds: float) -> int:
        return 0

    def consume(self, count: int, seconds: float) -> Sequence[Record]:
        first, self._position = self._position, len(self._values)
        return [Record(first + n, value) for n, value in enumerate(self._values[first:])]

    def seek(self, place: TopicPartition) -> None:
        self._position = place.offset


class Log(KafkaLog):
    """A log that reads and writes one list, whose turns are taken by hand."""

    def __init__(self, owner: str, values: list[bytes]) -> None:
        super().__init__("", [COUNTERS], {COUNTERS.topic: 1}, owner=owner, url="")
        self._producer = self._consumer = Partition(values)  # type: ignore[assignment]
        self._loop = asyncio.get_running_loop()
        self._beginning.clear()
        self._running = True
        self.shard = self.shards[0]

    def _wait(self, seconds: float) -> None:
        self._lazy = False

    def turn(self) -> None:
        self._turn()

    async def begin_again(self) -> None:
        await asyncio.gather(*(task for task in self._beginning.values() if task))

    def take(self) -> None:
        self.turn()
        self.shard.claim()
        self.turn()
        assert self.shard.role is Role.OWNER

    def ask(self, command: Count | Look) -> list[Verdict]:
        outcomes: list[Verdict] = []
        envelope = Envelope(command_id=f"of-{self.shard.owner}", command=command)
        self.submit(envelope, outcomes.append)
        return outcomes


async def test_the_rest_of_a_batch_is_not_taken_for_the_beginning_of_the_shard() -> None:
    values: list[bytes] = []
    first, second, third = (Log(name, values) for name in ("first", "second", "third"))
    first.take()
    second.take()
    lost = first.ask(Count())  # it has not read yet that the shard is the second's
    second.ask(Count())
    third.take()

    first.turn()
    assert [type(outcome) for outcome in lost] == [NotOwned]
    assert (first.shard.next_offset, first.shard.gate.epoch) == (0, 0), "it has read nothing yet"

    await first.begin_again()
    first.turn()
    assert (first.shard.next_offset, first.shard.gate.epoch) == (len(values), 3)
    first.take()
    assert first.ask(Look()) == [Answer(Position(COUNTERS.topic, 0, 0), Total(1))]
