"""Dead letters: parked events in a topic of their own, with what a person needs to judge them."""

from collections.abc import Mapping

import msgspec

from application.log.records import UnreadableEvent
from domain.events import Recorded
from infra.eventlog.partition import partition_for
from infra.kafka.append import Appender

DELIVERY_TIMEOUT_S = 30


def unreadable(recorded: Recorded) -> str | None:
    """Why this version of the code cannot read an event, or None."""
    event = recorded.event
    return event.reason if isinstance(event, UnreadableEvent) else None


class DeadLetterTopic:
    """Writes to `<consumer>.dlq`; implements `ports.projections.DeadLetterSink`."""

    def __init__(self, bootstrap: str, consumer: str) -> None:
        self._topic = f"{consumer}.dlq"
        self._bootstrap = bootstrap
        self._appender: Appender | None = None
        self._partitions = 0

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
        appender = self._appender or self._connect()
        encoded = [(name, text.encode()) for name, text in headers.items()]
        appender.append(self._topic, key, value, partition_for(key, self._partitions), encoded)

    def flush(self) -> None:
        """See the port; raises `KafkaException`."""
        if self._appender is not None:
            self._appender.flush()

    def _connect(self) -> Appender:
        self._appender = Appender(self._bootstrap, DELIVERY_TIMEOUT_S)
        self._partitions = self._appender.partitions_of(self._topic)
        return self._appender
