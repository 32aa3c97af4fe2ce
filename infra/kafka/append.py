"""Appending records, and knowing that they are durable."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from domain.events import Position
from infra.kafka.clients import producer_config

Headers = Sequence[tuple[str, str | bytes | None]]


class NewRecord(NamedTuple):
    """A record to append; without a partition, its key decides as it does for Java clients."""

    topic: str
    key: str | bytes | None
    value: bytes | None
    partition: int = -1
    headers: Headers = ()


class AppendFailed(KafkaException):
    """Kafka has not acknowledged `count` records, some of which may have been appended."""

    def __init__(self, error: KafkaError, count: int) -> None:
        super().__init__(error)
        self.reason = error.str()
        self.count = count


class Appender:
    """Appends records, all of them durable once `flush` returns. Blocking, for one thread.

    `settings` are those in which its client differs from `producer_config`.
    """

    def __init__(self, bootstrap: str, timeout_s: float, **settings: Any) -> None:
        config = producer_config(bootstrap) | {"partitioner": "murmur2"} | settings
        self._producer = Producer(config)
        self._timeout_s = timeout_s
        self._failed: list[KafkaError] = []
        self.arrived: list[Position] = []
        """Where records stand, by offset and in order of arrival; kept where successes are
        reported (`delivery.report.only.error`)."""

    def append(
        self,
        topic: str,
        key: str | bytes | None,
        value: bytes | None,
        partition: int = -1,
        headers: Headers = (),
    ) -> None:
        """Hand over a record; those of one partition keep their order.

        Raises `KafkaException` for one that is too large, `AppendFailed` when too many wait.
        """
        try:
            self._producer.produce(
                topic, value, key, partition, headers=list(headers), on_delivery=self._delivered
            )
        except BufferError:  # many records at once; some have to go first
            self.flush()
            self.append(topic, key, value, partition, headers)

    def flush(self) -> None:
        """Return when all is durable; raises `AppendFailed`."""
        left = self._producer.flush(self._timeout_s)
        failed, self._failed = self._failed, []
        if failed or left:
            late = f"no answer within {self._timeout_s:g} s"
            timed_out = KafkaError(KafkaError._MSG_TIMED_OUT, late)  # noqa: SLF001  its only name
            raise AppendFailed(failed[0] if failed else timed_out, len(failed) + left)

    def close(self) -> None:
        """Forget what was not delivered."""
        self._producer.purge()
        self._producer.flush(0)

    def partitions_of(self, topic: str) -> int:
        """How many partitions a topic has; raises `KafkaException`, also where there is none."""
        found = self._producer.list_topics(topic, self._timeout_s).topics[topic]
        if found.error:
            raise KafkaException(found.error)
        return len(found.partitions)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failed.append(error)
        else:
            place = message.topic() or "", message.partition() or 0, message.offset() or 0
            self.arrived.append(Position(*place))


def append_durably(
    bootstrap: str, records: Iterable[NewRecord], timeout_s: float, **settings: Any
) -> list[Position]:
    """Append a few records, and return where they stand once all are durable.

    Raises `AppendFailed`; some may have been appended all the same.
    """
    appender = Appender(bootstrap, timeout_s, **{"delivery.report.only.error": False}, **settings)
    for record in records:
        appender.append(*record)
    appender.flush()
    return appender.arrived
