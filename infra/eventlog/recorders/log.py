"""The log of a recorder's topic: in the event loop of its own thread, for callers in any other."""

import time
from collections import deque
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from random import random
from typing import Any, ClassVar

import structlog
from confluent_kafka import Message

from application.ports import Unavailable
from domain.category import Category
from domain.events import DomainEvent, Metadata
from infra.eventlog.log import BATCH, BUSY_POLL, KafkaLog
from infra.eventlog.recorders.ledger import MOST_BYTES, Insert
from infra.eventlog.recorders.shard import LedgerShard
from infra.eventlog.records import Commit
from infra.eventlog.shard import Outcome, Role, Shard

TURN = 0.02
"""Seconds that an owner may write undisturbed by others who want to, at least. Handing over takes
a few milliseconds; processes that write at the same time take turns."""

logger = structlog.get_logger(__name__)


class Asked:
    """An insert that a thread waits for. `outcome` gets what is certain about it, once."""

    __slots__ = ("command", "command_id", "given_up", "outcome", "problem")

    def __init__(self, command: Insert, command_id: str) -> None:
        self.command = command
        self.command_id = command_id
        self.outcome: SimpleQueue[Outcome | Exception] = SimpleQueue()
        self.given_up = False
        self.problem = "the topic is being read"


class LedgerLog(KafkaLog):
    """Takes its shard when somebody wants to insert, and repeats an insert until it is certain.

    `published` gets each accepted commit with its offset; `progressed` is called in the loop's
    thread after each look at the topic that showed something new.
    """

    shard_type = LedgerShard
    producer_settings: ClassVar[dict[str, Any]] = {"message.max.bytes": MOST_BYTES}

    def __init__(
        self,
        bootstrap: str,
        category: Category,
        *,
        owner: str,
        published: Callable[[int, Commit[DomainEvent]], None],
        progressed: Callable[[], None],
    ) -> None:
        super().__init__(bootstrap, [category], {category.topic: 1}, owner=owner, url="")
        (shard,) = self._shards.values()
        assert isinstance(shard, LedgerShard)
        self.shard = shard
        self.failure: Exception | None = None
        self.looked_at = 0.0
        self._published = published
        self._progressed = progressed
        self._handed_over: deque[Asked] = deque()
        self._woken = False
        self._waiting: deque[Asked] = deque()
        self._epoch = 0
        self._patient_until = 0.0

    # -- inserting ------------------------------------------------------------------------------

    def insert(self, asked: Asked) -> None:
        """Hand an insert over, from any thread; those of many threads share one wake-up."""
        self._handed_over.append(asked)
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._take_over)

    def _take_over(self) -> None:
        self._woken = False  # before looking, so that what comes from here on wakes us again
        if self.failure is not None:
            self.fail(self.failure)
        self._try(self._handed_over)

    def _try(self, inserts: deque[Asked]) -> None:
        """Decide each insert once; those that cannot be decided now go on waiting."""
        for _ in range(len(inserts)):
            self._decide(inserts.popleft())
        if not self._crowded:
            self._send()
        self._hurry()

    def _decide(self, asked: Asked) -> None:
        if asked.given_up:
            return
        if self.shard.role is not Role.OWNER:
            self._waiting.append(asked)
            return
        try:
            self.shard.execute(
                asked.command,
                asked.command_id,
                Metadata(),
                partial(self._settle, asked),
                now=self._clock(),
                monotonic=time.monotonic(),
            )
        except Exception as error:  # noqa: BLE001 - it is for whoever asked
            asked.outcome.put(error)

    def _settle(self, asked: Asked, outcome: Outcome) -> None:
        if isinstance(outcome, Unavailable) and not self.shard.broken:
            asked.problem = str(outcome)
            self._waiting.append(asked)
        else:
            asked.outcome.put(outcome)

    # -- turns ----------------------------------------------------------------------------------

    def _turn(self) -> None:
        before = self.shard.next_offset
        try:
            super()._turn()
            if self._waiting and self.shard.role is Role.OWNER:
                self._try(self._waiting)
        except Exception as error:
            logger.exception("the log of a recorder has failed", topic=self.shard.topic)
            self.fail(error)
        self.looked_at = time.monotonic()
        if self.shard.next_offset != before or self.failure:
            self._progressed()

    def fail(self, error: Exception) -> None:
        """Insert nothing any more; whoever waits gets the error."""
        self.failure = error
        self._running = False
        for inserts in (self._handed_over, self._waiting):
            while inserts:
                inserts.popleft().outcome.put(error)

    def _read(self) -> list[Message]:
        """Wait in Kafka's client for what is on its way, which a timer would find later."""
        if self._crowded or not self.shard.busy:
            return super()._read()
        first = self._consumer.poll(BUSY_POLL)
        return [] if first is None else [first, *self._consumer.consume(BATCH, 0)]

    def _wait(self, seconds: float) -> None:
        super()._wait(0 if self.shard.busy and not self._crowded else seconds)

    def _append(self, topic: str, partition: int, key: str, value: bytes) -> None:
        self._outbox.append((topic, partition, key, value))

    def _send(self) -> None:
        if self._outbox:
            batch = [{"key": k or None, "value": v} for _, _, k, v in self._outbox]
            self._outbox.clear()
            self._producer.produce_batch(self.shard.topic, batch, 0, self._undelivered)
            assert not [each for each in batch if "_error" in each]

    def _hurry(self) -> None:
        if self._timer and not self._crowded:
            self._timer.cancel()
            self._wait(BUSY_POLL)

    def look(self) -> None:
        """Look at the topic soon; from any thread."""
        self._loop.call_soon_threadsafe(self._hurry)

    def _publish(self, topic: str, partition: int, commit: Commit[DomainEvent]) -> None:
        self._published(self.shard.next_offset - 1, commit)

    # -- taking the shard -----------------------------------------------------------------------

    def _wants(self, shard: Shard) -> bool:
        return bool(self._waiting) and super()._wants(shard) and self._may_claim()

    def _may_claim(self) -> bool:
        """Whether whoever took the shard last has had their turn."""
        gate, now = self.shard.gate, time.monotonic()
        if gate.epoch != self._epoch:
            self._epoch = gate.epoch
            others = gate.owner != self.shard.owner
            self._patient_until = now + TURN * (1 + random()) * others  # noqa: S311 - who goes first
        return now >= self._patient_until
