"""The waiting room of one event: who waits, who may check out, and until when."""

from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice, takewhile
from operator import attrgetter, itemgetter

from msgspec.structs import replace

from domain.aggregate import Aggregate, decides, evolves
from domain.events import DomainEvent
from domain.snapshot import Snapshot
from domain.waitroom.commands import (
    RESERVED,
    CompleteCheckout,
    ExpireCheckout,
    ExpireOverdueCheckouts,
    FailCheckout,
    JoinWaitroom,
    LeaveWaitroom,
    OpenWaitroom,
    Place,
    RedeemPass,
    Room,
    RoomView,
    Status,
)
from domain.waitroom.events import (
    CheckoutCompleted,
    CheckoutExpired,
    CheckoutFailed,
    PassRedeemed,
    SessionAdmitted,
    WaitroomJoined,
    WaitroomLeft,
    WaitroomOpened,
)
from domain.waitroom.line import Line
from domain.waitroom.refusals import (
    CheckoutOver,
    NotAdmitted,
    NotYourSession,
    PassRedeemedBefore,
    RoomNameReserved,
    SessionIdTaken,
    SessionNotFound,
    WaitroomAlreadyOpen,
    WaitroomNotFound,
)
from domain.waitroom.register import Register
from domain.waitroom.session import Session, Slot
from domain.waitroom.states import WaitroomSessions, WaitroomState

OVERDUE_BATCH = 500
"""Checkouts that one command expires. Its events are one record in the log, and Kafka takes a
megabyte; after an outage a large room has more than that overdue. What is left over keeps the
room's deadline in the past, so the next command follows at once."""

MOST_GRACE = timedelta(seconds=5)
GRACE_SHARE = 10
"""A checkout expires so much after its deadline: a tenth of its time, and 5 seconds at most. Who
paid in the last moment has paid, and the shop's message is still on its way."""


class Waitroom(Aggregate):
    """A waiting room; its stream key is the `event_id` that people wait for.

    It hands out places in line and, while there is a free slot, admits the head of the line.

    Invariants: never more than `capacity` sessions are ready; tickets are dense from 1 and each
    is admitted at most once; within a priority, admission follows the order of tickets.
    """

    states = (WaitroomState, WaitroomSessions)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._room: Room | None = None
        self._limit = timedelta()
        self._grace = timedelta()
        self._line = Line()
        self._register = Register()
        self._session_of: dict[str, Session] = {}
        # Ordered by admission; a plain dict would walk over its deleted heads to find the first.
        self._admitted: OrderedDict[str, Session] = OrderedDict()

    @decides(OpenWaitroom)
    def open(self, command: OpenWaitroom, now: datetime) -> Room:
        """Open the room, once.

        Raises `WaitroomAlreadyOpen` when it is open on other terms, and `RoomNameReserved`.
        """
        wanted = Room(
            event_id=self.id,
            capacity=command.capacity,
            checkout_seconds=command.checkout_seconds,
        )
        if self._room is None:
            if self.id in RESERVED:
                raise RoomNameReserved(
                    f"{self.id!r} has a meaning in addresses; call the room otherwise."
                )
            self._record(
                WaitroomOpened,
                capacity=command.capacity,
                checkout_seconds=command.checkout_seconds,
            )
        elif self._room != wanted:
            raise WaitroomAlreadyOpen(
                f"This room is open for {self._room.capacity} at a time, "
                f"{self._room.checkout_seconds:g} seconds each, and that does not change."
            )
        return wanted

    @decides(JoinWaitroom)
    def join(self, command: JoinWaitroom, now: datetime) -> Place:
        """Give the user a place; a user who has one gets that one back.

        Raises `WaitroomNotFound` and `SessionIdTaken`.
        """
        room = self._opened()
        session = self._session_of.get(command.user_id)
        if session is not None:
            return self._place(session)
        if self._register.find(command.session_id) is not None:
            raise SessionIdTaken(f"There has been a session {command.session_id!r} in this room.")
        position = self._line.next_position(command.priority)
        self._record(
            WaitroomJoined,
            session_id=command.session_id,
            user_id=command.user_id,
            priority=command.priority,
            ticket=len(self._register) + 1,
            position=position,
            display_name=command.display_name,
        )
        self._admit(room, now)
        return self._place(self._register.live(command.session_id), position)

    @decides(LeaveWaitroom)
    def leave(self, command: LeaveWaitroom, now: datetime) -> Place:
        """Free the session's place or slot; one that has left stays so.

        Raises `WaitroomNotFound`, `SessionNotFound`, `NotYourSession` and `CheckoutOver`.
        """
        room = self._opened()
        session = self._session(command.session_id)
        if command.user_id is not None and command.user_id != session.user_id:
            raise NotYourSession(f"Session {session.session_id!r} belongs to somebody else.")
        if session.status == "left":
            return self._place(session)
        if session.status not in ("waiting", "ready"):
            raise _over(session)
        return self._end(session, WaitroomLeft, room, now)

    @decides(CompleteCheckout)
    def complete(self, command: CompleteCheckout, now: datetime) -> Place:
        """End a checkout with a purchase.

        Raises `WaitroomNotFound`, `SessionNotFound`, `NotAdmitted` and `CheckoutOver`, as
        failing and expiring do.
        """
        return self._check_out(command, "completed", CheckoutCompleted, now)

    @decides(FailCheckout)
    def fail(self, command: FailCheckout, now: datetime) -> Place:
        """End a checkout without a purchase."""
        return self._check_out(command, "failed", CheckoutFailed, now, reason=command.reason)

    @decides(ExpireCheckout)
    def expire(self, command: ExpireCheckout, now: datetime) -> Place:
        """End a checkout that took too long."""
        return self._check_out(command, "expired", CheckoutExpired, now)

    @decides(RedeemPass)
    def redeem(self, command: RedeemPass, now: datetime) -> Place:
        """Let somebody into the shop for the pass of a session, once.

        Raises `WaitroomNotFound`, `SessionNotFound`, `NotAdmitted`, `CheckoutOver` and
        `PassRedeemedBefore`.
        """
        self._opened()
        session = self._session(command.session_id)
        if _slot_of(session).redeemed:
            raise PassRedeemedBefore(
                f"The pass of session {session.session_id!r} has been redeemed before."
            )
        self._record(PassRedeemed, session_id=session.session_id, user_id=session.user_id)
        return self._place(session)

    @decides(ExpireOverdueCheckouts)
    def expire_overdue(self, command: ExpireOverdueCheckouts, now: datetime) -> None:
        """End checkouts whose grace is over, the oldest first, and fill their slots."""
        room = self._opened()
        ready, latest = self._admitted.values(), now - self._grace
        overdue = takewhile(lambda s: s.deadline is not None and s.deadline <= latest, ready)
        for session in list(islice(overdue, OVERDUE_BATCH)):
            self._record(CheckoutExpired, session_id=session.session_id, user_id=session.user_id)
        self._admit(room, now)

    @property
    def view(self) -> RoomView | None:
        """The room and how many are where."""
        if self._room is None:
            return None
        return RoomView(
            event_id=self.id,
            capacity=self._room.capacity,
            checkout_seconds=self._room.checkout_seconds,
            joined=len(self._register),
            waiting=len(self._line),
            ready=len(self._admitted),
        )

    @property
    def deadline(self) -> datetime | None:
        """When the grace of who was admitted first is over.

        The time limit is the same for everyone, so deadlines follow the order of admission, give
        or take a jump of the owner's clock.
        """
        first = next((session.deadline for session in self._admitted.values()), None)
        return None if first is None else first + self._grace

    def on_deadline(self) -> ExpireOverdueCheckouts:
        """Expire what is overdue."""
        return ExpireOverdueCheckouts(event_id=self.id)

    def state(self) -> WaitroomState:
        """The terms of the room; its sessions are in the parts."""
        room = self._opened()
        return WaitroomState(capacity=room.capacity, checkout_seconds=room.checkout_seconds)

    @property
    def parts(self) -> Mapping[int, int]:
        """The pages of the register."""
        return self._register.pages

    def part(self, number: int) -> WaitroomSessions:
        """The sessions of a page."""
        return WaitroomSessions(sessions=self._register.page(number))

    def _restore(self, snapshot: Snapshot) -> None:
        assert isinstance(snapshot.state, WaitroomState)
        self._open(snapshot.state.capacity, snapshot.state.checkout_seconds)
        for part in snapshot.parts:
            assert isinstance(part.state, WaitroomSessions)
            self._register.restore(part.state.sessions, part.changed)
        live = list(self._register)
        self._session_of = dict(zip(map(attrgetter("user_id"), live), live, strict=True))
        waiting: dict[int, list[int]] = defaultdict(list)
        ready: list[tuple[int, Session]] = []
        for session in live:
            if session.slot is None:
                waiting[session.priority].append(session.ticket)
            else:
                ready.append((session.slot.since, session))
        self._line = Line(waiting)
        for _, session in sorted(ready, key=itemgetter(0)):
            self._admitted[session.session_id] = session

    @evolves(WaitroomOpened)
    def _on_opened(self, event: WaitroomOpened) -> None:
        self._open(event.capacity, event.checkout_seconds)

    def _open(self, capacity: int, checkout_seconds: float) -> None:
        self._room = Room(event_id=self.id, capacity=capacity, checkout_seconds=checkout_seconds)
        self._limit = timedelta(seconds=checkout_seconds)
        self._grace = min(self._limit / GRACE_SHARE, MOST_GRACE)

    @evolves(WaitroomJoined)
    def _on_joined(self, event: WaitroomJoined) -> None:
        session = Session(
            event.session_id, event.user_id, event.priority, event.ticket, event.timestamp
        )
        self._register.add(session, event.originator_version)
        self._session_of[session.user_id] = session
        self._line.add(session.priority, session.ticket)

    @evolves(SessionAdmitted)
    def _on_admitted(self, event: SessionAdmitted) -> None:
        session = self._register.live(event.session_id)
        self._line.remove(session.priority, session.ticket)
        session.status = "ready"
        session.slot = Slot(event.deadline, event.originator_version)
        self._register.changed(session, event.originator_version)
        self._admitted[session.session_id] = session

    @evolves(PassRedeemed)
    def _on_redeemed(self, event: PassRedeemed) -> None:
        session = self._register.live(event.session_id)
        session.slot = replace(_slot_of(session), redeemed=True)
        self._register.changed(session, event.originator_version)

    @evolves(WaitroomLeft)
    def _on_left(self, event: WaitroomLeft) -> None:
        session = self._register.live(event.session_id)
        if session.status == "waiting":
            self._line.remove(session.priority, session.ticket)
        self._finish(session, "left")

    @evolves(CheckoutCompleted)
    def _on_completed(self, event: CheckoutCompleted) -> None:
        self._finish(self._register.live(event.session_id), "completed")

    @evolves(CheckoutFailed)
    def _on_failed(self, event: CheckoutFailed) -> None:
        self._finish(self._register.live(event.session_id), "failed")

    @evolves(CheckoutExpired)
    def _on_expired(self, event: CheckoutExpired) -> None:
        self._finish(self._register.live(event.session_id), "expired")

    def _finish(self, session: Session, status: Status) -> None:
        session.status, session.slot = status, None
        self._admitted.pop(session.session_id, None)
        del self._session_of[session.user_id]
        self._register.end(session, self.version)

    def _opened(self) -> Room:
        if self._room is None:
            raise WaitroomNotFound(f"No waiting room has been opened for {self.id!r}.")
        return self._room

    def _session(self, session_id: str) -> Session:
        session = self._register.find(session_id)
        if session is None:
            raise SessionNotFound(f"There is no session {session_id!r} in this room.")
        return session

    def _check_out(
        self,
        command: CompleteCheckout | FailCheckout | ExpireCheckout,
        outcome: Status,
        event: type[DomainEvent],
        now: datetime,
        **facts: str,
    ) -> Place:
        room = self._opened()
        session = self._session(command.session_id)
        if session.status == outcome:
            return self._place(session)
        _slot_of(session)
        return self._end(session, event, room, now, **facts)

    def _end(
        self, session: Session, event: type[DomainEvent], room: Room, now: datetime, **facts: str
    ) -> Place:
        self._record(event, session_id=session.session_id, user_id=session.user_id, **facts)
        self._admit(room, now)
        return self._place(session)

    def _admit(self, room: Room, now: datetime) -> None:
        """Admit the head of the line, while there is a free slot and a head."""
        while len(self._admitted) < room.capacity:
            ticket = self._line.head()
            if ticket is None:
                return
            session = self._register.at(ticket)
            self._record(
                SessionAdmitted,
                session_id=session.session_id,
                user_id=session.user_id,
                deadline=now + self._limit,
            )

    def _place(self, session: Session, position: int | None = None) -> Place:
        """What the session's user is told; `position` where it is known already."""
        if session.status != "waiting":
            position = 0
        elif position is None:
            position = self._line.position(session.priority, session.ticket)
        return Place(
            session_id=session.session_id,
            event_id=self.id,
            user_id=session.user_id,
            status=session.status,
            priority=session.priority,
            ticket=session.ticket,
            position=position,
            joined_at=session.joined_at,
            deadline=session.deadline,
        )


def _slot_of(session: Session) -> Slot:
    """The slot of a session; raises `NotAdmitted` and `CheckoutOver` when it has none."""
    if session.slot is not None:
        return session.slot
    if session.status == "waiting":
        raise NotAdmitted(f"Session {session.session_id!r} still waits in line.")
    raise _over(session)


def _over(session: Session) -> CheckoutOver:
    return CheckoutOver(f"Session {session.session_id!r} is over: {session.status}.")
