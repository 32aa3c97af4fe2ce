"""Sealing by workers and commands, which follow no topic of keys and have no event loop."""

import time
from collections.abc import Sequence
from contextlib import suppress

from confluent_kafka import Consumer, Message, TopicPartition

from domain.personal import Sealed
from infra.errors import SetupError
from infra.kafka.append import NewRecord, append_durably
from infra.kafka.clients import consumer_config
from infra.kafka.fetching import what_there_is
from infra.subjects.cipher import Master
from infra.subjects.keyring import Keyring, MalformedKey
from infra.subjects.keys import END, KEYS

APPEND_TIMEOUT_S = 15
READ_TIMEOUT_S = 15
POLL_S = 0.05
BATCH_RECORDS = 1_000

MOST_ATTEMPTS = 3
"""How often a key is made for somebody who is erased at this very moment."""


class BlockingSeals:
    """Seals texts with keys of its own, of which a subject may have several; for one thread.

    It reads the topic from where it has added the first key: so it neither waits for a million
    keys nor keeps them, and hears of every erasure of one that it uses.
    """

    def __init__(self, bootstrap: str, master: Master | None, topic: str = KEYS.name) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._ring = Keyring(master)
        self._made: set[str] = set()
        self._consumer: Consumer | None = None
        self._next = 0

    def seal_all(self, texts: Sequence[tuple[str, str]]) -> list[Sealed]:
        """Seal texts, each behind its subject; raises `KafkaException` and `SetupError`.

        Each key is durable when this returns: whoever erases the subject afterwards finds it.
        """
        subjects = {subject for subject, _ in texts}
        for _ in range(MOST_ATTEMPTS):
            self._catch_up()
            if new := [each for each in subjects if not self._ring.ids(each)]:
                self._make(new)
            sealed = [self._ring.seal(subject, text) for subject, text in texts]
            found = [each for each in sealed if each is not None]
            if len(found) == len(texts):
                return found
        raise SetupError("Somebody is being erased again and again whom a text is about.")

    def forget(self, subject: str) -> None:
        """Destroy the keys of a subject that were made here; raises as `seal_all` does."""
        self._catch_up()
        if keys := self._ring.records_of(subject):
            records = [NewRecord(self._topic, key, None, 0) for key in keys]
            append_durably(self._bootstrap, records, APPEND_TIMEOUT_S)
            self._catch_up()

    def _make(self, subjects: Sequence[str]) -> None:
        self._made.update(subjects)
        made = [self._ring.make(subject) for subject in subjects]
        records = [NewRecord(self._topic, key, value, 0) for key, value in made]
        at = append_durably(self._bootstrap, records, APPEND_TIMEOUT_S)
        if self._consumer is None:
            self._next = min(position.seq for position in at)
            self._consumer = Consumer(
                consumer_config(self._bootstrap, "gamehall-subject-keys")
                | {"enable.partition.eof": True}
            )
            self._consumer.assign([TopicPartition(self._topic, 0, self._next)])
        self._catch_up()

    def _catch_up(self) -> None:
        """Take what the topic has by now of the subjects whose keys were made here."""
        if self._consumer is None:
            return
        place = TopicPartition(self._topic, 0)
        _, end = self._consumer.get_watermark_offsets(place, READ_TIMEOUT_S)
        deadline = time.monotonic() + READ_TIMEOUT_S
        while self._next < end:
            if time.monotonic() > deadline:
                raise SetupError(f"Kafka did not give {self._topic} in {READ_TIMEOUT_S} s.")
            for message in what_there_is(self._consumer, BATCH_RECORDS, POLL_S):
                self._take(message)

    def _take(self, message: Message) -> None:
        at, error, key = message.offset(), message.error(), message.key()
        if error is not None:
            if error.code() == END and at is not None:
                self._next = max(self._next, at)
            return  # the client goes on trying by itself
        self._next = (at or 0) + 1
        subject = key.rpartition(b"/")[0] if isinstance(key, bytes) else b""
        if subject.decode(errors="replace") in self._made:
            with suppress(MalformedKey):  # those who follow the topic log it
                self._ring.receive(key, message.value(), message.timestamp()[1])

    def close(self) -> None:
        """Leave."""
        if self._consumer is not None:
            self._consumer.close()
