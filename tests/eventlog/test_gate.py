"""The gate keeps its promise under every fault, and needs each of its rules for that."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.eventlog import shard as shard_module
from infra.eventlog.gate import Gate
from infra.eventlog.shard import Shard
from tests.eventlog.simulation import Violation, World

SCHEDULES = 150
STEPS = 300


class TakesAnyClaim(Gate):
    def claim(self, epoch: int, owner: str) -> bool:
        self.epoch, self.owner = epoch, owner
        return True


class TakesAnyEpoch(Gate):
    def commit(self, epoch: int, owner: str, seq: int, count: int) -> bool:
        return super().commit(self.epoch, self.owner, seq, count)


class TakesAnySequence(Gate):
    def commit(self, epoch: int, owner: str, seq: int, count: int) -> bool:
        return super().commit(epoch, owner, self.next_seq, count)


class AnswersBeforeReadBack(Shard):
    def _commit(self, *args: Any, **kwargs: Any) -> Any:
        commit = super()._commit(*args, **kwargs)
        commit.waiting = _Impatient()
        return commit


class _Impatient(list[Any]):
    def append(self, entry: Any) -> None:
        done, outcome = entry
        done(outcome)


def test_no_schedule_breaks_the_promise() -> None:
    answered = 0
    for seed in range(SCHEDULES):
        world = World(seed)
        try:
            world.run(STEPS)
        except Violation as violation:
            pytest.fail(f"seed {seed}: {violation}")
        answered += len(world.answered)
    assert answered > SCHEDULES, "the schedules are so hostile that nothing happens in them"


def zombie_whose_claim_comes_twice(gate: Gate) -> bool:
    """Whether a commit is believed that was decided on a commit which is not."""
    gate.claim(1, "zombie")
    gate.claim(2, "successor")
    gate.commit(2, "successor", seq=0, count=1)
    gate.claim(1, "zombie")  # a late repetition on the wire
    assert not gate.commit(1, "zombie", seq=0, count=1)
    return gate.commit(1, "zombie", seq=1, count=1)


def test_the_rule_for_claims_keeps_a_repeated_claim_from_reviving_a_zombie() -> None:
    assert not zombie_whose_claim_comes_twice(Gate())
    assert zombie_whose_claim_comes_twice(TakesAnyClaim())


@pytest.mark.parametrize("gate", [TakesAnyEpoch, TakesAnySequence])
def test_each_rule_for_commits_is_needed(gate: type[Gate], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_module, "Gate", gate)
    assert _some_schedule_fails(gate, Shard)


def test_answering_before_the_read_back_breaks_the_promise() -> None:
    assert _some_schedule_fails(Gate, AnswersBeforeReadBack)


def _some_schedule_fails(gate: type[Gate], shard: type[Shard]) -> bool:
    for seed in range(20 * SCHEDULES):
        try:
            World(seed, gate, shard).run(STEPS)
        except Violation:
            return True
    return False


RECORDS = st.lists(
    st.tuples(
        st.booleans(),
        st.integers(0, 4),
        st.sampled_from("ab"),
        st.integers(0, 6),
        st.integers(0, 3),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(records=RECORDS)
def test_whatever_is_appended_the_accepted_commits_are_dense_and_epochs_rise(
    records: list[tuple[bool, int, str, int, int]],
) -> None:
    gate, epochs, expected = Gate(), [0], 0
    for is_claim, epoch, owner, seq, count in records:
        if is_claim and gate.claim(epoch, owner):
            epochs.append(epoch)
        elif not is_claim and gate.commit(epoch, owner, seq, count):
            assert (seq, epoch, owner) == (expected, gate.epoch, gate.owner)
            expected += count
    assert gate.next_seq == expected
    assert epochs == sorted(set(epochs))


@settings(max_examples=100, deadline=None)
@given(records=RECORDS, cut=st.integers(0, 40))
def test_a_reader_that_continues_from_a_checkpoint_agrees_with_one_that_read_everything(
    records: list[tuple[bool, int, str, int, int]], cut: int
) -> None:
    def feed(gate: Gate, part: list[tuple[bool, int, str, int, int]]) -> list[bool]:
        return [
            gate.claim(epoch, owner) if is_claim else gate.commit(epoch, owner, seq, count)
            for is_claim, epoch, owner, seq, count in part
        ]

    whole = Gate()
    verdicts = feed(whole, records)
    first = Gate()
    feed(first, records[:cut])
    second = Gate(first.epoch, first.owner, first.next_seq)
    assert feed(second, records[cut:]) == verdicts[cut:]


def test_a_refused_record_is_counted_by_its_reason() -> None:
    gate = Gate()
    gate.claim(2, "a")
    gate.claim(1, "b")
    gate.commit(1, "a", 0, 1)
    gate.commit(2, "b", 0, 1)
    gate.commit(2, "a", 7, 1)
    gate.commit(2, "a", 0, 1)
    gate.commit(2, "a", 0, 1)
    assert gate.refused == {
        "old-epoch": 2,
        "not-the-owner": 1,
        "gap": 1,
        "repeated": 1,
        "malformed": 0,
    }
