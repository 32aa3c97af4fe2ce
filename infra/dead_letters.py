"""Dead letters: parked events in a topic of their own, with what a person needs to judge them."""

from collections.abc import Mapping

import msgspec

from application.log.records import UnreadableEvent
from domain.events import Recorded
from infra.eventlog.partition import partition_for
from infra.kafka.append import Appender, Headers

DELIVERY_TIMEOUT_S = 30

VALUE_LIMIT_BYTES = 256 * 1024
"""What is kept of a record; Kafka takes 1 MB with its headers, and who wrote it may take more."""

TEXT_LIMIT_BYTES = 4 * 1024
"""Of the key, and of each header."""


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
        """Hand over any record; those of one key keep their order, and each fits."""
        appender = self._appender or self._connect()
        short, kept, encoded = fitting(key, value, headers)
        partition = partition_for(key, self._partitions)
        appender.append(self._topic, short, kept, partition, encoded)

    def flush(self) -> None:
        """See the port; raises `KafkaException`."""
        if self._appender is not None:
            self._appender.flush()

    def forget(self, subject: str) -> None:
        """See the port: events of the log say nothing personal that is not sealed in them."""

    def _connect(self) -> Appender:
        self._appender = Appender(self._bootstrap, DELIVERY_TIMEOUT_S)
        self._partitions = self._appender.partitions_of(self._topic)
        return self._appender


def fitting(
    key: str, value: bytes | None, headers: Mapping[str, str]
) -> tuple[bytes, bytes | None, Headers]:
    """The key, value and headers of a letter that always fits.

    What is too long of it is cut, and the header `cut` then says how many bytes the value had. The
    header `position`, if there is one, leads to the whole, for as long as it is kept.
    """
    kept = None if value is None else value[:VALUE_LIMIT_BYTES]
    cut = {} if value is None or kept == value else {"cut": str(len(value))}
    encoded = [(name, _short(text)) for name, text in {**headers, **cut}.items()]
    return _short(key), kept, encoded


def _short(text: str) -> bytes:
    return text.encode(errors="replace")[:TEXT_LIMIT_BYTES].decode(errors="ignore").encode()
