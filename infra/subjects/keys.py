"""The keys of people as one process has them: it follows the topic, and adds to it.

A key counts when it has been read back from the topic: it is durable then, and whoever erases the
subject afterwards erases it too.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import Any

import structlog
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    Message,
    Producer,
    TopicPartition,
)

from application.ports.commands import Unavailable
from application.topics import Topic
from domain.personal import HALL, Sealed
from infra.errors import SetupError
from infra.kafka.append import AppendFailed, NewRecord, append_durably
from infra.kafka.clients import TO_THE_END, consumer_config, producer_config
from infra.kafka.fetching import what_there_is
from infra.kafka.topics import KEYS_SEGMENT_MS, refuse_missing
from infra.subjects.cipher import Master
from infra.subjects.keyring import TICK, KeyRecord, Keyring, MalformedKey

POLL_BATCH = 1_000
BUSY_INTERVAL_S = 0.002
IDLE_INTERVAL_S = 0.1
"""Between polls; of an idle topic, it bounds how late a process hears of an erasure."""

NEW_KEY_TIMEOUT_S = 2.0
"""For a new key to come back; the first one waits for a connection too."""

TIMEOUT_S = 15
"""Without an answer for so long, a command gives up."""

KEYS = Topic(
    "subject-keys", 1, "keys", "subject", "API, `gamehall subjects`", "the keys of personal texts"
)

END = KafkaError._PARTITION_EOF  # noqa: SLF001 - its only, and public, name

logger = structlog.get_logger(__name__)


class SubjectKeys:
    """Implements the port `Seals`, on the topic `subject-keys`, in one event loop."""

    def __init__(
        self,
        bootstrap: str,
        master: Master | None = None,
        *,
        topic: str = KEYS.name,
        roll: int = KEYS_SEGMENT_MS,
    ) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._roll = roll
        self._ring = Keyring(master)
        self._known = False
        self._awaited: dict[str, asyncio.Future[None]] = {}
        self._hurry = asyncio.Event()

    async def start(self) -> None:
        """Begin to read; until the topic's end has been reached, nothing is sealed or opened."""
        self._producer = Producer(producer_config(self._bootstrap))
        self._consumer = _consumer(self._bootstrap, self._topic)
        self._following = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Leave."""
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)
        self._consumer.close()
        del self._producer  # which ends its threads

    @property
    def problem(self) -> str | None:
        """What keeps texts from being sealed and opened, as a sentence; None when all is well."""
        if self._following.done():
            return f"The topic {self._topic} is not followed any more; the log says why."
        if not self._known:
            return f"The topic {self._topic} has not been read yet."
        if self._ring.foreign:
            count = len(self._ring.foreign)
            return f"{count} subject keys need another GAMEHALL_MASTER_KEY; set it to what it was."
        return None

    async def seal(self, subject: str, text: str) -> Sealed:
        """See `ports.commands.Seals.seal`."""
        self._require()
        if not self._ring.ids(subject):
            await self._create(subject)
        sealed = self._ring.seal(subject, text)
        if sealed is None:
            raise Unavailable(f"{subject!r} is being erased.")
        return sealed

    def open(self, sealed: Sealed) -> str | None:
        """See `ports.commands.Seals.open`."""
        self._require()
        text = self._ring.open(sealed)
        if text is None:  # perhaps another process has made the key since the last poll
            self._poll()
            text = self._ring.open(sealed)
        return text

    async def digest(self, text: str) -> str:
        """See `ports.commands.Seals.digest`."""
        self._require()
        if not self._ring.ids(HALL):
            await self._create(HALL)
        digest = self._ring.digest(text)
        if digest is None:
            raise Unavailable("The key of the hall's own is not to be had.")
        return digest

    def _require(self) -> None:
        if problem := self.problem:
            raise Unavailable(problem)

    async def _create(self, subject: str) -> None:
        """Have a key made; who asks at the same time waits for the same one."""
        made = self._awaited.get(subject)
        if made is None:
            made = self._awaited[subject] = asyncio.get_running_loop().create_future()
            self._append(self._ring.make(subject))
        try:
            async with asyncio.timeout(NEW_KEY_TIMEOUT_S):
                await asyncio.shield(made)
        except TimeoutError:
            self._awaited.pop(subject, None)
            raise Unavailable("Kafka has not taken a new key in time.") from None

    def _append(self, record: KeyRecord) -> None:
        self._producer.produce(
            self._topic, record.value, record.key, partition=0, on_delivery=self._delivered
        )
        self._hurry.set()

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:  # who waits for it is told so by the clock
            logger.warning("a subject key was not taken", error=error.str())

    # -- following ------------------------------------------------------------------------------

    async def _follow(self) -> None:
        try:
            while True:
                await self._pause(self._poll())
        except Exception:
            logger.exception("subject keys are not followed any more")
            raise

    async def _pause(self, received: int) -> None:
        if received:
            await asyncio.sleep(0)
        elif self._awaited:
            await asyncio.sleep(BUSY_INTERVAL_S)
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), IDLE_INTERVAL_S)
        self._hurry.clear()

    def _poll(self) -> int:
        self._producer.poll(0)
        messages = self._consumer.consume(POLL_BATCH, 0)
        for message in messages:
            self._take(message)
        self._close_the_segment()
        return len(messages)

    def _take(self, message: Message) -> None:
        error = message.error()
        if error is None:
            self._take_key(message)
        elif error.code() == END:
            self._known = True
        else:  # the client goes on trying by itself
            logger.warning("kafka", error=error.str())

    def _take_key(self, message: Message) -> None:
        try:
            subject = _receive(self._ring, message)
        except MalformedKey as error:
            logger.warning("no key", offset=message.offset(), error=str(error))
            return
        made = self._awaited.pop(subject or "", None)
        if made is not None and not made.done():
            made.set_result(None)

    def _close_the_segment(self) -> None:
        """Append a record where the others have waited for one.

        Kafka compacts no segment that it still appends to, and begins a new one only with a
        record. Without this, the key of who is erased last would stay on the disk for ever.
        """
        since = self._ring.unrolled_since
        if self._known and since is not None and time.time() * 1000 - since > self._roll:
            self._ring.unrolled_since = None
            self._append(KeyRecord(TICK, b"{}"))


def read(bootstrap: str, master: Master | None = None, topic: str = KEYS.name) -> Keyring:
    """Fold the topic up to its end; raises `SetupError` where it cannot be read."""
    refuse_missing(bootstrap, [topic])
    ring = Keyring(master)
    with closing(_consumer(bootstrap, topic, **TO_THE_END)) as consumer:
        for message in _until_the_end(consumer):
            with suppress(MalformedKey):  # those who follow the topic log it
                _receive(ring, message)
    return ring


def erase(bootstrap: str, subject: str, topic: str = KEYS.name) -> int:
    """Destroy every key of a subject, and return when the topic shows none any more.

    Returns how many there were. Raises `SetupError` when Kafka does not take it, and for the hall's
    own keys, by which it knows every address.
    """
    if subject == HALL:
        raise SetupError(f"{HALL} is no person, and without its keys nobody signs in by mail.")
    erased = 0
    while records := read(bootstrap, topic=topic).records_of(subject):
        _bury(bootstrap, topic, records)
        erased += len(records)
    return erased


def _bury(bootstrap: str, topic: str, records: Sequence[bytes]) -> None:
    try:
        append_durably(bootstrap, [NewRecord(topic, key, None, 0) for key in records], TIMEOUT_S)
    except AppendFailed as error:
        raise SetupError(f"Kafka did not take the erasure ({error.reason}); repeat it.") from error


def _consumer(bootstrap: str, topic: str, **config: Any) -> Consumer:
    consumer = Consumer(
        consumer_config(bootstrap, "gamehall-subject-keys")
        | {"enable.partition.eof": True, "auto.offset.reset": "earliest", **config}
    )
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    return consumer


def _until_the_end(consumer: Consumer) -> Iterator[Message]:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        for message in what_there_is(consumer, POLL_BATCH, 0.2):
            error = message.error()
            if error is None:
                deadline = time.monotonic() + TIMEOUT_S
                yield message
            elif error.code() == END:
                return
    raise SetupError(f"Kafka did not give the keys of subjects within {TIMEOUT_S} s; try again.")


def _receive(ring: Keyring, message: Message) -> str | None:
    _, at = message.timestamp()
    return ring.receive(message.key(), message.value(), at)
