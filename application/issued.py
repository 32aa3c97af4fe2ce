"""Process managers: they fold events and issue commands, and never do both from a replay twice."""

from typing import NamedTuple

from domain.aggregate import Command
from domain.events import Metadata, Recorded


class Issued(NamedTuple):
    """A command that a process wants executed, with the id that makes a repeat harmless."""

    command: Command
    command_id: str
    metadata: Metadata

    @classmethod
    def because_of(cls, recorded: Recorded, command: Command, *, process: str) -> "Issued":
        """The one command of `process` that `recorded` causes.

        Guarantees: the same event always leads to the same command id, however often and wherever
        it is read, and no other event or process leads to it.
        """
        metadata = Metadata(
            actor=process,
            # What nobody correlated yet starts with the command that came first.
            correlation_id=recorded.metadata.correlation_id or recorded.command_id,
            causation_id=str(recorded.position),
        )
        return cls(command, f"{process}:{recorded.position}", metadata)
