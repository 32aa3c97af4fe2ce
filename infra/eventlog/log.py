"""The log of one process: its shards, on one Kafka producer and one consumer, in one event loop.

A process follows every shard, and owns those that it is to own: so it knows who owns the others,
feeds its sockets, and has folded what it takes over.

Measured against a poll thread that hands over to the loop, polling from the loop answers a third
more commands a second at 64 in flight with half the p99 (DESIGN section 2), and needs no locks.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, NamedTuple

import structlog
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from application.ports import Answer, Unavailable
from domain.aggregate import Command
from domain.category import Category
from domain.events import DomainEvent, Metadata
from infra.eventlog.asked import Asked, Done
from infra.eventlog.clients import admin_config, consumer_config, producer_config
from infra.eventlog.feed import Subscriptions
from infra.eventlog.partition import partition_for
from infra.eventlog.records import Commit
from infra.eventlog.restoring import Restoring
from infra.eventlog.shard import Outcome, Role, Shard
from infra.eventlog.snapshot_reader import key_of

BUSY_POLL = 0.001
"""Seconds between polls while commits are in flight; a Kafka round trip takes about as long."""

CROWD = 16
"""Commits in flight beyond which new ones are gathered, and how many go off together at once."""

GATHERING = 0.0015
"""Seconds that fewer than that wait for others, so they go at every other turn. Larger batches cost
the broker and the client much less for each commit; by then, that is what latency depends on."""

IDLE_POLL = 0.02
"""Seconds between polls of an idle log; bounds how late a deadline fires."""

BATCH = 2_000
"""Records taken from the consumer in one turn of the loop while catching up."""

GRACE = 1.0
"""Seconds after another process took a shard in which this one does not take it back. By then a
process that was frozen has learned that its shards were given to others."""

ASK_SECONDS = 0.3
"""How long an owner has to let go of a shard before it is claimed all the same. It may be frozen,
or dead."""

logger = structlog.get_logger(__name__)


class Owner(NamedTuple):
    """Who decides in a shard since `epoch`; no `url` means this process, or nobody known."""

    epoch: int
    url: str


Wants = Callable[[str, int, str], bool]
"""Whether this process is to own a shard: (topic, partition, address of the present owner)."""

Ask = Callable[[str, Sequence[tuple[str, int]]], Awaitable[None]]
"""Asks the process at an address to let go of shards."""


async def _nobody(url: str, shards: Sequence[tuple[str, int]]) -> None:
    pass


class KafkaLog:
    """Decides commands on Kafka; implements the ports `CommandLog` and `LocalLog`.

    `partitions` maps each topic to its number of partitions. `wants` says of a shard, given the
    address of its present owner, whether this process is to own it. `ask` asks a process at an
    address to let go of shards, before they are claimed; raises `Unavailable`.
    """

    shard_type: ClassVar[type[Shard]] = Shard
    producer_settings: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self,
        bootstrap: str,
        categories: Iterable[Category],
        partitions: Mapping[str, int],
        *,
        owner: str,
        url: str,
        wants: Wants = lambda topic, partition, owner_url: True,  # noqa: ARG005
        ask: Ask = _nobody,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        categories = tuple(categories)
        self._bootstrap = bootstrap
        self._wants = wants
        self._ask = ask
        self._clock = clock
        self._partitions = partitions
        self._topic_of = {
            command: category.topic for category in categories for command in category.deciders
        }
        self._shards = {
            (category.topic, partition): self.shard_type(
                category,
                partition,
                owner=owner,
                url=url,
                append=partial(self._append, category.topic, partition),
                restart=partial(self._reread, category.topic, partition),
                publish=partial(self._publish, category.topic, partition),
                absent=partial(self._absent, category.topic, partition),
            )
            for category in categories
            for partition in range(partitions[category.topic])
        }
        self._snapshots = Restoring(
            bootstrap, categories, partitions, self._shards, clock, time.monotonic
        )
        self._beginning: dict[Shard, asyncio.Task[None] | None] = dict.fromkeys(
            self._shards.values()
        )
        """Shards that wait for their snapshots; what is read of them meanwhile is out of date."""
        self._epochs = dict.fromkeys(self._shards.values(), (0, 0.0))
        """The last epoch seen of each shard, and until when it is left to who took it then."""
        self._caught_up: set[Shard] = set()
        """Shards that were read to their end, so that their owner is known."""
        self._asked: dict[Shard, int] = {}
        """In which epoch the owner of a shard was asked for it."""
        self._abandoned: dict[Shard, int] = {}
        """In which epoch the owner of a shard was found to be gone."""
        self._awaited: list[tuple[Shard, Owner, asyncio.Future[Owner]]] = []
        self.feed = Subscriptions()
        self._outbox: dict[tuple[str, int], list[Any]] = defaultdict(list)
        self._gathered = 0
        self._sent_at = 0.0
        self._crowded = False
        self._timer: asyncio.TimerHandle | None = None
        self._balancing: asyncio.Task[None] | None = None
        self._running = False

    # -- life -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to read and to take the shards; commands are answered as each is taken."""
        self._loop = asyncio.get_running_loop()
        self._producer = self._new_producer()
        self._consumer = Consumer(consumer_config(self._bootstrap, "gamehall-log"))
        self._admin = AdminClient(admin_config(self._bootstrap))
        self._running = True
        self._balancing = self._loop.create_task(self._begin())
        self._turn()

    async def stop(self) -> None:
        """Stop deciding; what is in flight is in the log or it is not, as after a crash."""
        self._running = False
        for shard in self._shards.values():
            if shard.busy:
                shard.start_over("this process stops")
        if self._timer:
            self._timer.cancel()
        if self._balancing:
            self._balancing.cancel()
            await asyncio.gather(self._balancing, return_exceptions=True)
        await self._snapshots.stop()
        self._producer.flush(1)
        self._consumer.close()

    async def _begin(self) -> None:
        self._consumer.assign(await self._snapshots.begin(list(self._shards)))
        self._beginning.clear()
        await self._balance()

    @property
    def shards(self) -> Sequence[Shard]:
        """Every shard of this process, for health and metrics."""
        return list(self._shards.values())

    @property
    def ready(self) -> bool:
        """Whether every shard has an owner: this process where it is to be, or else another."""
        return all(self._has_owner(shard) for shard in self._shards.values())

    def _has_owner(self, shard: Shard) -> bool:
        return shard.role is Role.OWNER or (
            not self._wanted(shard) and bool(self._owner(shard).url)
        )

    async def ends(self) -> dict[tuple[str, int], int]:
        """Ask Kafka where each shard ends; raises `KafkaException` when it does not answer."""
        wanted = {TopicPartition(t, p): OffsetSpec.latest() for t, p in self._shards}  # type: ignore[no-untyped-call]
        futures = self._admin.list_offsets(wanted, request_timeout=5)
        results = await asyncio.gather(*(asyncio.wrap_future(f) for f in futures.values()))
        return {
            (tp.topic, tp.partition): result.offset
            for tp, result in zip(futures, results, strict=True)
        }

    # -- commands -------------------------------------------------------------------------------

    async def execute(
        self, command: Command, *, command_id: str, metadata: Metadata | None = None
    ) -> Answer:
        """See `application.ports.CommandLog.execute`; raises `NotOwned` for a shard of others."""
        future: asyncio.Future[Answer] = self._loop.create_future()
        self.submit(command, command_id, metadata or Metadata(), partial(_settle, future))
        return await future

    def submit(self, command: Command, command_id: str, metadata: Metadata, done: Done) -> None:
        """The same for many commands at a time: `done` gets the outcome, at once or later."""
        self._shard_of(command).execute(
            command,
            command_id,
            metadata,
            done,
            now=self._clock(),
            monotonic=time.monotonic(),
        )
        self._hurry()

    def _shard_of(self, command: Command) -> Shard:
        topic = self._topic_of[type(command)]
        return self._shards[topic, partition_for(command.aggregate_id, self._partitions[topic])]

    # -- who owns what --------------------------------------------------------------------------

    def owner_of(self, command: Command) -> Owner:
        """Who decides this command, as far as this process has read."""
        return self._owner(self._shard_of(command))

    async def owner_after(self, command: Command, last: Owner, seconds: float) -> Owner | None:
        """Wait until the command's shard has another owner than `last`; None when it has not."""
        future: asyncio.Future[Owner] = self._loop.create_future()
        self._awaited.append((self._shard_of(command), last, future))
        try:
            return await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return None

    def _owner(self, shard: Shard) -> Owner:
        here = shard.role is Role.OWNER or shard.gate.owner == shard.owner
        known = here or shard in self._caught_up
        return Owner(shard.gate.epoch, "" if here or not known else shard.owner_url)

    def _tell_new_owners(self) -> None:
        awaited, self._awaited = self._awaited, []
        for shard, last, future in awaited:
            owner = self._owner(shard)
            if future.done():
                continue
            if owner.epoch > last.epoch and (owner.url or shard.role is Role.OWNER):
                future.set_result(owner)
            else:
                self._awaited.append((shard, last, future))

    # -- Kafka ----------------------------------------------------------------------------------

    def _new_producer(self) -> Producer:
        config = producer_config(self._bootstrap) | dict(self.producer_settings)
        return Producer(config | {"error_cb": self._on_error})

    def _on_error(self, error: KafkaError) -> None:
        logger.warning("kafka", error=error.str(), fatal=error.fatal())
        if error.fatal():
            # An idempotent producer that lost its sequence cannot go on; a new one can, under
            # new claims.
            self._producer = self._new_producer()
            for shard in self._shards.values():
                shard.start_over("the producer has failed")

    def _append(self, topic: str, partition: int, key: str, value: bytes) -> None:
        self._outbox[topic, partition].append({"key": key or None, "value": value})
        self._gathered += 1
        if self._gathered >= CROWD or not self._crowded:
            self._send(time.monotonic())

    def _send(self, monotonic: float) -> None:
        outbox, self._outbox = self._outbox, defaultdict(list)
        self._gathered, self._sent_at = 0, monotonic
        for (topic, partition), records in outbox.items():
            try:
                taken = self._producer.produce_batch(topic, records, partition, self._undelivered)
            except BufferError:
                taken = 0
            if taken < len(records):
                # Not at once: the shard may be in the middle of a commit.
                shard = self._shards[topic, partition]
                self._loop.call_soon(shard.start_over, "the producer's queue is full")

    def _undelivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            place: Any = message.topic(), message.partition()
            shard = self._shards[place]
            if shard.busy:
                shard.start_over(f"Kafka did not take a record ({error.str()})")

    def _reread(self, topic: str, partition: int) -> None:
        self._caught_up.discard(self._shards[topic, partition])
        self._snapshots.drop((topic, partition))
        logger.warning("shard starts over", topic=topic, partition=partition)
        shard = self._shards[topic, partition]
        if self._running and shard not in self._beginning:
            again = self._begin_again((topic, partition))
            self._beginning[shard] = self._loop.create_task(again)

    async def _begin_again(self, place: tuple[str, int]) -> None:
        """Read a shard once more; not at once, as records from before may be in hand."""
        reading = await self._snapshots.begin([place])
        if self._running:
            self._consumer.seek(reading[0])
            del self._beginning[self._shards[place]]

    def _publish(self, topic: str, partition: int, commit: Commit[DomainEvent]) -> None:
        self.feed.publish(topic, partition, commit)

    def _absent(
        self, topic: str, partition: int, asked: Asked, offsets: Sequence[int], monotonic: float
    ) -> None:
        self._snapshots.absent((topic, partition), asked, offsets, monotonic)

    def _hurry(self) -> None:
        """Poll within a millisecond, now that something is on its way."""
        if self._lazy and self._timer:
            self._timer.cancel()
            self._wait(BUSY_POLL)

    def _wait(self, seconds: float) -> None:
        self._lazy = seconds == IDLE_POLL
        self._timer = self._loop.call_later(seconds, self._turn)

    def _turn(self) -> None:
        """One turn: delivery errors, records that came back, deadlines."""
        if not self._running:
            return
        self._producer.poll(0)
        messages = self._read()
        self._receive(messages)
        now, monotonic = self._clock(), time.monotonic()
        in_flight, busy = 0, bool(messages)
        for shard in self._shards.values():
            self._tick(shard, now, monotonic)
            in_flight += shard.in_flight
            busy = busy or shard.busy
        self._snapshots.tick(monotonic)
        if self._awaited:
            self._tell_new_owners()
        self._crowded = in_flight > CROWD
        if self._gathered and not (self._crowded and monotonic - self._sent_at < GATHERING):
            self._send(monotonic)
        self._wait(BUSY_POLL if busy else IDLE_POLL)

    def _read(self) -> list[Message]:
        return self._consumer.consume(BATCH, 0)

    def _tick(self, shard: Shard, now: datetime, monotonic: float) -> None:
        try:
            shard.tick(now, monotonic)
        except Exception:  # a bug in one decision must not stop the log of everybody else
            logger.exception("deadline not met", topic=shard.topic, partition=shard.partition)

    def _receive(self, messages: Sequence[Message]) -> None:
        """Hand records to their shards; at a million of them every call counts."""
        shards, beginning = self._shards, self._beginning
        for message in messages:
            if (error := message.error()) is not None:
                logger.warning("kafka", error=error.str())
                continue
            place: Any = message.topic(), message.partition()
            offset: Any = message.offset()
            shard = shards.get(place)
            if shard is None:
                self._snapshots.put(place[0], place[1], offset, key_of(message), message.value())
            elif shard not in beginning:
                shard.receive(offset, message.value())

    # -- taking shards --------------------------------------------------------------------------

    async def _balance(self) -> None:
        """Claim the shards that this process is to own; others are kept until somebody asks."""
        while True:
            self._notice_takeovers(time.monotonic())
            candidates = [s for s in self._shards.values() if self._is_candidate(s)]
            if candidates:
                await self._claim_those_caught_up(candidates)
            await asyncio.sleep(IDLE_POLL)

    def take_from(self, url: str) -> None:
        """Claim every shard of the process at `url`, which is gone, and ask it for none.

        The group of owners notices later, and gives them to whomever it likes.
        """
        for shard in self._shards.values():
            if self._owner(shard).url == url:
                self._abandoned[shard] = self._asked[shard] = shard.gate.epoch

    def _wanted(self, shard: Shard) -> bool:
        if self._abandoned.get(shard) == shard.gate.epoch:
            return True
        return self._wants(shard.topic, shard.partition, shard.owner_url)

    def _notice_takeovers(self, monotonic: float) -> None:
        for shard, (epoch, _) in self._epochs.items():
            if shard.gate.epoch != epoch:
                by_another = shard in self._caught_up and shard.gate.owner != shard.owner
                grace = monotonic + self._grace() if by_another else 0.0
                self._epochs[shard] = shard.gate.epoch, grace

    def _grace(self) -> float:
        return GRACE

    def _is_candidate(self, shard: Shard) -> bool:
        """Whether to look if it has been read to its end, in order to claim it or to know that."""
        if shard.role is not Role.FOLLOWER or shard.broken or shard in self._beginning:
            return False
        if shard not in self._caught_up:
            return True
        return self._wanted(shard) and time.monotonic() >= self._epochs[shard][1]

    async def _claim_those_caught_up(self, shards: Sequence[Shard]) -> None:
        """Claim shards that have been read to where their log ended a moment ago."""
        ready = [shard for shard in shards if self._is_read(shard)]
        for shard in ready:
            if shard not in self._caught_up:
                self._caught_up.add(shard)
                self._epochs[shard] = shard.gate.epoch, 0.0
        await self._claim([shard for shard in ready if self._wanted(shard)])

    def _is_read(self, shard: Shard) -> bool:
        """Whether it has been read to the end that the last answer to a fetch told.

        Nobody else is asked, so that brokers which are away hold up their own shards only. The
        end may be out of date; then a claim is refused, or it is accepted once all is read.
        """
        place = TopicPartition(shard.topic, shard.partition)
        end: int = self._consumer.get_watermark_offsets(place, cached=True)[1]
        return 0 <= end <= shard.next_offset

    async def _claim(self, shards: Sequence[Shard]) -> None:
        """Claim what its owner has let go of; an owner that is asked for it has 20 ms more."""
        asked = [s for s in shards if self._asked.get(s) == s.gate.epoch]
        for shard in asked:
            if shard.role is Role.FOLLOWER:
                shard.claim()
                self._hurry()
        by_url: dict[str, list[Shard]] = defaultdict(list)
        for shard in shards:
            if shard not in asked:
                self._asked[shard] = shard.gate.epoch
                by_url[self._owner(shard).url].append(shard)
        by_url.pop("", None)  # this process, or nobody
        await asyncio.gather(*(self._ask_for(url, kept) for url, kept in by_url.items()))

    async def _ask_for(self, url: str, shards: Sequence[Shard]) -> None:
        wanted = [(shard.topic, shard.partition) for shard in shards]
        try:
            async with asyncio.timeout(ASK_SECONDS):
                await self._ask(url, wanted)
        except (TimeoutError, Unavailable) as error:
            logger.info("owner does not hand over", url=url, error=str(error))

    async def hand_over(self, shards: Iterable[tuple[str, int]]) -> None:
        """Let go of shards for who asks: returns when nothing of them is in flight any more."""
        released = [self._shards[each] for each in shards if each in self._shards]
        for shard in released:
            shard.release()
            self._epochs[shard] = shard.gate.epoch, time.monotonic() + GRACE
        await self._until(lambda: not any(shard.in_flight for shard in released), ASK_SECONDS)

    async def handed_over(self, seconds: float) -> None:
        """Wait until others own every shard, but not longer than that."""
        await self._until(
            lambda: all(s.gate.owner != s.owner and not s.in_flight for s in self.shards), seconds
        )

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not condition():  # noqa: ASYNC110  as often as the log is looked at
                    await asyncio.sleep(BUSY_POLL)


def _settle(future: asyncio.Future[Answer], outcome: Outcome) -> None:
    if future.done():  # whoever asked has hung up
        return
    if isinstance(outcome, Answer):
        future.set_result(outcome)
    else:
        future.set_exception(outcome)
