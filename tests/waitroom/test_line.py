"""The line against the plainest thing that is right: a sorted list."""

import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from domain.waitroom import line as line_module
from domain.waitroom.line import Line


class LineAgainstSortedList(RuleBasedStateMachine):
    """Whatever people do, everyone's position is their index in the sorted list."""

    def __init__(self) -> None:
        super().__init__()
        self.line = Line()
        self.model: list[tuple[int, int]] = []
        self.tickets = 0

    @rule(priority=st.integers(0, 3), many=st.integers(1, 40))
    def arrive(self, priority: int, many: int) -> None:
        for _ in range(many):
            self.tickets += 1
            place = self.line.next_position(priority)
            self.line.add(priority, self.tickets)
            self.model = sorted([*self.model, (-priority, self.tickets)])
            assert place == self.line.position(priority, self.tickets)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), many=st.integers(1, 30))
    def leave(self, data: st.DataObject, many: int) -> None:
        for _ in range(min(many, len(self.model))):
            at = data.draw(st.integers(0, len(self.model) - 1))
            priority, ticket = self.model.pop(at)
            self.line.remove(-priority, ticket)

    @precondition(lambda self: self.model)
    @rule(many=st.integers(1, 60))
    def serve(self, many: int) -> None:
        for _ in range(min(many, len(self.model))):
            priority, ticket = self.model.pop(0)
            assert self.line.head() == ticket
            self.line.remove(-priority, ticket)

    @invariant()
    def positions_are_those_of_the_sorted_list(self) -> None:
        assert len(self.line) == len(self.model)
        assert self.line.head() == (self.model[0][1] if self.model else None)
        for place, (priority, ticket) in enumerate(self.model, start=1):
            assert self.line.position(-priority, ticket) == place


@pytest.fixture(autouse=True)
def _small_blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "million" not in request.node.name:
        monkeypatch.setattr(line_module, "BLOCK_ENTRIES", 4)
        monkeypatch.setattr(line_module, "COMPACT_ABOVE_ENTRIES", 8)


TestLine = LineAgainstSortedList.TestCase
TestLine.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@pytest.mark.parametrize("ticket", [1, 3, 9])
def test_who_does_not_wait_has_no_position_and_cannot_leave(ticket: int) -> None:
    line = Line()
    for waiting in (1, 2, 4):
        line.add(0, waiting)
    line.remove(0, 1)

    with pytest.raises(KeyError):
        line.position(0, ticket)
    with pytest.raises(KeyError):
        line.remove(0, ticket)


@pytest.mark.no_cover  # the machine below goes the same ways
def test_a_million_join_ask_and_leave() -> None:
    line = Line()
    million = 1_000_000
    for ticket in range(1, million + 1):
        line.add(ticket & 1, ticket)
    leaving = random.Random(7).sample(range(1, million + 1), million)

    assert line.position(0, million) == million
    assert line.position(1, million - 1) == million // 2
    for ticket in leaving[:-1]:
        line.remove(ticket & 1, ticket)

    assert line.head() == leaving[-1]
    assert line.position(leaving[-1] & 1, leaving[-1]) == 1
