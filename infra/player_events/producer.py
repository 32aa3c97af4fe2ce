"""How player events are appended: acknowledged by all replicas in sync, and never piled up."""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec
import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from application.player_events.ports import FailedEvent
from application.ports.commands import Seals, Unavailable
from domain.events import Position
from domain.player_events.event import TOPIC, PlayerEvent
from domain.player_events.letters import INGEST
from infra.dead_letters import fitting
from infra.kafka.clients import producer_config
from infra.player_events.sealed_letters import PlainLetter, record_of_sealed, texts_of

FAILED_EVENTS = f"{INGEST}.dlq"
"""Where events are kept that were refused, for somebody to repair."""

Headers = list[tuple[str, str | bytes | None]]
EventRecord = tuple[str, str | bytes, bytes, Headers]
"""Topic, key, value, headers."""

POLL_INTERVAL_S = 0.001
"""Between polls while events are in flight; a Kafka round trip takes about as long."""

IN_FLIGHT_EVENTS = 100_000
IN_FLIGHT_BYTES = 16 * 1024 * 1024
"""What may be on its way to Kafka at a time; beyond that, the answer is 503. The client's own
bookkeeping comes on top, about as much again for events of 300 bytes."""

DELIVERY_TIMEOUT_MS = 5_000
"""How long Kafka may take to acknowledge; then the answer is 503."""

RETRY_AFTER_S = 1.0

logger = structlog.get_logger(__name__)

encode = msgspec.json.Encoder().encode


class EventProducer:
    """Appends player events, in the event loop that it was started in.

    An idempotent producer with `acks=all`; the events of one player keep the order in which they
    were handed over. What failed is sealed first (`seals`), and everything that came with it waits
    for that.
    """

    def __init__(self, bootstrap: str, seals: Seals) -> None:
        self._seals = seals
        self._config = producer_config(bootstrap) | {
            "partitioner": "murmur2",
            # What comes while a request is on its way goes off together when that is answered;
            # a wait for company would only be added to it (docs/adr/0010).
            "linger.ms": 0,
            "max.in.flight.requests.per.connection": 1,
            "message.timeout.ms": DELIVERY_TIMEOUT_MS,
            "delivery.report.only.error": False,
            # Not reached: what may be on its way is counted here, before any of it is handed over.
            "queue.buffering.max.messages": 2 * IN_FLIGHT_EVENTS,
            "queue.buffering.max.kbytes": 4 * IN_FLIGHT_BYTES // 1024,
            "error_cb": self._on_error,
        }
        self._events = 0
        self._bytes = 0
        self._retired: list[Producer] = []
        self._timer: asyncio.TimerHandle | None = None
        self._drained: asyncio.Future[None] | None = None

    @property
    def in_flight(self) -> int:
        """Events that are on their way."""
        return self._events

    def start(self) -> None:
        """Connect; Kafka need not be there yet."""
        self._loop = asyncio.get_running_loop()
        self._producer = Producer(self._config)

    async def stop(self) -> None:
        """Wait until all is delivered or has failed, which takes no longer than Kafka may."""
        if self._events:
            self._drained = self._loop.create_future()
            await self._drained
        if self._timer:
            self._timer.cancel()

    @contextmanager
    def reserve(self, size: int) -> Iterator[None]:
        """See `application.player_events.ports.PlayerEventLog.reserve`."""
        self._require(0, size)
        self._bytes += size
        try:
            yield
        finally:
            self._bytes -= size

    def _require(self, events: int, size: int) -> None:
        if self._events + events > IN_FLIGHT_EVENTS or self._bytes + size > IN_FLIGHT_BYTES:
            raise Unavailable(
                f"{self._events:,} events wait for Kafka already; come back in a moment.",
                RETRY_AFTER_S,
            )

    def append(
        self,
        events: Sequence[PlayerEvent],
        failed: Sequence[FailedEvent] = (),
        traceparent: bytes | None = None,
    ) -> Awaitable[Position | None]:
        """See `application.player_events.ports.PlayerEventLog.append`."""
        trace: Headers = [] if traceparent is None else [("traceparent", traceparent)]
        records = [record_of(event, trace) for event in events]
        if failed:
            return asyncio.ensure_future(self._append_sealed(failed, records, trace))
        return self._produce(records)

    async def _append_sealed(
        self, failed: Sequence[FailedEvent], records: Sequence[EventRecord], trace: Headers
    ) -> Position | None:
        plain = [_plain(failure) for failure in failed]
        letters = [each.letter for each in plain]
        sealed = await asyncio.gather(*(self._seals.seal(*text) for text in texts_of(letters)))
        pairs = zip(sealed[::2], sealed[1::2], strict=True)
        failures = [
            _failure(*record_of_sealed(each, letter, *texts), trace)
            for each, letter, texts in zip(plain, letters, pairs, strict=True)
        ]
        return await self._produce([*failures, *records])

    def _produce(self, records: Sequence[EventRecord]) -> asyncio.Future[Position | None]:
        size = sum([len(value) for _, _, value, _ in records])
        self._require(len(records), size)
        arrived: asyncio.Future[Position | None] = self._loop.create_future()
        delivery = Acknowledgements(self, arrived, len(records), size)
        if not records:
            arrived.set_result(None)
            return arrived
        self._events += len(records)
        self._bytes += size
        produce, handed_over = self._producer.produce, 0
        try:
            for topic, key, value, headers in records:
                produce(topic, value, key, headers=headers, on_delivery=delivery)
                handed_over += 1
        except (KafkaException, BufferError) as error:
            # No reports will come of the others; what cannot be sent must not take room for ever.
            delivery.fail(len(records) - handed_over, error)
        if self._timer is None:
            self._timer = self._loop.call_later(POLL_INTERVAL_S, self._turn)
        return arrived

    def delivered(self, delivery: "Acknowledgements") -> None:
        """Make room: all of these have arrived or failed."""
        self._events -= delivery.count
        self._bytes -= delivery.bytes
        if self._drained and not self._events:
            self._drained.set_result(None)

    def _turn(self) -> None:
        self._producer.poll(0)
        for retired in self._retired:
            retired.poll(0)  # what it could not deliver has yet to be told
        self._timer = self._loop.call_later(POLL_INTERVAL_S, self._turn) if self._events else None

    def _on_error(self, error: KafkaError) -> None:
        logger.warning("kafka", error=error.str(), fatal=error.fatal())
        if error.fatal():
            # An idempotent producer that lost its sequence cannot go on; a new one can.
            self._retired = [retired for retired in self._retired if len(retired)]
            self._retired.append(self._producer)
            self._producer = Producer(self._config)


class Acknowledgements:
    """Counts the acknowledgements of some events; called by the client for each."""

    __slots__ = ("bytes", "count", "error", "future", "left", "producer")

    def __init__(
        self,
        producer: EventProducer,
        future: asyncio.Future[Position | None],
        count: int,
        size: int,
    ) -> None:
        self.producer = producer
        self.future = future
        self.count = self.left = count
        self.bytes = size
        self.error: str | None = None

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        """Count one of them, or what kept it from arriving."""
        if error is not None:
            self.error = self.error or error.str()
        self.left -= 1
        if not self.left:
            self.producer.delivered(self)
            self._settle(message)

    def fail(self, count: int, error: Exception) -> None:
        """Count so many of them as failed, which were never handed over."""
        self.error = self.error or str(error)
        self.left -= count
        if not self.left:
            self.producer.delivered(self)
            self._settle(None)

    def _settle(self, message: Message | None) -> None:
        if self.future.done():  # whoever asked has hung up
            return
        if self.error is None and message is not None:
            place = message.topic() or "", message.partition() or 0, message.offset() or 0
            self.future.set_result(Position(*place))
        else:
            self.future.set_exception(
                Unavailable(f"Kafka did not take the events: {self.error}.", RETRY_AFTER_S)
            )


def record_of(event: PlayerEvent, trace: Headers) -> EventRecord:
    """How an event stands in the topic."""
    headers: Headers = [
        ("event_type", event.event_type),
        ("event_id", event.event_id),
        *trace,
    ]
    return TOPIC, event.player_id, encode(event), headers


def _plain(failed: FailedEvent) -> PlainLetter:
    told = {"reason": failed.reason, "field": failed.field}
    return PlainLetter(FAILED_EVENTS, failed.subject, failed.value, told)


def _failure(key: str, value: bytes, told: Mapping[str, str], trace: Headers) -> EventRecord:
    short, kept, headers = fitting(key, value, told)
    return FAILED_EVENTS, short, kept or b"", [*headers, *trace]
