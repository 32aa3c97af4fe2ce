"""Dead letters of players' events."""

import msgspec

from domain.player_events.event import PlayerEvent
from domain.player_events.unreadable import UnreadableRecord
from infra.dead_letters import DeadLetterTopic
from infra.player_events.sealed_letters import PlainLetter, record_of_sealed, texts_of
from infra.subjects.sealing import BlockingSeals


class PlayerDeadLetters:
    """Writes to `<consumer>.dlq`; implements `ports.projections.DeadLetterSink`.

    What they say is sealed, all of a batch at once when it is flushed.
    """

    def __init__(self, bootstrap: str, consumer: str, seals: BlockingSeals) -> None:
        self._topic = DeadLetterTopic(bootstrap, consumer)
        self._consumer = consumer
        self._seals = seals
        self._waiting: list[PlainLetter] = []

    def send(self, event: PlayerEvent | UnreadableRecord, reason: str) -> None:
        """See the port: the value is what stood in the topic."""
        headers = {"reason": reason, "position": str(event.position), "consumer": self._consumer}
        if isinstance(event, UnreadableRecord):
            key, value = event.key, event.value or b""
        else:
            nowhere = msgspec.structs.replace(event, partition=-1, offset=-1)  # left out again
            key, value = event.player_id, msgspec.json.encode(nowhere)
        self._waiting.append(PlainLetter(f"{self._consumer}.dlq", key, value, headers))

    def flush(self) -> None:
        """See the port; raises `KafkaException`."""
        if self._waiting:
            plain, letters = self._waiting, [each.letter for each in self._waiting]
            sealed = self._seals.seal_all(texts_of(letters))
            pairs = zip(sealed[::2], sealed[1::2], strict=True)
            for each, letter, texts in zip(plain, letters, pairs, strict=True):
                self._topic.post(*record_of_sealed(each, letter, *texts))
            self._waiting = []
        self._topic.flush()

    def forget(self, subject: str) -> None:
        """See the port; a rebuild writes letters again of what the topic still holds."""
        self._seals.forget(subject)
