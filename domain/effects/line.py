"""A line of the ledger: what a rule did on account of one partition of its source."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice

from domain.aggregate import Aggregate, decides, evolves
from domain.effects.ledger import (
    MOST_DUE,
    MOST_RESTING,
    MOST_UNDER_WAY,
    REMOVED,
    TRY_AGAIN_S,
    Attempted,
    AttemptEffects,
    AttemptOutcome,
    ClosedLine,
    CloseLine,
    DropEffect,
    EffectDropped,
    EffectNotOpen,
    EffectRetried,
    EffectsAttempted,
    EffectsCrowded,
    EffectsSettled,
    EffectStanding,
    EffectStatus,
    EffectView,
    LineClosed,
    LineFull,
    LineState,
    LineTaken,
    LineTakenByAnother,
    LineView,
    OpenEffect,
    OpenStatus,
    RetryEffect,
    SettledEffects,
    SettleEffects,
    TakeLine,
)
from domain.effects.names import rule_of
from domain.effects.rule import gone_with
from domain.snapshot import Snapshot

LEFT = "The worker ended before it could say what came of it."


class EffectLine(Aggregate):
    """A line; its stream key is made of the rule, the topic and the partition.

    Guarantees: an effect is attempted for the first time only if its event is beyond all that was
    taken, so no replay of the source attempts one twice. It is attempted again only where nothing
    has happened for certain, or where its kind may be done twice, or an operator says so. Who has
    taken the line last is the only one to attempt and to settle. What rests takes no room from
    what is new, and of a line that is closed nothing is open.
    """

    evicted_when_idle = True
    states = (LineState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._epoch = 0
        self._taken = -1
        self._open: dict[int, OpenEffect] = {}
        self._closed = False

    # -- the worker --------------------------------------------------------------------------------

    @decides(TakeLine)
    def take(self, _command: TakeLine, now: datetime) -> LineView:
        """Take it from whoever had it; nobody knows what came of what that one had attempted.

        Raises `RuleGone`.
        """
        self._require_rule()
        left = [
            _after_unknown(each, LEFT, again=True, due=now)
            for each in self._open.values()
            if each.status == "attempted"
        ]
        self._record(LineTaken, epoch=self._epoch + 1, left=left)
        crowded = self._crowd()
        return LineView(
            epoch=self._epoch,
            taken=self._taken,
            room=self._room,
            open=len(self._open),
            crowded=crowded,
        )

    @decides(AttemptEffects)
    def attempt(self, command: AttemptEffects, now: datetime) -> Attempted:
        """Note that effects are about to be done, and say which of them may.

        Raises `RuleGone`, `LineTakenByAnother` and `LineFull`.
        """
        self._require(command.epoch)
        seqs = dict.fromkeys(command.seqs)
        new = [seq for seq in seqs if seq > self._taken]
        again = [seq for seq in seqs if self._may_try(seq, now)]
        rejected = [each for each in command.rejected if each.seq > self._taken]
        if len(new) > self._room:
            raise LineFull(
                f"{MOST_UNDER_WAY - self._room} effects of {self.id!r} are under way or wait for "
                f"another try, and {MOST_UNDER_WAY} may; drop some."
            )
        up_to = max(command.up_to, self._taken, *new, *(each.seq for each in rejected))
        if new or again or rejected or up_to > self._taken:
            self._record(
                EffectsAttempted,
                up_to=up_to,
                seqs=new + again,
                rejected=rejected,
                kind=command.kind,
                repeats=command.repeats,
                target=command.target,
                place=command.place,
            )
        due = (each for each in self._open.values() if _is_due(each, now))
        return Attempted(
            seqs=new + again,
            room=self._room,
            open=len(self._open),
            due=list(islice(due, MOST_DUE)),
        )

    @property
    def _room(self) -> int:
        """For how many more there is; what rests takes none."""
        return max(0, MOST_UNDER_WAY - sum(not each.rests for each in self._open.values()))

    def _crowd(self) -> Sequence[int]:
        """Give up what rests beyond what a line holds, and say what.

        First goes what nobody tries again by itself, then what was tried most often: whose receiver
        is never well makes room for those of others. Of what is alike the oldest goes.
        """
        resting = sorted((each for each in self._open.values() if each.rests), key=_turn)
        crowded = [each.seq for each in resting[: max(0, len(resting) - MOST_RESTING)]]
        if crowded:
            self._record(EffectsCrowded, seqs=crowded)
        return crowded

    def _may_try(self, seq: int, now: datetime) -> bool:
        effect = self._open.get(seq)
        return effect is not None and _is_due(effect, now)

    @decides(SettleEffects)
    def settle(self, command: SettleEffects, now: datetime) -> SettledEffects:
        """Note what came of attempts; what is not attempted is passed over.

        Raises `RuleGone` and `LineTakenByAnother`.
        """
        self._require(command.epoch)
        outcomes = [
            (effect, outcome)
            for outcome in command.outcomes
            if (effect := self._open.get(outcome.seq)) and effect.status == "attempted"
        ]
        standings = [_after(effect, outcome, now) for effect, outcome in outcomes]
        if standings:
            alone = [outcome.seq for _, outcome in outcomes if outcome.alone]
            self._record(EffectsSettled, standings=standings, alone=alone)
        return SettledEffects(standings=standings, crowded=self._crowd())

    @decides(CloseLine)
    def close(self, _command: CloseLine, _now: datetime) -> ClosedLine:
        """Give up all that is open, for good; again changes nothing.

        Nobody knows what came of what is attempted.
        """
        left = [
            EffectStanding(
                seq=each.seq,
                status="dropped",
                reason=REMOVED,
                doubted=each.doubted or each.status == "attempted",
            )
            for each in self._open.values()
        ]
        if not self._closed:
            self._record(LineClosed, left=left)
        return ClosedLine(given_up=len(left))

    def _require(self, epoch: int) -> None:
        self._require_rule()
        if epoch != self._epoch:
            raise LineTakenByAnother(
                f"{self.id!r} was taken by another worker since: {self._epoch} is its epoch now, "
                f"and not {epoch}."
            )

    def _require_rule(self) -> None:
        if self._closed:
            raise gone_with(rule_of(self.id))

    # -- operators ---------------------------------------------------------------------------------

    @decides(RetryEffect)
    def retry(self, command: RetryEffect, _now: datetime) -> EffectView:
        """Let it be tried again; what waits already is only hurried.

        Raises `RuleGone` and `EffectNotOpen`.
        """
        self._require_rule()
        self._decidable(command.seq)
        self._record(EffectRetried, seq=command.seq)
        return EffectView(effect=f"{self.id}:{command.seq}", status="waiting")

    @decides(DropEffect)
    def drop(self, command: DropEffect, _now: datetime) -> EffectView:
        """Let it be. Raises `EffectNotOpen`."""
        self._decidable(command.seq)
        self._record(EffectDropped, seq=command.seq)
        return EffectView(effect=f"{self.id}:{command.seq}", status="dropped")

    def _decidable(self, seq: int) -> None:
        effect, name = self._open.get(seq), f"{self.id}:{seq}"
        if effect is None:
            raise EffectNotOpen(
                f"There is nothing to decide about {name!r}: it was accepted, rejected or dropped, "
                "or there is no such effect."
            )
        if effect.status == "attempted":
            raise EffectNotOpen(f"{name!r} is being attempted; wait for what comes of it.")

    # -- evolving ----------------------------------------------------------------------------------

    @evolves(LineTaken)
    def _on_taken(self, event: LineTaken) -> None:
        self._epoch = event.epoch
        self._stand(event.left)

    @evolves(EffectsAttempted)
    def _on_attempted(self, event: EffectsAttempted) -> None:
        self._taken = event.up_to
        for seq in event.seqs:
            known = self._open.get(seq)
            self._open[seq] = OpenEffect(
                seq=seq,
                status="attempted",
                tries=known.tries + 1 if known else 1,
                repeats=event.repeats,
                place=known.place if known else event.place,
                doubted=known is not None and known.doubted,
                alone=known is not None and known.alone,
            )

    @evolves(EffectsSettled)
    def _on_settled(self, event: EffectsSettled) -> None:
        self._stand(event.standings, frozenset(event.alone))

    @evolves(EffectsCrowded)
    def _on_crowded(self, event: EffectsCrowded) -> None:
        for seq in event.seqs:
            del self._open[seq]

    @evolves(LineClosed)
    def _on_closed(self, _event: LineClosed) -> None:
        self._closed, self._open = True, {}

    @evolves(EffectRetried)
    def _on_retried(self, event: EffectRetried) -> None:
        effect = self._open[event.seq]
        self._open[event.seq] = _standing(
            effect, "waiting", tries=0, due=event.timestamp, alone=effect.rests
        )

    @evolves(EffectDropped)
    def _on_dropped(self, event: EffectDropped) -> None:
        del self._open[event.seq]

    def _stand(
        self, standings: Iterable[EffectStanding], alone: Collection[int] = frozenset()
    ) -> None:
        for each in standings:
            match each.status:
                case "accepted" | "rejected" | "dropped":
                    del self._open[each.seq]
                case status:
                    effect = self._open[each.seq]
                    self._open[each.seq] = _standing(
                        effect,
                        status,
                        tries=effect.tries,
                        due=each.due,
                        doubted=each.doubted,
                        alone=each.seq in alone,
                    )

    def state(self) -> LineState:
        """All of it."""
        return LineState(
            epoch=self._epoch,
            taken=self._taken,
            open=list(self._open.values()),
            closed=self._closed,
        )

    def _restore(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        assert isinstance(state, LineState)
        self._epoch, self._taken, self._closed = state.epoch, state.taken, state.closed
        self._open = {each.seq: each for each in state.open}


def _standing(
    effect: OpenEffect,
    status: OpenStatus,
    *,
    tries: int,
    due: datetime | None,
    alone: bool,
    doubted: bool = False,
) -> OpenEffect:
    return OpenEffect(
        seq=effect.seq,
        status=status,
        tries=tries,
        repeats=effect.repeats,
        place=effect.place,
        due=due,
        doubted=doubted or effect.doubted,
        alone=alone,
    )


def _turn(effect: OpenEffect) -> tuple[bool, int]:
    """Which of those that rest is given up first."""
    is_tried = effect.status == "waiting"
    return is_tried, -effect.tries if is_tried else 0


def _is_due(effect: OpenEffect, now: datetime) -> bool:
    return effect.status == "waiting" and (effect.due is None or effect.due <= now)


def _after(effect: OpenEffect, outcome: AttemptOutcome, now: datetime) -> EffectStanding:
    """How an effect stands after an attempt.

    What was rejected has not happened; where an earlier attempt may have done it all the same,
    nobody knows, and it stays so.
    """
    if outcome.told == "accepted":
        return EffectStanding(seq=effect.seq, status="accepted", doubted=effect.doubted)
    due = _next(effect, now, outcome.after_s)
    if outcome.told == "unknown":
        return _after_unknown(effect, outcome.reason, again=outcome.again, due=due)
    if outcome.again:
        return _later(effect, outcome.reason, doubted=effect.doubted, due=due)
    status: EffectStatus = "unknown" if effect.doubted else "rejected"
    return EffectStanding(
        seq=effect.seq, status=status, reason=outcome.reason, doubted=effect.doubted
    )


def _after_unknown(
    effect: OpenEffect, reason: str, *, again: bool, due: datetime | None
) -> EffectStanding:
    """An effect of which nobody knows: only what may be done twice is tried by itself."""
    if effect.repeats and again:
        return _later(effect, reason, doubted=True, due=due)
    return EffectStanding(seq=effect.seq, status="unknown", reason=reason, doubted=True)


def _later(
    effect: OpenEffect, reason: str, *, doubted: bool, due: datetime | None
) -> EffectStanding:
    if effect.tries > len(TRY_AGAIN_S):
        return EffectStanding(seq=effect.seq, status="parked", reason=reason, doubted=doubted)
    return EffectStanding(seq=effect.seq, status="waiting", reason=reason, due=due, doubted=doubted)


def _next(effect: OpenEffect, now: datetime, after_s: int) -> datetime | None:
    """When it is tried again: by the schedule, and not before its receiver wants that."""
    if effect.tries > len(TRY_AGAIN_S):
        return None
    return now + timedelta(seconds=max(TRY_AGAIN_S[effect.tries - 1], after_s))
