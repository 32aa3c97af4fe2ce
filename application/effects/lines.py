"""The lines of one rule, as the worker that has taken them asks for decisions about them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

import msgspec
import structlog

from application.envelopes import VerdictMessage
from application.ports.commands import Envelope
from domain.effects.ledger import (
    Attempted,
    AttemptEffects,
    AttemptOutcome,
    ClosedLine,
    CloseLine,
    LineCommand,
    LineTakenByAnother,
    LineView,
    SettledEffects,
    SettleEffects,
    TakeLine,
)
from domain.events import Metadata

WORKER = "effects"

Execute = Callable[[Sequence[Envelope]], Sequence[VerdictMessage]]
Reply = TypeVar("Reply", bound=msgspec.Struct)

logger = structlog.get_logger(__name__)


class Deposed(Exception):
    """Another worker has taken a line since; whoever had it performs nothing any more."""


class LedgerRefuses(Exception):
    """A line takes no command, for a reason that only a change of the program removes."""


class Taken(NamedTuple):
    """A line in the hands of this worker."""

    id: str
    epoch: int
    taken: int
    room: int
    open: int


class Lines:
    """Lines by partition. `incarnation` is nobody else's, ever; `execute` waits for verdicts.

    Guarantees: what it returns is durable, and was decided while this worker had the lines.
    """

    def __init__(self, ids: Mapping[int, str], incarnation: str, execute: Execute) -> None:
        self._ids = ids
        self._incarnation = incarnation
        self._execute = execute
        self._commands = 0
        self.taken: dict[int, Taken] = {}

    def take(self) -> None:
        """Take all of them from whoever had them."""
        asked = {partition: TakeLine(line=id) for partition, id in self._ids.items()}
        for partition, view in self._ask(asked, LineView):
            id = self._ids[partition]
            self.taken[partition] = Taken(id, view.epoch, view.taken, view.room, view.open)
            _tell_of(id, view.crowded)

    def attempt(self, orders: Mapping[int, AttemptEffects]) -> Iterator[tuple[int, Attempted]]:
        """Note what is about to be done; raises `Deposed`."""
        for partition, reply in self._ask(orders, Attempted):
            line = self.taken[partition]
            up_to = max(line.taken, orders[partition].up_to)
            self.taken[partition] = line._replace(taken=up_to, room=reply.room, open=reply.open)
            yield partition, reply

    def settle(self, outcomes: Mapping[int, Sequence[AttemptOutcome]]) -> None:
        """Note what came of it; raises `Deposed`."""
        asked = {
            partition: SettleEffects(
                line=self._ids[partition], epoch=self.taken[partition].epoch, outcomes=told
            )
            for partition, told in outcomes.items()
        }
        for partition, reply in self._ask(asked, SettledEffects):
            _tell_of(self._ids[partition], reply.crowded)

    def close(self) -> None:
        """Give up what is open, for good, whoever has taken it; again changes nothing."""
        asked = {partition: CloseLine(line=id) for partition, id in self._ids.items()}
        for partition, reply in self._ask(asked, ClosedLine):
            if reply.given_up:
                line = self._ids[partition]
                logger.warning("effects of a removed rule dropped", line=line, count=reply.given_up)

    def order(self, partition: int, up_to: int = -1) -> AttemptEffects:
        """What is asked of a line where nothing is to be attempted."""
        line = self.taken[partition]
        return AttemptEffects(line=line.id, epoch=line.epoch, up_to=up_to)

    def _ask(
        self, asked: Mapping[int, LineCommand], kind: type[Reply]
    ) -> Iterator[tuple[int, Reply]]:
        verdicts = self._execute([self._envelope(command) for command in asked.values()])
        for partition, verdict in zip(asked, verdicts, strict=True):
            if verdict.refusal is not None:
                gone = verdict.refusal.type == LineTakenByAnother.type
                raise (Deposed if gone else LedgerRefuses)(verdict.refusal.detail)
            yield partition, msgspec.convert(verdict.reply, type=kind)

    def _envelope(self, command: LineCommand) -> Envelope:
        self._commands += 1
        id = f"{WORKER}:{command.line}:{self._incarnation}:{self._commands}"
        return Envelope(command_id=id, command=command, metadata=Metadata(actor=WORKER))


def _tell_of(line: str, crowded: Sequence[int]) -> None:
    if crowded:
        logger.warning("effects crowded out", line=line, count=len(crowded), oldest=min(crowded))
