"""The checker of histories finds an order where there is one, and none where there is none."""

from itertools import chain, combinations, permutations
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.eventlog.simulation.linearizability import Call, State, is_linearizable


def added(asked: float, answered: float, total: int) -> Call:
    """One was added, and the total was told."""
    return Call(asked, answered, lambda state: total if state + 1 == total else None)


def seen(asked: float, answered: float, total: int) -> Call:
    """The total was told."""
    return Call(asked, answered, lambda state: state if state == total else None)


def unanswered(asked: float) -> Call:
    """One is to be added, and nothing has been heard."""
    return Call(asked, inf, lambda state: state + 1, kind="add")


def test_a_look_after_an_answer_sees_it() -> None:
    assert is_linearizable([added(0, 1, total=1), seen(2, 3, total=1)], 0)
    assert not is_linearizable([added(0, 1, total=1), seen(2, 3, total=0)], 0)


def test_a_look_during_a_call_may_come_before_or_after_it() -> None:
    for total in (0, 1):
        assert is_linearizable([added(0, 3, total=1), seen(1, 2, total=total)], 0)


def test_looks_do_not_go_back() -> None:
    history = [added(0, 9, total=1), seen(1, 2, total=1), seen(3, 4, total=0)]
    assert not is_linearizable(history, 0)


def test_what_was_not_answered_may_have_happened_at_any_later_time_or_never() -> None:
    for total in (0, 1):
        assert is_linearizable([unanswered(0), seen(5, 6, total=total)], 0)
    assert not is_linearizable([unanswered(7), seen(5, 6, total=1)], 0)


def test_nothing_happens_twice() -> None:
    assert not is_linearizable([added(0, 1, total=1), added(2, 3, total=1)], 0)
    assert not is_linearizable([unanswered(0), seen(1, 2, total=2)], 0)


def explained(calls: list[Call]) -> bool:
    """The definition, tried out: some order of what was answered, and of some others, is one."""
    answered = [call for call in calls if call.answered < inf]
    others = [call for call in calls if call.answered == inf]
    chosen = chain.from_iterable(combinations(others, n) for n in range(len(others) + 1))
    return any(_explains(order) for some in chosen for order in permutations([*answered, *some]))


def _explains(order: tuple[Call, ...]) -> bool:
    state: State = 0
    for i, call in enumerate(order):
        after = call.step(state)
        if after is None or any(later.answered <= call.asked for later in order[i:]):
            return False
        state = after
    return True


@st.composite
def histories(draw: st.DrawFn) -> list[Call]:
    calls = []
    for _ in range(draw(st.integers(0, 5))):
        asked = draw(st.integers(0, 8))
        kind = draw(st.sampled_from([added, seen, None]))
        if kind is None:
            calls.append(unanswered(asked))
        else:
            calls.append(kind(asked, asked + draw(st.integers(1, 5)), draw(st.integers(0, 3))))
    return calls


@settings(max_examples=300, deadline=None)
@given(calls=histories())
def test_the_search_agrees_with_the_definition(calls: list[Call]) -> None:
    assert is_linearizable(calls, 0) == explained(calls)
