"""A waiting room in the hands of whoever runs it."""

from datetime import datetime, timedelta

from domain.aggregate import decides
from domain.events import DomainEvent
from domain.waitroom.commands import Place, Room, RoomView, TendWaitroom
from domain.waitroom.events import (
    AdmissionGranted,
    CheckoutExpired,
    CheckoutExtended,
    SessionAdmitted,
    SessionDismissed,
    SessionRemoved,
    WaitroomArchived,
    WaitroomChanged,
    WaitroomClosed,
    WaitroomDescribed,
    WaitroomPaused,
    WaitroomReopened,
    WaitroomResumed,
)
from domain.waitroom.folded import FoldedRoom
from domain.waitroom.orders import (
    AdmitSession,
    ChangeWaitroom,
    CloseWaitroom,
    DescribeWaitroom,
    ExtendCheckout,
    PauseWaitroom,
    RemoveSession,
    ReopenWaitroom,
    ResumeWaitroom,
)
from domain.waitroom.refusals import (
    CheckoutOver,
    ExtendedTooFar,
    NotAdmitted,
    SessionNotFound,
    WaitroomNotFound,
    WaitroomOver,
)
from domain.waitroom.session import Session, Slot
from domain.waitroom.states import Closing

MOST_AT_ONCE = 300
"""Sessions that one command expires, admits or dismisses, together. Its events are one record in
the log, for which Kafka takes a megabyte, and one of them takes up to 2,600 bytes: three ids of 200
characters. After an outage a large room has more overdue; what is left over follows at once."""

ARCHIVED_AT_ONCE = 2_000
"""Sessions that one event archives: what a read model has to delete for it takes milliseconds."""

LONGEST_CHECKOUT = timedelta(days=1)


class OperatedRoom(FoldedRoom):
    """Decides what operators order and what time brings.

    Every order raises `WaitroomNotFound` and `WaitroomOver`; one that changes nothing records
    nothing.
    """

    @decides(ChangeWaitroom)
    def change(self, command: ChangeWaitroom, now: datetime) -> RoomView | None:
        """Go on on other terms, and admit those that there is room for now."""
        room = self._opened()
        wanted = Room(
            event_id=self.id,
            capacity=command.capacity or room.capacity,
            checkout_seconds=command.checkout_seconds or room.checkout_seconds,
        )
        if wanted != room:
            self._record(
                WaitroomChanged,
                capacity=wanted.capacity,
                checkout_seconds=wanted.checkout_seconds,
                by=command.by,
            )
            self._admit(wanted, now)
        return self.view

    @decides(PauseWaitroom)
    def pause(self, command: PauseWaitroom, now: datetime) -> RoomView | None:
        """Admit nobody for now."""
        self._opened()
        if not self._paused:
            self._record(WaitroomPaused, by=command.by)
        return self.view

    @decides(ResumeWaitroom)
    def resume(self, command: ResumeWaitroom, now: datetime) -> RoomView | None:
        """Admit people again."""
        room = self._opened()
        if self._paused:
            self._record(WaitroomResumed, by=command.by)
            self._admit(room, now)
        return self.view

    @decides(CloseWaitroom)
    def close(self, command: CloseWaitroom, now: datetime) -> RoomView | None:
        """Let nobody join any more; closed already, it may still be closed in another way."""
        self._opened()
        if not _closed_like(self._closing, command):
            self._record(
                WaitroomClosed,
                waiting=command.waiting,
                keep_seconds=command.keep_seconds,
                by=command.by,
            )
            self._tend(now)
        return self.view

    @decides(ReopenWaitroom)
    def reopen(self, command: ReopenWaitroom, now: datetime) -> RoomView | None:
        """Let people join again."""
        room = self._opened()
        if self._closing is not None:
            self._record(WaitroomReopened, by=command.by)
            self._admit(room, now)
        return self.view

    @decides(DescribeWaitroom)
    def describe(self, command: DescribeWaitroom, now: datetime) -> RoomView | None:
        """Look like this to visitors."""
        self._opened()
        appearance = command.description.appearance
        if appearance != self._appearance:
            self._record(WaitroomDescribed, appearance=appearance, by=command.by)
        return self.view

    @decides(ExtendCheckout)
    def extend(self, command: ExtendCheckout, now: datetime) -> Place:
        """Give a checkout more time.

        Raises `SessionNotFound`, `NotAdmitted`, `CheckoutOver` and `ExtendedTooFar`.
        """
        self._opened()
        session = self._session(command.session_id)
        deadline = self._slot_of(session).deadline + timedelta(seconds=command.seconds)
        if deadline > now + LONGEST_CHECKOUT:
            raise ExtendedTooFar(
                f"Session {session.session_id!r} would be open until {deadline.isoformat()}, "
                "which is more than a day from now."
            )
        self._record(
            CheckoutExtended,
            session_id=session.session_id,
            user_id=session.user_id,
            deadline=deadline,
            by=command.by,
        )
        return self._place(session)

    @decides(RemoveSession)
    def remove(self, command: RemoveSession, now: datetime) -> Place:
        """Take away a place or a slot; raises `SessionNotFound` and `CheckoutOver`."""
        room = self._opened()
        session = self._session(command.session_id)
        if session.status == "removed":
            return self._place(session)
        self._require_live(session)
        return self._end(session, SessionRemoved, room, now, by=command.by)

    @decides(AdmitSession)
    def admit(self, command: AdmitSession, now: datetime) -> Place:
        """Let somebody in who waits, whatever the line; raises as `remove` does."""
        self._opened()
        session = self._session(command.session_id)
        self._require_live(session)
        if session.status == "waiting":
            self._record(
                AdmissionGranted,
                session_id=session.session_id,
                user_id=session.user_id,
                by=command.by,
            )
            self._let_in(session, now)
        return self._place(session)

    @decides(TendWaitroom)
    def tend(self, command: TendWaitroom, now: datetime) -> None:
        """End checkouts whose grace is over, the oldest first, and see to all else that is due."""
        if self._room is None:
            raise _never_opened(self.id)
        self._tend(now, self._expire(now - self._grace))

    def _expire(self, latest: datetime) -> int:
        """End checkouts with a deadline up to `latest`; gives how many."""
        for expired in range(MOST_AT_ONCE):
            session, deadline = self._slots.first(), self._slots.deadline
            if session is None or deadline is None or deadline > latest:
                return expired
            self._record(CheckoutExpired, session_id=session.session_id, user_id=session.user_id)
        return MOST_AT_ONCE

    def _tend(self, now: datetime, spent: int = 0) -> None:
        """Dismiss, admit or archive, as much as a command may that has ended `spent` sessions."""
        assert self._room is not None
        if self._dismisses:
            self._dismiss(spent)
        self._admit(self._room, now, spent)
        if self._archived_at is not None and self._archived_at <= now:
            self._archive()

    def _dismiss(self, spent: int) -> None:
        for _ in range(MOST_AT_ONCE - spent):
            ticket = self._line.head()
            if ticket is None:
                return
            session = self._register.at(ticket)
            self._record(SessionDismissed, session_id=session.session_id, user_id=session.user_id)

    def _archive(self) -> None:
        there = self._joined if self._left_to_archive is None else self._left_to_archive
        gone = min(there, ARCHIVED_AT_ONCE)
        self._record(WaitroomArchived, sessions=gone, left=there - gone)

    def _admit(self, room: Room, now: datetime, spent: int = 0) -> None:
        """Admit the head of the line, while there is a free slot and a head."""
        if self._paused or self._dismisses:
            return
        free = min(room.capacity - len(self._slots), MOST_AT_ONCE - spent)
        while free > 0 and (ticket := self._line.head()) is not None:
            self._let_in(self._register.at(ticket), now)
            free -= 1

    def _let_in(self, session: Session, now: datetime) -> None:
        self._record(
            SessionAdmitted,
            session_id=session.session_id,
            user_id=session.user_id,
            deadline=now + self._limit,
        )

    def _end(
        self, session: Session, event: type[DomainEvent], room: Room, now: datetime, **facts: str
    ) -> Place:
        self._record(event, session_id=session.session_id, user_id=session.user_id, **facts)
        self._admit(room, now)
        return self._place(session)

    def _opened(self) -> Room:
        if self._room is None:
            raise _never_opened(self.id)
        if self._left_to_archive is not None:
            raise WaitroomOver(f"The waiting room of {self.id!r} is archived.")
        return self._room

    def _session(self, session_id: str) -> Session:
        session = self._register.find(session_id)
        if session is None:
            raise SessionNotFound(f"There is no session {session_id!r} in this room.")
        return session

    def _slot_of(self, session: Session) -> Slot:
        """The slot of a session; raises `NotAdmitted` and `CheckoutOver` when it has none."""
        if session.status == "waiting":
            raise NotAdmitted(f"Session {session.session_id!r} still waits in line.")
        self._require_live(session)
        assert session.slot is not None
        return session.slot

    def _require_live(self, session: Session) -> None:
        if not session.is_live:
            raise CheckoutOver(f"Session {session.session_id!r} is over: {session.status}.")

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


def _never_opened(event_id: str) -> WaitroomNotFound:
    return WaitroomNotFound(f"No waiting room has been opened for {event_id!r}.")


def _closed_like(closing: Closing | None, command: CloseWaitroom) -> bool:
    return closing is not None and (closing.waiting, closing.keep_seconds) == (
        command.waiting,
        command.keep_seconds,
    )
