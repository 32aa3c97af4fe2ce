"""Slots against the plainest thing that is right: a sorted list of deadlines."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from domain.waitroom.session import Session, Slot
from domain.waitroom.slots import STALE_AT_LEAST, Slots
from tests.given import T0, at

seconds = st.integers(0, 50)


class SlotsAgainstSortedList(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.slots = Slots()
        self.model: dict[int, Session] = {}
        self.given = 0

    @rule(many=st.integers(1, 60), seconds=seconds)
    def admit(self, many: int, seconds: int) -> None:
        for _ in range(many):
            self.given += 1
            session = Session(f"s{self.given}", "u", 0, self.given, T0, "ready")
            session.slot = Slot(at(seconds), self.given)
            self.model[self.given] = session
            self.slots.put(session)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), more=st.integers(1, 30))
    def extend(self, data: st.DataObject, more: int) -> None:
        session = self.model[data.draw(st.sampled_from(sorted(self.model)))]
        assert session.slot is not None
        past = (session.slot.deadline - T0).total_seconds()
        session.slot = Slot(at(past + more), session.slot.since)
        self.slots.put(session)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), many=st.integers(1, 60))
    def end(self, data: st.DataObject, many: int) -> None:
        for number in data.draw(st.permutations(sorted(self.model)))[:many]:
            session = self.model.pop(number)
            session.status = "left"
            self.slots.discard(session)
            self.slots.discard(session)

    @invariant()
    def what_counts_no_more_is_not_much_more_than_the_rest(self) -> None:
        """However a room empties; clearing it all away at once would take a second of a loop."""
        assert len(self.slots._heap) <= 2 * len(self.slots) + STALE_AT_LEAST

    @invariant()
    def the_first_is_the_first_of_the_sorted_list(self) -> None:
        assert len(self.slots) == len(self.model)
        ordered = sorted(self.model.values(), key=lambda s: (s.deadline, s.ticket))
        assert self.slots.first() is (ordered[0] if ordered else None)

    def teardown(self) -> None:
        """Slots that come back from a snapshot are the same."""
        again = Slots(self.model.values())
        assert again.first() is self.slots.first()


TestSlots = SlotsAgainstSortedList.TestCase
TestSlots.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
