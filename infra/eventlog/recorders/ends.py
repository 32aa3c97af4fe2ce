"""Where a topic ends, as Kafka knows it."""

from threading import Lock

from confluent_kafka import Consumer, KafkaException, TopicPartition
from eventsourcing.persistence import InterfaceError, OperationalError

from infra.eventlog.clients import consumer_config

LATEST = -1
"""The timestamp that asks for the end, in Kafka's protocol."""

LONGEST_MS = 300_000
"""The longest that librdkafka lets a socket wait."""


class Ends:
    """Asks where a topic with one partition ends; for any thread.

    A thread that comes while another is asking shares the next question with all who wait: an
    answer counts for those who came before its question was sent. Asked through a consumer that
    reads nothing: a third of the processor time of the admin client, which the consumer that
    reads would answer half a second later.
    """

    def __init__(self, bootstrap: str, topic: str, seconds: float) -> None:
        patient = {"socket.timeout.ms": min(max(int(seconds * 1_000), 10), LONGEST_MS)}
        self._consumer = Consumer(consumer_config(bootstrap, "gamehall-ends") | patient)
        self._question = [TopicPartition(topic, 0, LATEST)]
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
                raise InterfaceError(f"{self._question[0].topic} has been closed.")
            if self._answered <= sent_before:
                self._sent += 1
                self._end = self._ask()
                self._answered = self._sent
            return self._end

    def _ask(self) -> int:
        try:
            (answer,) = self._consumer.offsets_for_times(self._question, self._seconds)
        except KafkaException as error:
            raise OperationalError(self._problem(error.args[0].str())) from error
        if answer.error is not None:
            raise OperationalError(self._problem(answer.error.str()))
        return answer.offset

    def _problem(self, reason: str) -> str:
        topic = self._question[0].topic
        return f"Kafka does not tell where {topic} ends ({reason}); look whether it is up."

    def close(self) -> None:
        """Ask no more."""
        with self._lock:
            self._closed = True
            self._consumer.close()
