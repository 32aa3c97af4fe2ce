"""What holds in a waiting room whatever people, shops and clocks do."""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.aggregate import Command
from domain.categories import WAITROOMS
from domain.events import DomainEvent
from domain.refusals import Refusal
from domain.waitroom import Waitroom, register
from domain.waitroom.commands import (
    CompleteCheckout,
    ExpireCheckout,
    ExpireOverdueCheckouts,
    FailCheckout,
    JoinWaitroom,
    LeaveWaitroom,
    RedeemPass,
)
from domain.waitroom.events import PassRedeemed, SessionAdmitted, WaitroomJoined
from tests.given import T0
from tests.snapshots import folds_the_same_from_any_snapshot
from tests.waitroom.rooms import EVENT, opening

users = st.integers(0, 9).map(lambda number: f"user-{number}")
sessions = st.integers(1, 40).map(lambda number: f"session-{number}")
ends = st.sampled_from([CompleteCheckout, FailCheckout, ExpireCheckout, LeaveWaitroom])
"""What ends a session."""


class AnyRoom(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.room = Waitroom(EVENT)
        self.history: list[DomainEvent] = []
        self.now = T0
        self.capacity = 0
        self.waiting: list[tuple[int, int, str]] = []
        self.ready: set[str] = set()
        self.let_in: set[str] = set()
        self.admitted: list[str] = []
        self.tickets = 0

    def decide(self, command: Command) -> None:
        version = self.room.version
        try:
            self.room.decide(command, self.now)
        except Refusal:
            assert not self.room.collect_events()
            assert self.room.version == version
        for event in self.room.collect_events():
            version += 1
            assert event.originator_version == version
            self.history.append(event)
            self.follow(event)

    def follow(self, event: DomainEvent) -> None:
        """A model that sorts, where the room counts."""
        match event:
            case WaitroomJoined():
                self.tickets += 1
                assert event.ticket == self.tickets
                self.waiting.append((-event.priority, event.ticket, event.session_id))
                self.waiting.sort()
                assert self.waiting[event.position - 1][1] == event.ticket
            case SessionAdmitted():
                assert self.waiting.pop(0)[2] == event.session_id
                self.ready.add(event.session_id)
                self.admitted.append(event.session_id)
            case PassRedeemed():
                assert event.session_id in self.ready - self.let_in
                self.let_in.add(event.session_id)
            case _ if session := getattr(event, "session_id", None):
                self.waiting = [entry for entry in self.waiting if entry[2] != session]
                self.ready.discard(session)

    @initialize(capacity=st.integers(1, 3))
    def open(self, capacity: int) -> None:
        self.capacity = capacity
        self.decide(opening(capacity, checkout_seconds=10))

    @rule(user=users, priority=st.integers(0, 2), fresh=st.booleans(), old=sessions)
    def join(self, user: str, priority: int, fresh: bool, old: str) -> None:
        session = f"session-{self.tickets + 1}" if fresh else old
        self.decide(
            JoinWaitroom(event_id=EVENT, user_id=user, session_id=session, priority=priority)
        )

    @rule(end=ends, session=sessions)
    def end(self, end: type[CompleteCheckout], session: str) -> None:
        self.decide(end(event_id=EVENT, session_id=session))

    @rule(session=sessions)
    def redeem(self, session: str) -> None:
        self.decide(RedeemPass(event_id=EVENT, session_id=session))

    @rule(user=users, session=sessions)
    def leave_as(self, user: str, session: str) -> None:
        self.decide(LeaveWaitroom(event_id=EVENT, session_id=session, user_id=user))

    @rule(seconds=st.floats(0, 20))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        while self.room.deadline is not None and self.room.deadline <= self.now:
            self.decide(ExpireOverdueCheckouts(event_id=EVENT))

    @invariant()
    def slots_are_never_exceeded_nor_left_free_while_somebody_waits(self) -> None:
        assert len(self.ready) <= self.capacity
        assert not self.waiting or len(self.ready) == self.capacity

    @invariant()
    def a_ticket_is_admitted_at_most_once(self) -> None:
        assert len(set(self.admitted)) == len(self.admitted)

    def teardown(self) -> None:
        """A folded room is the decided one: same version, deadline and answers."""
        folds_the_same_from_any_snapshot(WAITROOMS, Waitroom, EVENT, self.history)
        folded = Waitroom.fold(EVENT, self.history)
        assert folded.version == self.room.version
        assert folded.deadline == self.room.deadline
        for number in range(10):
            again = JoinWaitroom(event_id=EVENT, user_id=f"user-{number}", session_id="new")
            answers = []
            for room in (folded, self.room):
                try:
                    answers.append(room.decide(again, self.now))
                except Refusal as refusal:
                    answers.append(type(refusal))  # type: ignore[arg-type]
            assert answers[0] == answers[1]


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "PAGE_SESSIONS", 3)


TestAnyRoom = AnyRoom.TestCase
TestAnyRoom.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
