"""The events themselves: recent ones from memory, all others from Kafka by their offset."""

import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Lock

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from eventsourcing.persistence import InterfaceError, OperationalError

from application.log.records import Claim, Codec, Commit
from domain.category import Category
from domain.events import DomainEvent
from infra.eventlog.recorders.events import Stored
from infra.kafka.clients import consumer_config
from infra.kafka.errors import failed

NEAR_RECORDS = 200
"""Records that are read over, in place of moving to where the next one is wanted."""

EVENT_FRAME_BYTES = 400
"""Bytes that an event takes in memory beside its topic and state, about."""

Commits = Mapping[int, Commit[DomainEvent]]
"""Commits by their offsets."""


class Payloads:
    """Commits by their offsets, with as many of those last used as fit in `most_bytes`."""

    def __init__(self, fetcher: "Fetcher", most_bytes: int) -> None:
        self._fetcher = fetcher
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[int, Commit[DomainEvent]] = OrderedDict()
        self._lock = Lock()

    def keep(self, offset: int, commit: Commit[DomainEvent]) -> None:
        """Hold on to a commit until others have been used more recently."""
        with self._lock:
            if offset in self._kept:
                return
            self._kept[offset] = commit
            self._bytes += _size(commit)
            while self._bytes > self._most_bytes:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= _size(dropped)

    def at(self, offsets: Sequence[int]) -> Commits:
        """The commits at these offsets; what has to be fetched pushes out what was used long ago.

        Raises `OperationalError` when Kafka does not give one.
        """
        return self._find(offsets, keep=True)

    def passing(self, offsets: Sequence[int]) -> Commits:
        """The same for who goes through the topic, and should push nothing out."""
        return self._find(offsets, keep=False)

    def _find(self, offsets: Sequence[int], *, keep: bool) -> Commits:
        found = dict(self._in_memory(offsets))
        missing = [offset for offset in offsets if offset not in found]
        for offset, commit in self._fetcher.fetch(sorted(missing)) if missing else ():
            found[offset] = commit
            if keep:
                self.keep(offset, commit)
        return found

    def _in_memory(self, offsets: Iterable[int]) -> Iterator[tuple[int, Commit[DomainEvent]]]:
        with self._lock:
            for offset in offsets:
                if (commit := self._kept.get(offset)) is not None:
                    self._kept.move_to_end(offset)
                    yield offset, commit


def _size(commit: Commit[DomainEvent]) -> int:
    return sum(
        EVENT_FRAME_BYTES + len(event.topic) + len(event.state)
        for event in commit.events
        if isinstance(event, Stored)
    )


class Fetcher:
    """Reads single commits of a topic; for any thread, one at a time."""

    def __init__(self, bootstrap: str, category: Category, seconds: float) -> None:
        self._bootstrap = bootstrap
        self._topic = category.topic
        self._codec = Codec(category)
        self._seconds = seconds
        self._consumer: Consumer | None = None
        self._closed = False
        self._next = 0
        self._lock = Lock()

    def fetch(self, offsets: Sequence[int]) -> Sequence[tuple[int, Commit[DomainEvent]]]:
        """The accepted commits at ascending offsets; raises `OperationalError`."""
        with self._lock:
            if self._closed:
                raise InterfaceError(f"{self._topic} has been closed.")
            if self._consumer is None:
                self._consumer = Consumer(fetcher_config(self._bootstrap))
                self._next = -NEAR_RECORDS
            return [(offset, self._read(self._consumer, offset)) for offset in offsets]

    def _read(self, consumer: Consumer, offset: int) -> Commit[DomainEvent]:
        if not self._next <= offset < self._next + NEAR_RECORDS:
            consumer.assign([TopicPartition(self._topic, 0, offset)])
        deadline = time.monotonic() + self._seconds
        while (left := deadline - time.monotonic()) > 0:
            message = consumer.poll(left)
            if message is None or _failed(message):
                continue
            at = message.offset() or 0
            self._next = at + 1
            if at == offset:
                return self._commit(message)
            if at > offset:
                break
        raise OperationalError(
            f"Kafka did not give the record at offset {offset} of {self._topic} within"
            f" {self._seconds:g} s; it is kept for ever, so look whether the brokers are up."
        )

    def _commit(self, message: Message) -> Commit[DomainEvent]:
        record = self._codec.decode(message.value())
        assert not isinstance(record, Claim), "the index leads to commits only"
        return record

    def close(self) -> None:
        """Leave; nothing is fetched any more."""
        with self._lock:
            self._closed = True
            if self._consumer is not None:
                self._consumer.close()


def fetcher_config(bootstrap: str) -> dict[str, object]:
    """A consumer that jumps: it asks for little at a time, and reads little ahead."""
    return consumer_config(bootstrap, "gamehall-fetch") | {
        "fetch.wait.max.ms": 10,
        "fetch.message.max.bytes": 65_536,
        "queued.min.messages": 500,
    }


def _failed(message: Message) -> bool:
    try:
        return failed(message)
    except KafkaException as error:
        raise OperationalError(f"Kafka could not be read: {error.args[0].str()}.") from error
