"""The worker of an inbox: messages of others become commands, and none stops the next."""

from collections.abc import Callable, Collection, Sequence

import structlog
from confluent_kafka import Consumer, Message

from application.inbox import Inbox, Malformed
from application.ports.commands import Envelope
from domain.events import Position
from infra.commands_client import CommandsClient
from infra.dead_letters import DeadLetterTopic
from infra.kafka.clients import consumer_config
from infra.kafka.errors import failed
from infra.kafka.share import MEMBER_CONFIG

POLL_BATCH = 200
POLL_TIMEOUT_S = 0.5

logger = structlog.get_logger(__name__)


class InboxWorker:
    """Reads the topics of an inbox in a consumer group, whose members divide the work.

    Guarantees: a message's command has been answered, or the message is a dead letter with its
    reason, before its offset is committed. Messages of one partition are handled in order. What is
    at the positions `skipped` is not looked at.
    """

    def __init__(
        self,
        bootstrap: str,
        inbox: Inbox,
        group: str,
        client: CommandsClient,
        skipped: Collection[Position] = (),
    ) -> None:
        self._inbox = inbox
        self._skipped = skipped
        earliest = {"auto.offset.reset": "earliest"}
        self._consumer = Consumer(
            {**consumer_config(bootstrap, group), **MEMBER_CONFIG, **earliest}
        )
        self._client = client
        self._letters = DeadLetterTopic(bootstrap, inbox.name)

    def run(self, stopped: Callable[[], bool]) -> None:
        """Work until `stopped`."""
        self._consumer.subscribe([topic.name for topic in self._inbox.topics])
        try:
            while not stopped():
                self.step()
        finally:
            self._consumer.close()

    def step(self, timeout: float = POLL_TIMEOUT_S) -> int:
        """Handle what is there; returns the number of messages."""
        first = self._consumer.poll(timeout)
        if first is None:
            return 0
        found = (first, *self._consumer.consume(POLL_BATCH - 1, 0))
        messages = [message for message in found if not failed(message)]
        self._handle(messages)
        for last in {(m.topic(), m.partition()): m for m in messages}.values():
            self._consumer.commit(message=last, asynchronous=True)
        return len(messages)

    def _handle(self, messages: Sequence[Message]) -> None:
        understood: list[tuple[Message, Envelope]] = []
        for message in messages:
            source = _source(message)
            if source in self._skipped:
                continue
            try:
                envelope = self._inbox.issue(source, message.value())
                understood.append((message, envelope))
            except Malformed as malformed:
                self._bury(message, "malformed", str(malformed))
        if understood:
            self._issue(understood)
        self._letters.flush()

    def _issue(self, understood: Sequence[tuple[Message, Envelope]]) -> None:
        verdicts = self._client.execute([envelope for _, envelope in understood])
        for (message, _), verdict in zip(understood, verdicts, strict=True):
            if verdict.refusal is not None:
                self._bury(message, verdict.refusal.type, verdict.refusal.detail)

    def _bury(self, message: Message, kind: str, reason: str) -> None:
        name, source = self._inbox.name, str(_source(message))
        logger.warning("message buried", inbox=name, source=source, type=kind, reason=reason)
        key = (message.key() or b"").decode(errors="replace")
        headers = {"reason": reason, "type": kind, "position": source}
        self._letters.post(key, message.value(), headers)


def _source(message: Message) -> Position:
    return Position(message.topic() or "", message.partition() or 0, message.offset() or 0)
