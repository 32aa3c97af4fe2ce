"""Dead letters: parked events in a topic of their own, with what a person needs to judge them."""

from collections.abc import Mapping
from typing import Any

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from application.log.records import UnreadableEvent
from domain.events import Recorded
from infra.eventlog.clients import producer_config
from infra.eventlog.partition import partition_for

SECONDS = 30


def unreadable(recorded: Recorded) -> str | None:
    """Why this version of the code cannot read an event, or None."""
    event = recorded.event
    return event.reason if isinstance(event, UnreadableEvent) else None


class DeadLetterTopic:
    """Writes to `<consumer>.dlq`; implements `ports.projections.DeadLetterSink`."""

    def __init__(self, bootstrap: str, consumer: str) -> None:
        self._topic = f"{consumer}.dlq"
        self._bootstrap = bootstrap
        self._producer: Producer | None = None
        self._partitions = 0
        self._failed: KafkaError | None = None

    def send(self, event: Recorded, reason: str) -> None:
        """See the port: the value is the event as it is in the log."""
        recorded, told = event, event.event
        value = told.raw if isinstance(told, UnreadableEvent) else msgspec.json.encode(told)
        headers = {
            "reason": reason,
            "position": str(recorded.position),
            "command_id": recorded.command_id,
        }
        self.post(told.originator_id, value, headers)

    def post(self, key: str, value: bytes | None, headers: Mapping[str, str]) -> None:
        """Hand over any record; those of one key keep their order."""
        producer = self._producer or self._connect()
        encoded: Any = {name: text.encode() for name, text in headers.items()}
        producer.produce(
            self._topic,
            value,
            key,
            partition=partition_for(key, self._partitions),
            headers=encoded,
            on_delivery=self._delivered,
        )

    def flush(self) -> None:
        """See the port; raises `KafkaException`."""
        if self._producer is not None:
            left = self._producer.flush(SECONDS)
            error, self._failed = self._failed, None
            if error or left:
                raise KafkaException(error or KafkaError(KafkaError._MSG_TIMED_OUT))  # noqa: SLF001

    def _connect(self) -> Producer:
        self._producer = Producer(producer_config(self._bootstrap))
        topics = self._producer.list_topics(self._topic, SECONDS).topics
        self._partitions = len(topics[self._topic].partitions) or 1
        return self._producer

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        self._failed = self._failed or error
