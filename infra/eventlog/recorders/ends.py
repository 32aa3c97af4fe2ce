"""Where a topic ends, as Kafka knows it."""

import time
from threading import Lock

from confluent_kafka import KafkaError, KafkaException
from eventsourcing.persistence import InterfaceError, OperationalError

from infra.kafka.watermarks import Watermarks

NEW_TOPIC_CODES = (
    KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001 - their names
    KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
)
"""What a broker says that has not heard yet of a topic, or that it leads it."""

NEW_TOPIC_PAUSE_S = 0.05
"""Until another question about such a topic."""


class Ends:
    """Asks where a topic with one partition ends; for any thread.

    A thread that comes while another is asking shares the next question with all who wait: an
    answer counts for those who came before its question was sent.
    """

    def __init__(self, bootstrap: str, topic: str, seconds: float) -> None:
        self._watermarks = Watermarks(bootstrap, seconds)
        self._place = topic, 0
        self._seconds = seconds
        self._lock = Lock()
        self._sent = self._answered = 0
        self._end = 0
        self._closed = False

    def ask(self) -> int:
        """The offset after the last record; raises `OperationalError` when there is no answer."""
        sent_before = self._sent
        with self._lock:
            if self._closed:
                raise InterfaceError(f"{self._place[0]} has been closed.")
            if self._answered <= sent_before:
                self._sent += 1
                self._ask()
                self._answered = self._sent
            return self._end

    def _ask(self) -> None:
        patience = time.monotonic() + self._seconds
        while (error := self._ask_once()) is not None:
            # A controller creates topics, and tells the brokers a moment later.
            if error.code() not in NEW_TOPIC_CODES or time.monotonic() > patience:
                raise OperationalError(self._problem(error.str()))
            time.sleep(NEW_TOPIC_PAUSE_S)

    def _ask_once(self) -> KafkaError | None:
        try:
            (self._end,) = self._watermarks.ends([self._place]).values()
        except KafkaException as error:
            return error.args[0]  # type: ignore[no-any-return]
        return None

    def _problem(self, reason: str) -> str:
        return f"Kafka does not tell where {self._place[0]} ends ({reason}); look whether it is up."

    def close(self) -> None:
        """Ask no more."""
        with self._lock:
            self._closed = True
            self._watermarks.close()
