"""The checkout worker: the shop's messages become commands, and nothing stops it."""

from collections.abc import Callable, Sequence

import structlog
from confluent_kafka import Consumer, KafkaException, Message

from application.issued import Issued
from application.waitroom.checkout import NAME, REACTIONS, Malformed, react
from infra.commands_client import CommandsClient
from infra.deadletters import DeadLetterTopic
from infra.eventlog.clients import consumer_config
from infra.eventlog.reader import PASSING

BATCH = 200
IDLE = 0.5

logger = structlog.get_logger(__name__)


class Checkout:
    """Reads `CHECKOUT_*` in the consumer group `gamehall-checkout`.

    Guarantees: a message's command has been answered, or the message is a dead letter with its
    reason, before its offset is committed. Messages of one partition are handled in order.
    """

    def __init__(self, bootstrap: str, client: CommandsClient, letters: DeadLetterTopic) -> None:
        self._consumer = Consumer(
            consumer_config(bootstrap, f"gamehall-{NAME}") | {"auto.offset.reset": "earliest"}
        )
        self._client = client
        self._letters = letters

    def run(self, stopped: Callable[[], bool]) -> None:
        """Work until `stopped`."""
        self._consumer.subscribe(list(REACTIONS))
        try:
            while not stopped():
                self.step()
        finally:
            self._consumer.close()

    def step(self, timeout: float = IDLE) -> int:
        """Handle what is there; returns the number of messages."""
        first = self._consumer.poll(timeout)
        if first is None:
            return 0
        found = (first, *self._consumer.consume(BATCH - 1, 0))
        messages = [message for message in found if not _failed(message)]
        self._handle(messages)
        for last in {(m.topic(), m.partition()): m for m in messages}.values():
            self._consumer.commit(message=last, asynchronous=True)
        return len(messages)

    def _handle(self, messages: Sequence[Message]) -> None:
        understood: list[tuple[Message, Issued]] = []
        for message in messages:
            try:
                understood.append((message, _react(message)))
            except Malformed as malformed:
                self._bury(message, "malformed", str(malformed))
        if understood:
            self._issue(understood)
        self._letters.flush()

    def _issue(self, understood: Sequence[tuple[Message, Issued]]) -> None:
        outcomes = self._client.execute([issued for _, issued in understood])
        for (message, _), outcome in zip(understood, outcomes, strict=True):
            if outcome.refusal is not None:
                self._bury(message, outcome.refusal.type, outcome.refusal.detail)

    def _bury(self, message: Message, kind: str, reason: str) -> None:
        source = f"{message.topic()}/{message.partition()}@{message.offset()}"
        logger.warning("checkout message buried", source=source, type=kind, reason=reason)
        key = (message.key() or b"").decode(errors="replace")
        headers = {"reason": reason, "type": kind, "position": source}
        self._letters.post(key, message.value(), headers)


def _react(message: Message) -> Issued:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    return react(topic or "", partition or 0, offset or 0, message.value())


def _failed(message: Message) -> bool:
    error = message.error()
    if error is None:
        return False
    if error.code() in PASSING:
        return True
    raise KafkaException(error)
