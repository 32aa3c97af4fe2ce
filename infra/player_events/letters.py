"""Dead letters of players' events."""

import msgspec

from domain.player_events.event import PlayerEvent
from domain.player_events.unreadable import UnreadableRecord
from infra.dead_letters import DeadLetterTopic


class PlayerDeadLetters:
    """Writes to `<consumer>.dlq`; implements `ports.projections.DeadLetterSink`."""

    def __init__(self, bootstrap: str, consumer: str) -> None:
        self._topic = DeadLetterTopic(bootstrap, consumer)
        self._consumer = consumer

    def send(self, event: PlayerEvent | UnreadableRecord, reason: str) -> None:
        """See the port: the value is what stood in the topic."""
        headers = {"reason": reason, "position": str(event.position), "consumer": self._consumer}
        if isinstance(event, UnreadableRecord):
            self._topic.post(event.key, event.value, headers)
        else:
            nowhere = msgspec.structs.replace(event, partition=-1, offset=-1)  # left out again
            self._topic.post(event.player_id, msgspec.json.encode(nowhere), headers)

    def flush(self) -> None:
        """See the port; raises `KafkaException`."""
        self._topic.flush()
