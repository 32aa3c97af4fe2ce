"""The keys that a process holds, against a dictionary."""

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from infra.subjects.held_keys import ID_BYTES, MOST_KEY_BYTES, HeldKeys

subjects = st.sampled_from(["ada", "bob", "/hall", "guest/1"])
ids = st.sampled_from([bytes([n] * ID_BYTES) for n in range(4)])
keys = st.binary(min_size=1, max_size=MOST_KEY_BYTES)


@settings(max_examples=200, deadline=None)
@for_all(st.lists(st.tuples(subjects, ids, st.none() | keys), max_size=60))
def test_a_subject_has_the_keys_that_came_and_were_not_taken_away_the_latest_last(
    steps: list[tuple[str, bytes, bytes | None]],
) -> None:
    held, model = HeldKeys(), dict[str, dict[bytes, bytes]]()
    for subject, id, key in steps:
        of_subject = model.setdefault(subject, {})
        of_subject.pop(id, None)
        if key is None:
            held.remove(subject, id)
        else:
            held.add(subject, id, key)
            of_subject[id] = key
        assert [(each.id, each.stored) for each in held.of(subject)] == [*of_subject.items()]
    assert len(held) == sum(bool(of_subject) for of_subject in model.values())


def test_nothing_of_a_key_that_was_taken_away_is_left() -> None:
    held = HeldKeys()
    held.add("ada", bytes([1] * ID_BYTES), b"a secret of ada")
    held.add("bob", bytes([1] * ID_BYTES), b"a secret of bob")
    held.remove("ada", bytes([1] * ID_BYTES))
    assert b"ada" not in held._records
    assert [each.stored for each in held.of("bob")] == [b"a secret of bob"]
