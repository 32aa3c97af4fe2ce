"""The log of a recorder's topic: in the event loop of its own thread, for callers in any other."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from queue import SimpleQueue
from random import random
from typing import Any

import structlog
from confluent_kafka import Consumer, Message
from eventsourcing.persistence import OperationalError

from application.log.shard import Role, Shard
from application.ports.commands import Envelope, Unavailable, Verdict
from domain.category import Category
from infra.eventlog.log import KafkaLog
from infra.eventlog.pace import BUSY_POLL_S, POLL_BATCH, Pace
from infra.eventlog.recorders.ledger import MOST_RECORD_BYTES
from infra.eventlog.recorders.shard import Accepted, LedgerShard

UNDISTURBED_S = 0.02
"""How long an owner may write undisturbed by others who want to, at least. Handing over takes a
few milliseconds; processes that write at the same time take turns."""

PRODUCER_SETTINGS: Mapping[str, Any] = {"linger.ms": 0, "message.max.bytes": MOST_RECORD_BYTES}

logger = structlog.get_logger(__name__)


class PendingInsert(SimpleQueue[Verdict | Exception]):
    """An insert that a thread waits for; gets what is certain about it, once."""

    def __init__(self, envelope: Envelope) -> None:
        self.envelope = envelope
        self.given_up = False


class LedgerLog(Pace):
    """Takes its shard when somebody wants to insert, and repeats an insert until it is certain.

    Sets the pace of its log: what is on its way is waited for in Kafka's client, and what is
    decided together is sent together, for which the client's threads wake up once.

    `published` gets each accepted commit with its offset; `progressed` is called in the loop's
    thread after each look at the topic that showed something new.
    """

    gathers = True

    def __init__(
        self,
        bootstrap: str,
        category: Category,
        *,
        owner: str,
        published: Accepted,
        progressed: Callable[[], None],
    ) -> None:
        self._published = published
        self._log = KafkaLog(
            bootstrap,
            [category],
            {category.topic: 1},
            owner=owner,
            url="",
            wants=lambda *_: bool(self._waiting),
            grace=lambda: UNDISTURBED_S * (1 + random()),  # noqa: S311 - who goes first
            new_shard=self._new_shard,
            producer_settings=PRODUCER_SETTINGS,
            pace=self,
        )
        (self.shard,) = self._log.shards
        self.stop = self._log.stop
        self.failure: Exception | None = None
        self._progressed = progressed
        self._handed_over: deque[PendingInsert] = deque()
        self._woken = False
        self._waiting: deque[PendingInsert] = deque()
        self.read_to = 0
        """The offset up to which all has been folded, for other threads to look at."""
        self._expected_end = 0

    def _new_shard(
        self,
        category: Category,
        _partition: int,
        *,
        owner: str,
        append: Callable[[str, bytes], None],
        restart: Callable[[], None],
        **_: object,
    ) -> Shard:
        made = LedgerShard(
            category, owner=owner, append=append, restart=restart, accepted=self._published
        )
        self.index = made.index
        return made.shard

    async def start(self) -> None:
        """Begin to read, in this loop."""
        self._loop = asyncio.get_running_loop()
        await self._log.start()

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
        self._log.hurry()

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
                now=datetime.now(UTC),
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
            self._soon(self._log.hurry)

    @property
    def _expects(self) -> bool:
        """Whether something is on its way here that somebody waits for."""
        return self.shard.busy or self.read_to < self._expected_end

    # -- turns ----------------------------------------------------------------------------------

    def turn(self, step: Callable[[], None]) -> None:
        """See `Pace`; tells those who wait what has come of it."""
        self._attempt(partial(self._look, step))
        if self.shard.next_offset != self.read_to or self.failure:
            self.read_to = self.shard.next_offset
            self._progressed()

    def _look(self, step: Callable[[], None]) -> None:
        step()
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
        self._log.halt()
        for inserts in (self._handed_over, self._waiting):
            with suppress(IndexError):  # another thread may be at it
                while True:
                    inserts.popleft().put(error)

    def pause(self, seconds: float, *, crowded: bool) -> float:
        """See `Pace`; `read` waits in place of a timer, which would find later what comes."""
        return 0 if self._expects and not crowded else seconds

    def read(self, consumer: Consumer, *, crowded: bool) -> list[Message]:
        """See `Pace`."""
        if crowded or not self._expects:
            return super().read(consumer, crowded=crowded)
        first = consumer.poll(BUSY_POLL_S)
        return [] if first is None else [first, *consumer.consume(POLL_BATCH, 0)]
