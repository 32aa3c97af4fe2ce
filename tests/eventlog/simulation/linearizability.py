"""Whether what clients were told could have come from one object, asked by one client at a time.

The search of Wing and Gong ("Testing and verifying concurrent objects", 1993) in the form of Lowe
("Testing for linearizability", 2017): take the calls one after another, only such as were asked
before all others that were answered, and never look twice at the same calls taken with the same
state. Linearizability is local (Herlihy and Wing, 1990), so each object is checked by itself.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from math import inf
from typing import NamedTuple

State = int


class Call(NamedTuple):
    """What was asked, and from when to when.

    `step` gives the state after the call, or None where the call cannot have been answered as it
    was. A call without an answer (`answered` is infinite) may have happened at any later time or
    not at all; such calls are alike if their `kind` is the same.
    """

    asked: float
    answered: float
    step: Callable[[State], State | None]
    kind: Hashable = None


def is_linearizable(calls: Sequence[Call], state: State) -> bool:
    """Whether some order of the calls explains every answer and contradicts no clock."""
    calls = sorted(calls, key=lambda call: call.asked)
    required = sum(1 << i for i, call in enumerate(calls) if call.answered < inf)
    unexplored, seen = [(0, state)], set()
    while unexplored:
        taken, state = unexplored.pop()
        taken = _take_what_changes_nothing(calls, taken, state)
        if taken & required == required:
            return True
        if (taken, state) not in seen:
            seen.add((taken, state))
            unexplored.extend(_next(calls, taken, state))
    return False


def _take_what_changes_nothing(calls: Sequence[Call], taken: int, state: State) -> int:
    """An answered call that leaves the state as it is can be taken at once, at no cost."""
    before = -1
    while taken != before:
        before = taken
        for i, call in _possible(calls, taken):
            if call.answered < inf and call.step(state) == state:
                taken |= 1 << i
    return taken


def _next(calls: Sequence[Call], taken: int, state: State) -> Iterator[tuple[int, State]]:
    """The calls that may come next; those that were answered last, so that they are tried first."""
    alike: set[Hashable] = set()
    answered = []
    for i, call in _possible(calls, taken):
        if call.answered == inf:
            if call.kind in alike:
                continue  # one that was asked earlier does as well
            alike.add(call.kind)
        after = call.step(state)
        if after is None or after == state:
            continue
        if call.answered == inf:
            yield taken | 1 << i, after
        else:
            answered.append((taken | 1 << i, after))
    yield from answered


def _possible(calls: Sequence[Call], taken: int) -> Sequence[tuple[int, Call]]:
    """The calls not taken that were asked before any of them was answered."""
    open = [(i, call) for i, call in enumerate(calls) if not taken >> i & 1]
    horizon = min((call.answered for _, call in open), default=inf)
    return [(i, call) for i, call in open if call.asked < horizon]
