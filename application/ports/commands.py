"""Commands: who decides them, and what comes of one."""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Annotated, NamedTuple, Protocol, TypeVar

import msgspec

from application.ports.reading import ShardId
from domain.aggregate import Command, Reply
from domain.events import Metadata, Position, Recorded
from domain.personal import Sealed
from domain.refusals import Refusal


class Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A command on its way to who decides it.

    `command_id` makes a repeat harmless; `metadata` says on whose behalf and because of what.
    """

    command_id: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
    command: Command
    metadata: Metadata = Metadata()

    @classmethod
    def because_of(cls, recorded: Recorded, command: Command, *, process: str) -> "Envelope":
        """The one command of the process manager `process` that `recorded` causes.

        Guarantees: the same event always leads to the same command id, however often and wherever
        it is read, and no other event or process leads to it.
        """
        return cls(
            command_id=f"{process}:{recorded.position}",
            command=command,
            metadata=Metadata(
                actor=process,
                # What nobody correlated yet starts with the command that came first.
                correlation_id=recorded.metadata.correlation_id or recorded.command_id,
                causation_id=str(recorded.position),
            ),
        )


Told = TypeVar("Told", bound=msgspec.Struct)


class Answer(NamedTuple):
    """What the log answers to a command that was not refused.

    `position` is that of the last event the answer rests on; `reply` is what the aggregate
    answered, or its JSON where a repeated command gets its first answer back.
    """

    position: Position
    reply: Reply | msgspec.Raw
    repeated: bool = False

    def told(self, kind: type[Told]) -> Told:
        """The reply; one that was given before, or in another process, comes as JSON."""
        if isinstance(self.reply, msgspec.Raw):
            return msgspec.json.decode(self.reply, type=kind)
        assert isinstance(self.reply, kind)
        return self.reply


class Unavailable(Exception):
    """The shard cannot answer now.

    Whether the command happened is unknown: repeat it after `retry_after` seconds with the same
    command id, and it happens once.
    """

    def __init__(self, message: str, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotOwned(Unavailable):
    """The process that was asked does not own the shard, or does not any more; another one may."""


Verdict = Answer | Refusal | Unavailable
"""What comes of a command, one of three."""

Done = Callable[[Verdict], None]
"""Takes what came of one command."""


class Seals(Protocol):
    """Makes personal texts unreadable for all who have not the key of their subject."""

    async def seal(self, subject: str, text: str) -> Sealed:
        """Seal a text; the subject gets a key if there is none, and it is durable on return.

        Raises `Unavailable`.
        """

    def open(self, sealed: Sealed) -> str | None:
        """The text, or None when its subject has been erased; raises `Unavailable`."""

    async def digest(self, text: str) -> str:
        """What tells a text from others, the same in every process, to who has the hall's key.

        Raises `Unavailable`.
        """


class CommandLog(Protocol):
    """Decides commands on the log, one shard at a time."""

    async def execute(self, envelope: Envelope) -> Answer:
        """Decide, commit, read back, answer.

        Raises `Refusal` when the aggregate says no and `Unavailable` when there is no answer in
        time. A `command_id` that the shard remembers gets its first answer and adds nothing.
        """


class LocalLog(Protocol):
    """The shards that this very process owns."""

    def submit(self, envelope: Envelope, done: Done) -> None:
        """Have a command decided here; `done` is called exactly once, at once or later.

        `NotOwned` for shards of other processes.
        """

    async def hand_over(self, shards: Iterable[ShardId]) -> None:
        """Decide nothing new in these shards; when this returns, nothing of them is in flight."""


class Feed(Protocol):
    """Accepted events as they happen, for sockets; nothing is replayed."""

    def subscribe(self, aggregate_id: str) -> AsyncIterator[Recorded]:
        """The events of one aggregate from now on; ends when the consumer stops iterating."""
