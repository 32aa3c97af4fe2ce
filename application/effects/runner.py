"""The life of one rule: it reads its source, notes what it is about to do, does it, and says so.

Whatever ends it, wherever it was: the ledger knows what was taken and what was attempted, so what
comes next begins there. Where the reader stands is stored too, which only saves reading.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec
import structlog

from application.effects.happenings import Happening
from application.effects.lines import Lines
from application.effects.matching import Unattemptable, effect_of, holds
from application.effects.performing import MOST_AT_ONCE
from application.effects.ports import Effect
from application.effects.rules import RuleOrders
from application.effects.targets import legible, target_of
from application.ports.deliveries import Delivery
from application.ports.reading import Checkpoint, LogReader, PositionStore
from domain.effects.actions import Action, Email, WebPush
from domain.effects.ledger import (
    MOST_AFTER_S,
    MOST_OPEN,
    AttemptEffects,
    AttemptOutcome,
    OpenEffect,
    Rejection,
    SourcePlace,
)
from domain.events import Position

READ_RECORDS = 2_000
READ_TIMEOUT_S = 0.5
ROUND_EFFECTS = 200
"""Effects of one line that are attempted by one command."""

UNREPEATED = (Email, WebPush)
"""Kinds that nobody repeats by itself, and that somebody may want repeated later. A message to a
socket is for who is there at the moment, so it does not matter how many of them are unknown."""

MOST_UNREPEATED = MOST_AT_ONCE
"""Effects of all lines that are attempted together, of such a kind. They are unknown when the
worker is killed; those that only waited for their turn would be so in vain."""

LOOK_INTERVAL_S = 1.0
"""Between looks at what is due again; what an operator says takes up to so long to be heard."""

SAVE_INTERVAL_S = 1.0
REASON_CHARACTERS = 500
GONE = "Its event is gone from the topic, which keeps events for some days."

logger = structlog.get_logger(__name__)

Of = TypeVar("Of")
MeantEffect = Effect | Unattemptable
Perform = Callable[[Sequence[Effect]], Sequence[Delivery]]


class RuleSource(Protocol):
    """Where a rule's events come from."""

    reader: LogReader

    def happenings(self, events: Iterable[object]) -> Iterable[Happening]:
        """What was read, as rules see it."""

    def find(
        self, partition: int, place: SourcePlace, seqs: Collection[int]
    ) -> Mapping[int, Happening]:
        """Read some events again, from a place before them; those that are gone are left out."""


class RuleRunner:
    """Carries out one rule. Blocking, for one thread; `perform` never raises.

    Guarantees: nothing is performed before the ledger has it as attempted, in this worker's name.
    """

    def __init__(
        self,
        rule: RuleOrders,
        source: RuleSource,
        lines: Lines,
        perform: Perform,
        positions: PositionStore,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rule = rule
        self._source = source
        self._lines = lines
        self._perform = perform
        self._positions = positions
        self._clock = clock
        self._wait = wait
        self._target = target_of(rule.action)
        self._pending: dict[int, list[Happening]] = {}
        self._places: dict[int, SourcePlace] = {}
        self._read_to: dict[int, int] = {}
        self._unsaved: dict[int, Checkpoint] = {}
        self._saved_at = self._looked_at = clock()

    def run(self, stopped: Callable[[], bool]) -> None:
        """Work until `stopped`; raises `Deposed`, and whatever says that a server is away."""
        self.resume()
        while not stopped():
            self.step()
        self.leave()

    def resume(self) -> None:
        """Begin to read, and take the lines; where nothing can be read, nothing is taken."""
        begins = (
            Checkpoint(self._rule.topic, b.partition, b.offset, b.epoch, b.owner, b.next_seq)
            for b in self._rule.begins
        )
        starts = {each.partition: each for each in begins}
        starts |= {each.partition: each for each in self._positions.load()}
        self._source.reader.start(list(starts.values()))
        self._lines.take()
        self._looked_at = self._clock() - LOOK_INTERVAL_S

    def step(self, timeout: float = READ_TIMEOUT_S) -> int:
        """Do what is due again, then what is new; returns how many effects were performed."""
        done = 0
        if self._clock() - self._looked_at >= LOOK_INTERVAL_S:
            done += self._look()
            self._looked_at = self._clock()
        if not self._pending:
            self._read(0 if done else timeout)
        elif not any(self._lines.taken[partition].room for partition in self._pending):
            self._wait(timeout)
        done += self._round()
        self._save_now_and_then()
        return done

    def leave(self) -> None:
        """Note how far the source was read, so that another filter is for what comes from here."""
        self._save_now_and_then(at_once=True)
        read = {p: seq for p, seq in self._read_to.items() if seq > self._lines.taken[p].taken}
        if not self._pending:
            list(self._lines.attempt({p: self._lines.order(p, seq) for p, seq in read.items()}))

    # -- what is new ------------------------------------------------------------------------------

    def _read(self, timeout: float) -> None:
        reader = self._source.reader
        before = {each.partition: _place(each) for each in reader.checkpoints()}
        batch = reader.read(READ_RECORDS, timeout)
        self._unsaved |= {each.partition: each for each in batch.checkpoints}
        found: dict[int, list[Happening]] = defaultdict(list)
        for happening in self._source.happenings(batch.events):
            _, partition, seq = happening.position
            self._read_to[partition] = seq
            if seq > self._lines.taken[partition].taken and holds(self._rule, happening):
                found[partition].append(happening)
        self._pending = dict(found)
        self._places = {partition: before[partition] for partition in found}

    def _round(self) -> int:
        """Do some of what was read, as far as there is room for it."""
        parts = self._together({p: self._part(p) for p in self._pending})
        if not parts:
            return 0
        wanted = {each.position: effect_of(self._rule, each) for p in parts for each in parts[p]}
        orders = {p: self._order(p, parts[p], wanted) for p in parts}
        done = self._do(orders, wanted)
        for partition, part in parts.items():
            self._pending[partition] = self._pending[partition][len(part) :]
            if not self._pending[partition]:
                del self._pending[partition]
        return done

    def _part(self, partition: int) -> Sequence[Happening]:
        room = min(ROUND_EFFECTS, self._lines.taken[partition].room)
        return self._pending[partition][:room]

    def _together(self, parts: Mapping[int, Sequence[Of]]) -> Mapping[int, Sequence[Of]]:
        """What of some parts is attempted together; those that are empty are left out."""
        left = MOST_UNREPEATED if isinstance(self._rule.action, UNREPEATED) else READ_RECORDS
        together: dict[int, Sequence[Of]] = {}
        for partition, part in parts.items():
            if first := part[:left]:
                together[partition] = first
                left -= len(first)
        return together

    def _order(
        self, partition: int, part: Sequence[Happening], wanted: Mapping[Position, MeantEffect]
    ) -> AttemptEffects:
        is_all = len(part) == len(self._pending[partition])
        up_to = self._read_to[partition] if is_all else part[-1].position.seq
        found = [wanted[each.position] for each in part]
        rejected = [
            Rejection(seq=each.position.seq, reason=each.reason)
            for each in found
            if isinstance(each, Unattemptable)
        ]
        seqs = [each.position.seq for each in found if isinstance(each, Effect)]
        return self._ordering(partition, up_to, seqs, rejected, self._places[partition])

    def _ordering(
        self,
        partition: int,
        up_to: int,
        seqs: Sequence[int],
        rejected: Sequence[Rejection],
        place: SourcePlace,
    ) -> AttemptEffects:
        return msgspec.structs.replace(
            self._lines.order(partition, up_to),
            seqs=seqs,
            rejected=rejected,
            kind=self._rule.kind,
            repeats=_repeats(self._rule.action),
            target=self._target,
            place=place,
        )

    # -- what is due again ------------------------------------------------------------------------

    def _look(self) -> int:
        """Do what is due again; what there is no room for is heard of here, too."""
        lines = self._lines
        asked = {p: lines.order(p) for p, line in lines.taken.items() if line.room < MOST_OPEN}
        due = self._together({p: reply.due for p, reply in lines.attempt(asked)} if asked else {})
        if not due:
            return 0
        wanted = {
            Position(self._rule.topic, p, seq): each
            for p, effects in due.items()
            for seq, each in self._found_again(p, effects).items()
        }
        orders = {
            p: self._ordering(p, -1, [each.seq for each in effects], (), effects[0].place)
            for p, effects in due.items()
        }
        return self._do(orders, wanted)

    def _found_again(self, partition: int, due: Sequence[OpenEffect]) -> Mapping[int, MeantEffect]:
        together: dict[SourcePlace, list[int]] = defaultdict(list)
        for each in due:
            together[each.place].append(each.seq)
        found: dict[int, MeantEffect] = {}
        for place, seqs in together.items():
            there = self._source.find(partition, place, seqs)
            for seq in seqs:
                position = Position(self._rule.topic, partition, seq)
                happening = there.get(seq)
                found[seq] = (
                    effect_of(self._rule, happening) if happening else Unattemptable(position, GONE)
                )
        return found

    # -- both -------------------------------------------------------------------------------------

    def _do(
        self, orders: Mapping[int, AttemptEffects], wanted: Mapping[Position, MeantEffect]
    ) -> int:
        """Attempt, perform, settle."""
        may = [
            wanted[Position(self._rule.topic, partition, seq)]
            for partition, reply in self._lines.attempt(orders)
            for seq in reply.seqs
        ]
        effects = [each for each in may if isinstance(each, Effect)]
        came = dict(zip((each.id for each in effects), self._perform(effects), strict=True))
        outcomes: dict[int, list[AttemptOutcome]] = defaultdict(list)
        for each in may:
            delivery = (
                came[each.id] if isinstance(each, Effect) else Delivery("rejected", each.reason)
            )
            outcomes[each.position.partition].append(_outcome(each.position.seq, delivery))
        if outcomes:
            self._lines.settle(outcomes)
        return len(effects)

    def _save_now_and_then(self, *, at_once: bool = False) -> None:
        """Store how far the reader is, once all before is in the ledger."""
        is_time = self._clock() - self._saved_at >= SAVE_INTERVAL_S
        if self._pending or not self._unsaved or not (at_once or is_time):
            return
        checkpoints, self._unsaved = list(self._unsaved.values()), {}
        self._positions.save(checkpoints)
        self._source.reader.acknowledge(checkpoints)
        self._saved_at = self._clock()


def _place(checkpoint: Checkpoint) -> SourcePlace:
    return SourcePlace(
        offset=checkpoint.offset,
        epoch=checkpoint.epoch,
        owner=checkpoint.owner,
        next_seq=checkpoint.next_seq,
    )


def _repeats(action: Action) -> bool:
    return type(action).repeats


def _outcome(seq: int, delivery: Delivery) -> AttemptOutcome:
    reason = legible(delivery.reason, REASON_CHARACTERS)
    return AttemptOutcome(
        seq=seq,
        told=delivery.outcome,
        reason=reason,
        again=delivery.again,
        after_s=min(delivery.after_s, MOST_AFTER_S),
    )
