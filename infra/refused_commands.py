"""Commands of process managers that were refused, and events they could not take, as letters."""

import msgspec
import structlog

from application.envelopes import RefusalBody
from application.ports.commands import Envelope
from domain.events import Recorded
from infra.dead_letters import DeadLetterTopic

logger = structlog.get_logger(__name__)


class RefusedCommands:
    """Writes to `<process>.dlq`; implements `application.process_runner.Refusals`."""

    def __init__(self, bootstrap: str, process: str) -> None:
        self._process = process
        self._letters = DeadLetterTopic(bootstrap, process)

    def set_aside(self, recorded: Recorded, reason: str) -> None:
        """See the port: the value is the event as it is in the log."""
        self._letters.send(recorded, reason)

    def keep(self, envelope: Envelope, refusal: RefusalBody) -> None:
        """See the port: the value is the command."""
        command, position = envelope.command, envelope.metadata.causation_id or ""
        logger.warning(
            "command refused",
            process=self._process,
            command_id=envelope.command_id,
            type=refusal.type,
            reason=refusal.detail,
        )
        headers = {
            "reason": refusal.detail,
            "type": refusal.type,
            "position": position,
            "command_id": envelope.command_id,
        }
        self._letters.post(command.aggregate_id, msgspec.json.encode(command), headers)

    def flush(self) -> None:
        """See the port; raises `KafkaException`."""
        self._letters.flush()
