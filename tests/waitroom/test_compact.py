"""A number for each of very many keys, against a dictionary of lists."""

from collections import defaultdict

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain import compact
from domain.compact import HIGHEST_NUMBER, CompactIndex

keys = st.text(max_size=3)


@settings(max_examples=200, deadline=None)
@for_all(st.lists(st.tuples(keys, st.integers(0, HIGHEST_NUMBER)), max_size=200), st.lists(keys))
def test_no_number_of_a_key_is_left_out_and_they_come_in_order(
    added: list[tuple[str, int]], asked: list[str]
) -> None:
    index, model = CompactIndex(), defaultdict(list)
    for key, number in added:
        index.add(key, number)
        model[key].append(number)
    for key in (*model, *asked):
        found = list(index.find(key))
        assert [number for number in found if number in model[key]] == model[key]


def test_others_numbers_are_named_rarely() -> None:
    index = CompactIndex()
    for number in range(100_000):
        index.add(f"there-{number}", number)
    assert all(list(index.find(f"there-{n}"))[-1:] == [n] for n in range(0, 100_000, 97))
    assert sum(len(list(index.find(f"elsewhere-{n}"))) for n in range(20_000)) < 20


def test_keys_whose_fingerprints_agree_are_all_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "FINGERPRINT_MASK", 0)
    index = CompactIndex()
    for number in range(30):
        index.add("same", number)
    assert list(index.find("same")) == list(range(30))
