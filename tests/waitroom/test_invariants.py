"""What holds in a waiting room whatever people, shops and clocks do."""

from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.aggregate import Command
from domain.categories import WAITROOMS
from domain.events import DomainEvent
from domain.refusals import Refusal
from domain.waitroom import Waitroom, operated, register
from domain.waitroom.absence import (
    DropAbsentee,
    NoteReturn,
    PresenceRequired,
    RequirePresence,
    SessionDropped,
    SessionMissed,
    SessionReturned,
    TellAbsentee,
)
from domain.waitroom.commands import (
    CompleteCheckout,
    ExpireCheckout,
    FailCheckout,
    JoinWaitroom,
    LeaveWaitroom,
    RedeemPass,
    TendWaitroom,
)
from domain.waitroom.events import (
    AdmissionGranted,
    CheckoutCompletedLate,
    CheckoutExpired,
    CheckoutExtended,
    PassRedeemed,
    SessionAdmitted,
    WaitroomArchived,
    WaitroomChanged,
    WaitroomClosed,
    WaitroomJoined,
    WaitroomPaused,
    WaitroomReopened,
    WaitroomResumed,
)
from domain.waitroom.folded import BETWEEN_TURNS
from domain.waitroom.orders import AdmitSession, ExtendCheckout, RemoveSession
from tests.given import T0
from tests.snapshots import folds_the_same_from_any_snapshot
from tests.waitroom.rooms import EVENT, PAUSE, REOPEN, RESUME, changing, closing, opening

users = st.integers(0, 9).map(lambda number: f"user-{number}")
sessions = st.integers(1, 40).map(lambda number: f"session-{number}")
ends = st.sampled_from([CompleteCheckout, FailCheckout, ExpireCheckout, LeaveWaitroom])
"""What ends a session."""
said = st.sampled_from([TellAbsentee, TellAbsentee, NoteReturn, DropAbsentee])
"""What is said of a session that nobody sees, or somebody sees again."""
presences = st.sampled_from([None, 10.0, 20.0])
orders = st.one_of(
    st.sampled_from([PAUSE, RESUME, RESUME, REOPEN, REOPEN]),
    st.builds(changing, st.integers(1, 6), st.sampled_from([5.0, 10.0, 40.0])),
    st.builds(closing, st.sampled_from(["serve", "dismiss"]), st.sampled_from([0.0, 30.0, 30.0])),
)


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
        self.missed: set[str] = set()
        self.attends = self.redeems = False
        self.admitted: list[str] = []
        self.tickets = 0
        self.paused = self.closed = self.dismisses = self.granted = False
        self.deadlines: dict[str, datetime] = {}
        self.tending = False

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
            case AdmissionGranted() | SessionAdmitted():
                self.follow_admission(event)
            case CheckoutExtended() | PassRedeemed():
                self.follow_slot(event)
            case CheckoutExpired() if self.tending:
                self.follow_expiry(event.session_id)
            case CheckoutCompletedLate():
                assert event.session_id not in self.ready
            case SessionMissed() | SessionReturned() | SessionDropped():
                self.follow_absence(event)
            case _ if session := getattr(event, "session_id", None):
                self.follow_end(session)
            case _:
                self.follow_order(event)

    def follow_admission(self, event: AdmissionGranted | SessionAdmitted) -> None:
        if isinstance(event, AdmissionGranted):
            self.granted = True
            return
        if not self.granted:
            assert not self.paused
            assert not self.dismisses
            assert len(self.ready) < self.capacity
            assert self.waiting[0][2] == event.session_id
        self.granted = False
        self.waiting = [entry for entry in self.waiting if entry[2] != event.session_id]
        self.ready.add(event.session_id)
        self.missed.discard(event.session_id)
        self.admitted.append(event.session_id)
        self.deadlines[event.session_id] = event.deadline
        assert event.deadline == self.now + timedelta(seconds=self.checkout_seconds)

    def follow_slot(self, event: CheckoutExtended | PassRedeemed) -> None:
        session = event.session_id
        if isinstance(event, CheckoutExtended):
            assert event.deadline > self.deadlines[session]
            self.deadlines[session] = event.deadline
        else:
            assert session in self.ready - self.let_in
            self.let_in.add(session)
            self.missed.discard(session)

    def follow_absence(self, event: SessionMissed | SessionReturned | SessionDropped) -> None:
        """Only where that costs a place: in line, or in a slot that the shop would redeem."""
        session, slots = event.session_id, self.ready - self.let_in if self.redeems else set()
        assert self.attends
        assert session in slots | {each for _, _, each in self.waiting}
        if isinstance(event, SessionMissed):
            assert session not in self.missed
            self.missed.add(session)
        else:
            self.missed.remove(session)  # nobody is dropped untold
        if isinstance(event, SessionDropped):
            self.follow_end(session)

    def follow_expiry(self, session: str) -> None:
        """Nobody before the deadline that was told, and whose was first comes first."""
        assert self.deadlines[session] <= self.now
        assert all(self.deadlines[session] <= self.deadlines[other] for other in self.ready)
        self.follow_end(session)

    def follow_end(self, session: str) -> None:
        self.waiting = [entry for entry in self.waiting if entry[2] != session]
        self.ready.discard(session)
        self.missed.discard(session)

    def follow_order(self, event: DomainEvent) -> None:
        match event:
            case WaitroomChanged():
                self.capacity, self.checkout_seconds = event.capacity, event.checkout_seconds
            case WaitroomPaused() | WaitroomResumed():
                self.paused = isinstance(event, WaitroomPaused)
            case WaitroomClosed():
                self.closed, self.dismisses = True, event.waiting == "dismiss"
            case WaitroomReopened():
                self.closed = self.dismisses = False
            case PresenceRequired():
                self.attends, self.redeems = event.absent_seconds is not None, event.redeems
                self.missed.clear()
            case WaitroomArchived():
                assert self.closed
                assert not self.waiting
                assert not self.ready

    @initialize(capacity=st.integers(1, 3))
    def open(self, capacity: int) -> None:
        self.capacity, self.checkout_seconds = capacity, 10.0
        self.decide(opening(capacity, checkout_seconds=10))
        self.require(10, redeems=True)

    @rule(user=users, priority=st.integers(0, 2), fresh=st.booleans(), old=sessions)
    def join(self, user: str, priority: int, fresh: bool, old: str) -> None:
        session, before = f"session-{self.tickets + 1}" if fresh else old, self.tickets
        self.decide(
            JoinWaitroom(event_id=EVENT, user_id=user, session_id=session, priority=priority)
        )
        assert self.tickets == before or not self.closed

    @rule(end=ends, session=sessions)
    def end(self, end: type[CompleteCheckout], session: str) -> None:
        self.decide(end(event_id=EVENT, session_id=session))

    @rule(session=sessions)
    def redeem(self, session: str) -> None:
        self.decide(RedeemPass(event_id=EVENT, session_id=session))

    @rule(seconds=presences, redeems=st.booleans())
    def change_presence(self, seconds: float | None, redeems: bool) -> None:
        self.require(seconds, redeems=redeems)

    def require(self, seconds: float | None, *, redeems: bool) -> None:
        self.decide(
            RequirePresence(event_id=EVENT, absent_seconds=seconds, redeems=redeems, by="olga")
        )

    @precondition(lambda self: self.waiting or self.ready)
    @rule(kind=said, pick=st.integers(0, 9))
    def say_of_absence(self, kind: type[TellAbsentee], pick: int) -> None:
        there = sorted(self.ready | {session for _, _, session in self.waiting})
        self.decide(kind(event_id=EVENT, session_id=there[pick % len(there)]))

    @rule(user=users, session=sessions)
    def leave_as(self, user: str, session: str) -> None:
        self.decide(LeaveWaitroom(event_id=EVENT, session_id=session, user_id=user))

    @rule(order=orders)
    def order(self, order: Command) -> None:
        self.decide(order)

    @rule(kind=st.sampled_from([RemoveSession, AdmitSession]), session=sessions)
    def take_in_hand(self, kind: type[RemoveSession], session: str) -> None:
        self.decide(kind(event_id=EVENT, session_id=session, by="olga"))

    @rule(session=sessions, seconds=st.floats(0.1, 30))
    def extend(self, session: str, seconds: float) -> None:
        self.decide(ExtendCheckout(event_id=EVENT, session_id=session, seconds=seconds, by="olga"))

    @rule(seconds=st.floats(0, 20))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.tending = True
        while self.room.deadline is not None and self.room.deadline <= self.now:
            self.decide(TendWaitroom(event_id=EVENT))
            self.now += BETWEEN_TURNS  # as its owner would come to it again
        self.tending = False

    @invariant()
    def no_slot_is_free_while_somebody_waits(self) -> None:
        """Or the rest of a large change is due in this moment."""
        due = self.room.deadline is not None and self.room.deadline <= self.now + BETWEEN_TURNS
        idle = self.paused or self.dismisses or len(self.ready) >= self.capacity
        assert not self.waiting or idle or due

    @invariant()
    def a_ticket_is_admitted_at_most_once(self) -> None:
        assert len(set(self.admitted)) == len(self.admitted)

    @invariant()
    def those_are_missed_who_were_told_on_the_terms_that_there_are(self) -> None:
        """They are dropped, and nobody else."""
        live = list(self.room._register)
        assert {session.session_id for session in live if session.missed} == self.missed

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
def _small_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything comes in parts and in turns."""
    monkeypatch.setattr(register, "PAGE_SESSIONS", 3)
    monkeypatch.setattr(operated, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(operated, "ARCHIVED_AT_ONCE", 2)


TestAnyRoom = AnyRoom.TestCase
TestAnyRoom.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
