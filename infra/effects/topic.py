"""A record in another topic of Kafka."""

import asyncio
import time
from collections.abc import Collection
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from application.effects.ports import Effect
from application.ports.deliveries import Delivery
from domain.effects.actions import TopicRecord
from infra.effects.posting import PATIENCE_S
from infra.kafka.clients import producer_config
from infra.kafka.quiet_logger import QUIET

POLL_INTERVAL_S = 0.001
"""Between looks at what Kafka has acknowledged, while something is on its way."""

KNOWN_FOR_S = 60.0
"""For which a topic that was there is not looked for again."""

NOT_WRITTEN = {
    KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001  their only names
    KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
    KafkaError._QUEUE_FULL,  # noqa: SLF001
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.NOT_ENOUGH_REPLICAS,
}
"""Errors that say that there is no record, and that there may be one later."""

NEVER_WRITTEN = {
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.INVALID_MSG,
    KafkaError.INVALID_RECORD,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.POLICY_VIOLATION,
}
"""Those that say so of every try."""


class TopicRecords:
    """Implements `effects.ports.Adapter` for `TopicRecord`.

    Guarantee: at least once, as long as it is repeated after `unknown`; whoever reads the topic
    knows a repetition by the header `effect-id`, which is the same. Accepted is a record that all
    replicas in sync have. Unknown is one that was not acknowledged in `seconds`. The records of a
    key keep the order in which they are performed one after the other. A topic is never made here,
    and `ours`, the topics of the hall, are nobody else's to write to.
    """

    def __init__(self, bootstrap: str, ours: Collection[str], seconds: float = PATIENCE_S) -> None:
        self._bootstrap = bootstrap
        self._ours = frozenset(ours)
        self._seconds = seconds
        self._producer: Producer | None = None
        self._polling: asyncio.Task[None] | None = None
        self._on_their_way = 0
        self._found_at: dict[str, float] = {}

    async def perform(self, effect: Effect) -> Delivery:
        """See the port."""
        action = effect.action
        assert isinstance(action, TopicRecord)
        if action.topic in self._ours or action.topic.startswith("__"):
            return Delivery("rejected", "the topic is one of the hall's or of Kafka's own")
        sent = False
        try:
            async with asyncio.timeout(self._seconds):
                if not await self._is_there(action.topic):
                    return Delivery("rejected", "there is no such topic", again=True)
                sent = True
                return await self._produce(effect, action)
        except TimeoutError:
            reason = f"no answer within {self._seconds:g} s"
            return Delivery("unknown" if sent else "rejected", reason, again=True)
        except BufferError:
            return Delivery("rejected", "too many records wait for Kafka", again=True)
        except KafkaException as error:
            return _said(error.args[0])

    async def close(self) -> None:
        """See the port."""
        if self._polling is not None:
            self._polling.cancel()
        if self._producer is not None:
            self._producer.purge()
            self._producer.flush(0)

    async def _is_there(self, topic: str) -> bool:
        """Look for a topic among all there are: to ask for it by name might make it."""
        if time.monotonic() - self._found_at.get(topic, float("-inf")) < KNOWN_FOR_S:
            return True
        try:
            there = await asyncio.to_thread(self._open().list_topics, timeout=self._seconds)
        except KafkaException as error:
            raise TimeoutError from error
        if topic in there.topics:
            self._found_at[topic] = time.monotonic()
        return topic in there.topics

    async def _produce(self, effect: Effect, action: TopicRecord) -> Delivery:
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Delivery] = loop.create_future()

        def delivered(error: KafkaError | None, _: Message) -> None:
            self._on_their_way -= 1
            if not told.done():
                told.set_result(Delivery("accepted") if error is None else self._failed(error))

        headers: list[tuple[str, Any]] = [
            ("effect-id", effect.id),
            ("position", str(effect.position)),
        ]
        self._open().produce(
            action.topic, effect.event, action.key, headers=headers, on_delivery=delivered
        )
        self._on_their_way += 1
        if self._polling is None or self._polling.done():
            self._polling = asyncio.create_task(self._poll())
        return await told

    async def _poll(self) -> None:
        while self._on_their_way and self._producer is not None:
            self._producer.poll(0)
            await asyncio.sleep(POLL_INTERVAL_S)

    def _failed(self, error: KafkaError) -> Delivery:
        if error.fatal():  # an idempotent producer that has lost count goes on no more
            self._producer, self._on_their_way = None, 0
        return _said(error)

    def _open(self) -> Producer:
        if self._producer is None:
            config = {
                **producer_config(self._bootstrap),
                "partitioner": "murmur2",
                "message.timeout.ms": max(1, int(self._seconds * 1_000)),
                "delivery.report.only.error": False,
            }
            self._producer = Producer(config, logger=QUIET)
        return self._producer


def _said(error: KafkaError) -> Delivery:
    reason = f"Kafka answers {error.name()}"
    if error.code() in NEVER_WRITTEN:
        return Delivery("rejected", reason)
    if error.code() in NOT_WRITTEN:
        return Delivery("rejected", reason, again=True)
    return Delivery("unknown", reason, again=True)
