"""The wire form between processes: `Envelope` as JSON on the way there, `VerdictMessage` back."""

from typing import Any, ClassVar, Self

import msgspec

from application.ports.commands import Answer, NotOwned, Unavailable, Verdict
from domain.events import Position
from domain.refusals import Refusal

FORWARD_PATH = "/internal/commands"
"""Where a process of the API takes commands that others forward to it."""

HANDOVER_PATH = "/internal/handover"
"""Where it lets go of shards that another is to own."""

SECONDS_LEFT_HEADER = "x-seconds-left"
"""The request header that says how long the caller still waits."""


class RefusalBody(msgspec.Struct, frozen=True, kw_only=True):
    """The domain says no: `type` is the problem's, without its prefix."""

    type: str
    status: int
    detail: str


class Unanswered(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody knows whether it happened; the same id again, after so many seconds, settles it."""

    detail: str
    retry_after: float


class VerdictMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Position and reply, or a refusal, or no answer."""

    position: str | None = None
    reply: Any = None
    refusal: RefusalBody | None = None
    unavailable: Unanswered | None = None

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        """What came of a command, ready to travel."""
        if isinstance(verdict, Answer):
            return cls(position=str(verdict.position), reply=verdict.reply)
        if isinstance(verdict, Refusal):
            kind, status = verdict.type, verdict.status
            return cls(refusal=RefusalBody(type=kind, status=status, detail=str(verdict)))
        return cls(unavailable=Unanswered(detail=str(verdict), retry_after=verdict.retry_after))


class ForwardedVerdict(VerdictMessage, frozen=True, kw_only=True):
    """A verdict between processes of the API.

    The reply stays JSON as it is read; `repeated` where it was given before, `moved` where another
    process may give one.
    """

    reply: msgspec.Raw = msgspec.Raw(b"null")
    repeated: bool = False
    moved: bool = False

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        """What came of a command, ready to travel."""
        message = super().of(verdict)
        if isinstance(verdict, NotOwned):
            return msgspec.structs.replace(message, moved=True)
        if isinstance(verdict, Answer) and verdict.repeated:
            return msgspec.structs.replace(message, repeated=True)
        return message

    def settle(self) -> Answer:
        """The answer; raises `Refusal`, `NotOwned` and `Unavailable` as the owner did."""
        if self.refusal is not None:
            raise ForeignRefusal(self.refusal)
        if self.unavailable is not None:
            kind = NotOwned if self.moved else Unavailable
            raise kind(self.unavailable.detail, self.unavailable.retry_after)
        return Answer(Position.parse(self.position or ""), self.reply, self.repeated)


class ForeignRefusal(Refusal):
    """A refusal by another process, of the type and with the status that it had there."""

    type: ClassVar[str] = ""

    def __init__(self, refused: RefusalBody) -> None:
        super().__init__(refused.detail)
        self.type = refused.type  # type: ignore[misc]  # each one's own
        self.status = refused.status  # type: ignore[misc]
