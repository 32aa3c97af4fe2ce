"""The words of the ledger: what can be asked of one of its lines, and what can happen there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from domain.aggregate import Command
from domain.effects.names import LineId
from domain.events import DomainEvent
from domain.personal import OpenText, Tells, ThingId
from domain.refusals import Refusal
from domain.snapshot import State

MOST_UNDER_WAY = 1_000
"""Effects of one line that are attempted, or wait for another try at a receiver that all of them
have. A line that is full takes no more events, which wait in their topic meanwhile."""

MOST_RESTING = 1_000
"""Effects of one line that rest: they wait for an operator, or for a receiver that is one person's
own. Nothing waits for them, and of more than that some are given up. A line that holds both is
within the megabyte that Kafka takes in one record."""

REMOVED = "The rule was removed."

MOST_DUE = 100
"""Effects that are told at once to be due."""

TRY_AGAIN_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before each further try: the schedule of the standard webhooks, which spans three and a
half days. Who has been tried so often is parked."""

MOST_AFTER_S = 86_400
"""Seconds for which a receiver may ask to be left alone: as long as the longest pause there is."""

Told = Literal["accepted", "rejected", "unknown"]
"""What the other side made of an effect; see `application.ports.deliveries.AttemptOutcome`."""

OpenStatus = Literal["attempted", "waiting", "unknown", "parked"]
"""An effect that is open was attempted, and nobody has said yet what came of it; or it waits to be
tried again; or it may have happened or not; or it was tried as often as there is sense in."""

EffectStatus = Literal[
    "attempted", "waiting", "unknown", "parked", "accepted", "rejected", "dropped"
]
"""What became of an effect; the last three are final."""

ReasonText = Annotated[str, msgspec.Meta(max_length=500)]
Number = Annotated[int, msgspec.Meta(ge=0)]


class SourcePlace(msgspec.Struct, frozen=True, kw_only=True):
    """From where an event is found again.

    It stands at that offset of its partition or behind it; of a log, with the state of the gate.
    """

    offset: int
    epoch: int = 0
    owner: ThingId = ""
    next_seq: int = 0


class AttemptOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one attempt; `again` says whether another may do better.

    The receiver asks that it come no sooner than in `after_s` seconds. `alone` says that others
    have another receiver, who may be well.
    """

    seq: Number
    told: Told
    reason: ReasonText = ""
    again: bool = False
    after_s: Annotated[int, msgspec.Meta(ge=0, le=MOST_AFTER_S)] = 0
    alone: bool = False


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """An effect that cannot even be attempted, and why."""

    seq: Number
    reason: ReasonText


class EffectStanding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an effect stands from here on; it is tried again at `due`.

    `doubted` says that one of its attempts may have done it, whatever came of the later ones.
    """

    seq: int
    status: EffectStatus
    reason: OpenText = ""
    due: datetime | None = None
    doubted: bool = False


class OpenEffect(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An effect that nothing final became of.

    `tries` are counted from the first one, or from an operator's word. `repeats` says that its kind
    may be done twice, `alone` that its receiver was nobody else's when it was tried last, or that
    it rested until an operator wanted it tried again.
    """

    seq: int
    status: OpenStatus
    tries: int
    repeats: bool
    place: SourcePlace
    due: datetime | None = None
    doubted: bool = False
    alone: bool = False

    @property
    def rests(self) -> bool:
        """Whether it waits for an operator, or for somebody whom nobody else waits for."""
        return self.status in ("unknown", "parked") or (self.status == "waiting" and self.alone)


# -- commands --------------------------------------------------------------------------------------


class LineCommand(Command, frozen=True, kw_only=True):
    """A command for one line."""

    by_hall = True

    line: LineId

    @property
    def aggregate_id(self) -> str:
        """The line."""
        return self.line


class TakeLine(LineCommand, frozen=True, kw_only=True, tag="effects.take-line"):
    """Let whoever asks attempt effects, and nobody who did so before."""


class AttemptEffects(LineCommand, frozen=True, kw_only=True, tag="effects.attempt"):
    """Take the source up to the event `up_to`, and note that effects are about to be done.

    Those in `seqs` beyond what was taken are new; others are tried again. New ones in `rejected`
    cannot be attempted. With nothing new in it, it only tells what is due, and changes nothing.
    """

    epoch: Number
    up_to: Annotated[int, msgspec.Meta(ge=-1)]
    seqs: Sequence[Number] = ()
    rejected: Sequence[Rejection] = ()
    kind: str = ""
    repeats: bool = False
    target: ReasonText = ""
    place: SourcePlace = SourcePlace(offset=0)


class SettleEffects(LineCommand, frozen=True, kw_only=True, tag="effects.settle"):
    """Say what came of attempts."""

    epoch: Number
    outcomes: Sequence[AttemptOutcome]


class CloseLine(LineCommand, frozen=True, kw_only=True, tag="effects.close-line"):
    """Give up all that is open, and let nothing be done any more: the rule was removed."""


class RetryEffect(LineCommand, frozen=True, kw_only=True, tag="effects.retry"):
    """Try an effect again that is unknown or parked, though it may be a second time."""

    seq: Number


class DropEffect(LineCommand, frozen=True, kw_only=True, tag="effects.drop"):
    """Let an effect be that is open; nobody tries it again."""

    seq: Number


# -- events ----------------------------------------------------------------------------------------


class LineTaken(DomainEvent, frozen=True, kw_only=True, tag="effects.line-taken.v1"):
    """A worker took the line; what the one before had attempted stands as said from here on."""

    epoch: int
    left: Annotated[list[EffectStanding], Tells.OPEN]


class EffectsAttempted(DomainEvent, frozen=True, kw_only=True, tag="effects.attempted.v1"):
    """The source is taken up to an event, and these effects are done now, if nothing intervenes."""

    up_to: int
    seqs: list[int]
    rejected: Annotated[list[Rejection], Tells.OPEN]
    kind: ThingId
    repeats: bool
    target: OpenText
    place: Annotated[SourcePlace, Tells.NOBODY]


class EffectsSettled(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="effects.settled.v1"
):
    """What came of attempts is known, as far as it can be.

    Those in `alone` have a receiver of their own.
    """

    standings: Annotated[list[EffectStanding], Tells.OPEN]
    alone: list[int] = msgspec.field(default_factory=list)


class EffectsCrowded(DomainEvent, frozen=True, kw_only=True, tag="effects.crowded.v1"):
    """Some that rested are given up, since too many do."""

    seqs: list[int]


class LineClosed(DomainEvent, frozen=True, kw_only=True, tag="effects.line-closed.v1"):
    """Nothing is done any more, and what was open is given up."""

    left: Annotated[list[EffectStanding], Tells.OPEN]


class EffectRetried(DomainEvent, frozen=True, kw_only=True, tag="effects.retried.v1"):
    """An operator lets it be tried again."""

    seq: int


class EffectDropped(DomainEvent, frozen=True, kw_only=True, tag="effects.dropped.v1"):
    """An operator lets it be."""

    seq: int


# -- replies and state -----------------------------------------------------------------------------


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """A line, to who has taken it: what was taken of the source, and for how many more is room.

    So many effects are `open`; those that were `crowded` out with this are given up.
    """

    epoch: int
    taken: int
    room: int
    open: int
    crowded: Sequence[int] = ()


class Attempted(msgspec.Struct, frozen=True, kw_only=True):
    """Which effects may be done now, for how many more is room, and which are due again.

    So many effects are `open`.
    """

    seqs: Sequence[int]
    room: int
    open: int
    due: Sequence[OpenEffect] = ()


class SettledEffects(msgspec.Struct, frozen=True, kw_only=True):
    """How effects stand that were settled; those that were dropped meanwhile are left out.

    Others were `crowded` out by them, and are given up.
    """

    standings: Sequence[EffectStanding]
    crowded: Sequence[int] = ()


class ClosedLine(msgspec.Struct, frozen=True, kw_only=True):
    """How many effects were given up with a line."""

    given_up: int


class EffectView(msgspec.Struct, frozen=True, kw_only=True):
    """An effect after an operator's word."""

    effect: str
    status: EffectStatus


class LineState(State, frozen=True, kw_only=True, tag="effects.line-snapshot.v2"):
    """A line as it stands."""

    epoch: int
    taken: int
    open: list[OpenEffect]
    closed: bool


class LineTakenByAnother(Refusal, type="line-taken-by-another"):
    """Another worker has taken the line since."""


class LineFull(Refusal, type="line-full"):
    """So much of the line is under way already that it takes no more."""


class EffectNotOpen(Refusal, type="effect-not-open"):
    """Nothing can be decided about an effect any more, or not yet."""
