"""Whatever befalls workers and receivers: the ledger says what is true, and nothing is lost.

A machine of hypothesis lets things happen, kills workers at every step, freezes them and lets them
go on after others have taken over, loses answers and positions, and lets operators decide. What the
receiver counted, by effect, then has to agree with what the ledger says of it. Lines hold few
effects here, and what rests there, however much, keeps nothing that is new from being done. In the
end the rule is removed, and nothing is open.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

import pytest
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from application.effects.lines import Deposed
from application.effects.performing import Performed
from application.effects.ports import Effect
from application.effects.runner import RuleRunner
from application.envelopes import VerdictMessage
from application.ports.commands import Envelope
from application.ports.deliveries import Delivery
from domain.effects import line as line_rules
from domain.effects.actions import AnyAction, Email, FileLine
from domain.effects.ledger import (
    AttemptOutcome,
    DropEffect,
    EffectStanding,
    OpenEffect,
    RetryEffect,
)
from domain.effects.line import EffectLine
from domain.effects.names import place_of
from tests.effects.world import World, orders

PARTITIONS = 2

ANSWERS = {
    "taken": (True, Delivery("accepted")),
    "refused": (False, Delivery("rejected", "It takes none of these.")),
    "busy": (False, Delivery("rejected", "It is busy.", again=True)),
    "busy alone": (False, Delivery("rejected", "It is busy.", again=True, alone=True)),
    "answer lost": (True, Delivery("unknown", "The answer was lost.", again=True)),
    "request lost": (False, Delivery("unknown", "No answer.", again=True)),
    "answer lost for good": (True, Delivery("unknown", "The answer makes no sense.")),
}

ENDS = ("before attempt", "after attempt", "in the middle", "before settle", "after settle")
"""Where a worker is killed, or frozen while another one takes over."""


class Killed(BaseException):
    """The worker is no more."""


class Faults(RuleBasedStateMachine):
    """One rule, whose kind may be done twice or not."""

    action: AnyAction = FileLine(file="joins")

    def __init__(self) -> None:
        super().__init__()
        self.world = World(orders(self.action, where={"counts": True}), PARTITIONS)
        self.world.receiver.answering = self._answer
        self.answers: list[str] = []
        self.worker: RuleRunner | None = None
        self.wanted: set[str] = set()
        self.retried: Counter[str] = Counter()
        self.interruption: tuple[str, Callable[[], None]] | None = None

    # -- what may happen --------------------------------------------------------------------------

    @rule(partition=st.integers(0, PARTITIONS - 1), counts=st.booleans())
    def something_happens(self, partition: int, *, counts: bool) -> None:
        at = self.world.topic.happens(partition, user_id="ada", counts=counts)
        if counts:
            self.wanted.add(f"r:{at.topic}:{partition}:{at.seq}")

    @rule(answers=st.lists(st.sampled_from(sorted(ANSWERS)), min_size=1, max_size=4))
    def the_receiver_will_answer(self, answers: list[str]) -> None:
        self.answers += answers

    @rule(seconds=st.sampled_from([1, 10, 400, 100_000]), is_another=st.booleans())
    def a_worker_works(self, seconds: int, *, is_another: bool) -> None:
        self.world.passes(seconds)
        if is_another:
            self.worker = None
        self._step()
        self._check()

    @rule(where=st.sampled_from(ENDS))
    def the_worker_is_killed(self, where: str) -> None:
        def kill() -> None:
            raise Killed

        self.interruption = where, kill
        try:
            self._step()
        except Killed:
            self.worker = None
        self.interruption = None

    @rule(where=st.sampled_from(ENDS))
    def the_worker_freezes_while_another_takes_over(self, where: str) -> None:
        def freeze() -> None:
            self.interruption = None
            other = self.world.begun()
            other.step(0)
            self.world.passes(1)
            other.step(0)

        self.interruption = where, freeze
        self._step()
        self.interruption = None
        self._check()

    @rule()
    def positions_are_lost(self) -> None:
        self.world.positions.stored.clear()
        self.worker = None

    @rule(data=st.data(), word=st.sampled_from([RetryEffect, DropEffect]))
    def an_operator_decides(
        self, data: st.DataObject, word: type[RetryEffect | DropEffect]
    ) -> None:
        rows = self.world.ledger.rows
        if not rows:
            return
        effect = data.draw(st.sampled_from(sorted(rows)))
        was_open = rows[effect].status in ("waiting", "unknown", "parked")
        line, seq = place_of(effect)
        verdict = self.world.ledger.decide(word(line=line, seq=seq))
        assert (verdict.refusal is None) == was_open
        if was_open and word is RetryEffect:
            self.retried[effect] += 1

    # -- how it does ------------------------------------------------------------------------------

    def _answer(self, _effect: Effect) -> tuple[bool, Delivery]:
        return ANSWERS[self.answers.pop(0) if self.answers else "taken"]

    def _step(self) -> None:
        try:
            if self.worker is None:
                self.worker = self.world.worker(self._execute, self._perform)
                self.worker.resume()
            self.world.passes(1)
            self.worker.step(0)
        except Deposed:
            self.worker = None

    def _execute(self, envelopes: Sequence[Envelope]) -> list[VerdictMessage]:
        word = str(envelopes[0].command.__struct_config__.tag).rpartition(".")[2]
        self._interrupt(f"before {word}")
        verdicts = self.world.ledger.execute(envelopes)
        self._interrupt(f"after {word}")
        return verdicts

    def _perform(self, effects: Sequence[Effect]) -> list[Performed]:
        first, rest = effects[: len(effects) // 2], effects[len(effects) // 2 :]
        deliveries = self.world.receiver.perform(first)
        if effects:
            self._interrupt("in the middle")
        return [*deliveries, *self.world.receiver.perform(rest)]

    def _interrupt(self, where: str) -> None:
        if self.interruption is not None and self.interruption[0] == where:
            self.interruption[1]()

    # -- what has to be true ----------------------------------------------------------------------

    def _check(self) -> None:
        """While nobody is in the middle of anything."""
        for line in self.world.ledger.lines.values():
            resting = [each for each in line.state().open if each.rests]
            assert len(resting) <= vars(line_rules)["MOST_RESTING"], "more rests than a line holds"
        done, repeats = self.world.receiver.done, type(self.action).repeats
        assert {effect for effect, count in done.items() if count} <= self.wanted
        late = [what for is_theirs, what in self.world.ledger.decided if not is_theirs]
        assert not late, "somebody else had taken the line"
        for effect, row in self.world.ledger.rows.items():
            assert effect in self.wanted
            count = done[effect]
            if row.status == "accepted":
                assert count >= 1, "accepted, and nobody has it"
            if row.status == "rejected":
                assert count == 0, "rejected, and somebody has it"
            if not row.doubted and row.status != "attempted":
                assert count == (row.status == "accepted"), f"{row.status} beyond doubt: {count}"
            if not repeats:
                assert count <= 1 + self.retried[effect], "done twice, and no operator said so"

    def teardown(self) -> None:
        """Nobody disturbs the last worker, and all receivers are well."""
        self.answers, self.interruption, self.worker = [], None, None
        for _ in range(16):
            self.world.passes(100_000)
            self._step()
        self._check()
        assert set(self.world.ledger.rows) == self.wanted, "an event led to nothing"
        left = {row.status for row in self.world.ledger.rows.values()}
        assert left <= {"accepted", "rejected", "dropped", "unknown"}, left
        self._remove()

    def _remove(self) -> None:
        """The rule is removed, twice as far as they know who do so."""
        for _ in range(2):
            self.world.lines().close()
        self._check()
        left = {row.status for row in self.world.ledger.rows.values()}
        assert left <= {"accepted", "rejected", "dropped"}, left


class MailFaults(Faults):
    action = Email(to="{user_id}", subject="Hello", text="")


MACHINES = {"may be done twice": Faults, "may not": MailFaults}
QUICK = settings(max_examples=60, stateful_step_count=25, deadline=None)
THOROUGH = settings(
    max_examples=1_000,
    stateful_step_count=25,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
)


@contextmanager
def lines_hold(count: int) -> Iterator[None]:
    """So many effects under way and so many that rest."""
    with patch.multiple(line_rules, MOST_UNDER_WAY=count, MOST_RESTING=count):
        yield


@pytest.mark.parametrize("kind", MACHINES)
@lines_hold(2)
def test_what_was_counted_agrees_with_the_ledger_whatever_happens(kind: str) -> None:
    run_state_machine_as_test(MACHINES[kind], settings=QUICK)


# -- each rule of the ledger is needed -------------------------------------------------------------


def _forgets_doubt(effect: OpenEffect, *_: object, **__: object) -> EffectStanding:
    return EffectStanding(seq=effect.seq, status="waiting", due=None)


def _believes_the_last(
    effect: OpenEffect, outcome: AttemptOutcome, now: datetime
) -> EffectStanding:
    standing = AFTER(effect, outcome, now)
    if outcome.told == "rejected" and not outcome.again:
        return EffectStanding(seq=effect.seq, status="rejected", reason=outcome.reason)
    return standing


def _any_is_due(_effect: OpenEffect, _now: datetime) -> bool:
    return True


def _performs_first(self: RuleRunner, orders: object, wanted: object) -> int:
    self._perform([each for each in wanted.values() if isinstance(each, Effect)])  # type: ignore[attr-defined]
    return DO(self, orders, wanted)  # type: ignore[arg-type]


def _lets_anybody(_self: EffectLine, _epoch: int) -> None:
    """Whoever has had the line goes on."""


def _whatever_is_open_takes_room(self: EffectLine) -> int:
    most: int = vars(line_rules)["MOST_UNDER_WAY"]
    return max(0, most - len(self._open))


def _holds_whatever_rests(_self: EffectLine) -> Sequence[int]:
    return ()


DO, AFTER = RuleRunner._do, line_rules._after

MUTANTS = {
    "what a worker left is as if it had not been attempted": (
        line_rules,
        "_after_unknown",
        _forgets_doubt,
    ),
    "whatever is open may be tried": (line_rules, "_is_due", _any_is_due),
    "whoever has had a line may go on": (EffectLine, "_require", _lets_anybody),
    "it is done before it is noted": (RuleRunner, "_do", _performs_first),
    "a rejection is final whatever came before": (line_rules, "_after", _believes_the_last),
}

CROWDING_MUTANTS = {
    "what rests takes room": (EffectLine, "_room", property(_whatever_is_open_takes_room)),
    "what rests is never given up": (EffectLine, "_crowd", _holds_whatever_rests),
}

SOONEST = {
    "whatever is open may be tried": ("may not", 0),
    "a rejection is final whatever came before": ("may be done twice", 3),
    "what rests takes room": ("may not", 3),
    "what rests is never given up": ("may not", 5),
}
"""The machine, and the seed, that notice a mutant within 24 stories, where others take hundreds or
never do; tried first."""


@pytest.mark.parametrize("mutant", MUTANTS)
def test_without_a_rule_of_the_ledger_they_do_not_agree(mutant: str) -> None:
    with patch.object(*MUTANTS[mutant]):
        assert _is_noticed(mutant)


@pytest.mark.parametrize("mutant", CROWDING_MUTANTS)
@lines_hold(1)
def test_without_a_rule_for_what_rests_it_piles_up_or_keeps_others_out(mutant: str) -> None:
    with patch.object(*CROWDING_MUTANTS[mutant]):
        assert _is_noticed(mutant)


def _is_noticed(mutant: str) -> bool:
    kind, number = SOONEST.get(mutant, ("may be done twice", 0))
    return any(_fails(MACHINES[each], number) for each in sorted(MACHINES, key=kind.__ne__))


def _fails(machine: type[Faults], number: int) -> bool:
    try:
        run_state_machine_as_test(seed(number)(machine), settings=THOROUGH)
    except AssertionError:
        return True
    return False
