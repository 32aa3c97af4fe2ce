"""What the gate accepts, whatever is appended; what each rule is for is shown by the mutants."""

from hypothesis import given, settings
from hypothesis import strategies as st

from application.log.gate import Gate

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
