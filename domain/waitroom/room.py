"""The waiting room of one event: who waits, who may check out, and until when."""

from datetime import datetime, timedelta

from domain.aggregate import decides
from domain.events import DomainEvent
from domain.waitroom.attended import AttendedRoom
from domain.waitroom.commands import (
    RESERVED,
    CompleteCheckout,
    ExpireCheckout,
    FailCheckout,
    JoinWaitroom,
    LeaveWaitroom,
    OpenWaitroom,
    Place,
    RedeemPass,
    Room,
    Status,
)
from domain.waitroom.events import (
    CheckoutCompleted,
    CheckoutCompletedLate,
    CheckoutExpired,
    CheckoutFailed,
    PassRedeemed,
    WaitroomJoined,
    WaitroomLeft,
    WaitroomOpened,
)
from domain.waitroom.refusals import (
    NotYourSession,
    PassRedeemedBefore,
    RoomNameReserved,
    SessionIdTaken,
    WaitroomAlreadyOpen,
    WaitroomClosedToJoins,
)
from domain.waitroom.session import Session

LATE_PURCHASE = timedelta(minutes=15)
"""A purchase counts that is reported so long after the deadline of a checkout that has expired: the
money was taken, and whoever takes it may tell the shop minutes later."""


class Waitroom(AttendedRoom):
    """A waiting room; its stream key is the `event_id` that people wait for.

    It hands out places in line and, while there is a free slot, admits the head of the line.

    Invariants: nobody is admitted beyond the `capacity` but by hand; no slot is free while
    somebody waits, unless admission is paused; tickets are dense from 1 and each is admitted at
    most once; within a priority, admission follows the order of tickets, but by hand.
    """

    @decides(OpenWaitroom)
    def open(self, command: OpenWaitroom, now: datetime) -> Room:
        """Open the room, once.

        Raises `WaitroomAlreadyOpen` when it is there on other terms, `WaitroomOver` and
        `RoomNameReserved`.
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
        elif self._opened() != wanted:
            raise WaitroomAlreadyOpen(
                f"This room is there for {self._room.capacity} at a time, "
                f"{self._room.checkout_seconds:g} seconds each; change it, if that is meant."
            )
        return wanted

    @decides(JoinWaitroom)
    def join(self, command: JoinWaitroom, now: datetime) -> Place:
        """Give the user a place; a user who has one gets that one back.

        Raises `WaitroomNotFound`, `WaitroomClosedToJoins`, `WaitroomOver` and `SessionIdTaken`.
        """
        room = self._opened()
        session = self._session_of.get(command.user_id)
        if session is not None:
            return self._place(session)
        if self._closing is not None:
            raise WaitroomClosedToJoins(f"The waiting room of {self.id!r} is closed.")
        if self._register.find(command.session_id) is not None:
            raise SessionIdTaken(f"There has been a session {command.session_id!r} in this room.")
        position = self._line.next_position(command.priority)
        self._record(
            WaitroomJoined,
            session_id=command.session_id,
            user_id=command.user_id,
            priority=command.priority,
            ticket=self._joined + 1,
            position=position,
            display_name=command.display_name,
        )
        self._admit(room, now)
        return self._place(self._register.live(command.session_id), position)

    @decides(LeaveWaitroom)
    def leave(self, command: LeaveWaitroom, now: datetime) -> Place:
        """Free the session's place or slot; one that has left stays so.

        Raises `WaitroomNotFound`, `WaitroomOver`, `SessionNotFound`, `NotYourSession` and
        `CheckoutOver`.
        """
        room = self._opened()
        session = self._session(command.session_id)
        if command.user_id is not None and command.user_id != session.user_id:
            raise NotYourSession(f"Session {session.session_id!r} belongs to somebody else.")
        if session.status == "left":
            return self._place(session)
        self._require_live(session)
        return self._end(session, WaitroomLeft, room, now)

    @decides(CompleteCheckout)
    def complete(self, command: CompleteCheckout, now: datetime) -> Place:
        """End a checkout with a purchase; one that expired a moment ago counts as one after all.

        Raises `WaitroomNotFound`, `WaitroomOver`, `SessionNotFound`, `NotAdmitted` and
        `CheckoutOver`, as failing and expiring do.
        """
        self._opened()
        session = self._session(command.session_id)
        if _counts_late(session, now):
            self._record(
                CheckoutCompletedLate, session_id=session.session_id, user_id=session.user_id
            )
            return self._place(self._session(command.session_id))
        return self._check_out(session, "completed", CheckoutCompleted, now)

    @decides(FailCheckout)
    def fail(self, command: FailCheckout, now: datetime) -> Place:
        """End a checkout without a purchase."""
        self._opened()
        session = self._session(command.session_id)
        return self._check_out(session, "failed", CheckoutFailed, now, reason=command.reason)

    @decides(ExpireCheckout)
    def expire(self, command: ExpireCheckout, now: datetime) -> Place:
        """End a checkout that took too long."""
        self._opened()
        return self._check_out(self._session(command.session_id), "expired", CheckoutExpired, now)

    @decides(RedeemPass)
    def redeem(self, command: RedeemPass, now: datetime) -> Place:
        """Let somebody into the shop for the pass of a session, once.

        Raises `WaitroomNotFound`, `WaitroomOver`, `SessionNotFound`, `NotAdmitted`, `CheckoutOver`
        and `PassRedeemedBefore`.
        """
        self._opened()
        session = self._session(command.session_id)
        if self._slot_of(session).redeemed:
            raise PassRedeemedBefore(
                f"The pass of session {session.session_id!r} has been redeemed before."
            )
        self._record(PassRedeemed, session_id=session.session_id, user_id=session.user_id)
        return self._place(session)

    def _check_out(
        self,
        session: Session,
        outcome: Status,
        event: type[DomainEvent],
        now: datetime,
        **facts: str,
    ) -> Place:
        if session.status == outcome:
            return self._place(session)
        self._slot_of(session)
        return self._end(session, event, self._opened(), now, **facts)


def _counts_late(session: Session, now: datetime) -> bool:
    slot = session.slot
    return session.status == "expired" and slot is not None and now <= slot.deadline + LATE_PURCHASE
