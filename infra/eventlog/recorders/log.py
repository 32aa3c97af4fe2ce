"""The log of a recorder's topic: in the event loop of its own thread, for callers in any other."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from random import random
from typing import Any, ClassVar

import structlog
from confluent_kafka import Message
from eventsourcing.persistence import OperationalError

from application.log.records import Commit
from application.log.shard import Role
from application.ports.commands import Envelope, Unavailable, Verdict
from domain.category import Category
from domain.events import DomainEvent
from infra.eventlog.log import BATCH, BUSY_POLL, KafkaLog
from infra.eventlog.recorders.ledger import MOST_BYTES
from infra.eventlog.recorders.shard import LedgerShard

TURN = 0.02
"""Seconds that an owner may write undisturbed by others who want to, at least. Handing over takes
a few milliseconds; processes that write at the same time take turns."""

logger = structlog.get_logger(__name__)


class PendingInsert(SimpleQueue[Verdict | Exception]):
    """An insert that a thread waits for; gets what is certain about it, once."""

    def __init__(self, envelope: Envelope) -> None:
        self.envelope = envelope
        self.given_up = False


class LedgerLog(KafkaLog):
    """Takes its shard when somebody wants to insert, and repeats an insert until it is certain.

    `published` gets each accepted commit with its offset; `progressed` is called in the loop's
    thread after each look at the topic that showed something new.
    """

    shard_type = LedgerShard
    producer_settings: ClassVar[Mapping[str, Any]] = {
        "linger.ms": 0,
        "message.max.bytes": MOST_BYTES,
    }

    def __init__(
        self,
        bootstrap: str,
        category: Category,
        *,
        owner: str,
        published: Callable[[int, Commit[DomainEvent]], None],
        progressed: Callable[[], None],
    ) -> None:
        super().__init__(
            bootstrap,
            [category],
            {category.topic: 1},
            owner=owner,
            url="",
            wants=lambda *_: bool(self._waiting),
            grace=lambda: TURN * (1 + random()),  # noqa: S311 - who goes first
        )
        (shard,) = self._shards.values()
        assert isinstance(shard, LedgerShard)
        self.shard = shard
        self.failure: Exception | None = None
        self._published = published
        self._progressed = progressed
        self._handed_over: deque[PendingInsert] = deque()
        self._woken = False
        self._waiting: deque[PendingInsert] = deque()
        self.read_to = 0
        """The offset up to which all has been folded, for other threads to look at."""
        self._expected_end = 0

    # -- inserting ------------------------------------------------------------------------------

    def insert(self, pending: PendingInsert) -> None:
        """Hand an insert over, from any thread; those of many threads share one wake-up."""
        self._handed_over.append(pending)
        if not self._woken:
            self._woken = True
            self._soon(self._take_over)
        self._fail_if_failed()

    def _soon(self, step: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop has ended, and says why in `failure`
            self._loop.call_soon_threadsafe(step)

    def _take_over(self) -> None:
        self._woken = False  # before looking, so that what comes from here on wakes us again
        self._attempt(lambda: self._try(self._handed_over))

    def _try(self, inserts: deque[PendingInsert]) -> None:
        """Decide each insert once; those that cannot be decided now go on waiting."""
        for _ in range(len(inserts)):
            self._decide(inserts.popleft())
        self._hurry()

    def _decide(self, pending: PendingInsert) -> None:
        if pending.given_up:
            return
        if self.shard.role is not Role.OWNER:
            self._waiting.append(pending)
            return
        try:
            self.shard.execute(
                pending.envelope,
                partial(self._settle, pending),
                now=self._clock(),
                monotonic=time.monotonic(),
            )
        except Exception as error:  # noqa: BLE001 - it is for whoever asked
            pending.put(error)

    def _settle(self, pending: PendingInsert, verdict: Verdict) -> None:
        if isinstance(verdict, Unavailable):
            self._waiting.append(pending)
        else:
            pending.put(verdict)

    # -- reading --------------------------------------------------------------------------------

    def expect(self, end: int) -> None:
        """Read up to this offset as soon as it comes; from any thread."""
        looks_already = self._expects
        self._expected_end = max(self._expected_end, end)
        if not looks_already:
            self._soon(self._hurry)

    @property
    def _expects(self) -> bool:
        """Whether something is on its way here that somebody waits for."""
        return self.shard.busy or self.read_to < self._expected_end

    # -- turns ----------------------------------------------------------------------------------

    def _turn(self) -> None:
        self._attempt(self._look)
        if self.shard.next_offset != self.read_to or self.failure:
            self.read_to = self.shard.next_offset
            self._progressed()

    def _look(self) -> None:
        super()._turn()
        if self.shard.broken:
            self.failure = OperationalError(self.shard.broken)
        if self._waiting and self.shard.role is Role.OWNER:
            self._try(self._waiting)

    def _attempt(self, step: Callable[[], None]) -> None:
        """Take a step; what goes wrong unforeseen leaves nothing to rely on."""
        try:
            step()
        except Exception as error:
            logger.exception("the log of a recorder fails", topic=self.shard.topic)
            self.failure = self.failure or error
        self._fail_if_failed()

    def _fail_if_failed(self) -> None:
        if self.failure is not None:
            self.fail(self.failure)

    def fail(self, error: Exception) -> None:
        """Serve nobody any more; whoever waits gets the error. From any thread."""
        self.failure = error
        self._running = False
        for inserts in (self._handed_over, self._waiting):
            with suppress(IndexError):  # another thread may be at it
                while True:
                    inserts.popleft().put(error)

    def _read(self) -> list[Message]:
        """Wait in Kafka's client for what is on its way, which a timer would find later."""
        if self._crowded or not self._expects:
            return super()._read()
        first = self._consumer.poll(BUSY_POLL)
        return [] if first is None else [first, *self._consumer.consume(BATCH, 0)]

    def _wait(self, seconds: float) -> None:
        super()._wait(0 if self._expects and not self._crowded else seconds)

    def _hurry(self) -> None:
        if self._timer and not self._crowded:
            self._send(time.monotonic())
            self._timer.cancel()
            self._wait(BUSY_POLL)

    def _append(self, topic: str, partition: int, key: str, value: bytes) -> None:
        """Gather what is decided together, for which the client's threads wake up once."""
        self._outbox[topic, partition].append({"key": key or None, "value": value})
        self._gathered += 1

    def _publish(self, topic: str, partition: int, commit: Commit[DomainEvent]) -> None:
        self._published(self.shard.next_offset - 1, commit)
