"""A waiting room as its events have made it: what it knows, its deadlines and its snapshots."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from msgspec.structs import replace

from domain.aggregate import Aggregate, evolves
from domain.snapshot import Snapshot
from domain.waitroom.absence import Presence, SessionDropped
from domain.waitroom.commands import Room, RoomStatus, RoomView, Status, TendWaitroom
from domain.waitroom.description import Appearance
from domain.waitroom.events import (
    AdmissionGranted,
    CheckoutCompleted,
    CheckoutCompletedLate,
    CheckoutExpired,
    CheckoutExtended,
    CheckoutFailed,
    PassRedeemed,
    SessionAdmitted,
    SessionDismissed,
    SessionRemoved,
    WaitroomArchived,
    WaitroomChanged,
    WaitroomClosed,
    WaitroomDescribed,
    WaitroomJoined,
    WaitroomLeft,
    WaitroomOpened,
    WaitroomPaused,
    WaitroomReopened,
    WaitroomResumed,
)
from domain.waitroom.line import Line
from domain.waitroom.register import Register
from domain.waitroom.session import Session, Slot
from domain.waitroom.slots import Slots
from domain.waitroom.states import Closing, WaitroomSessions, WaitroomState

MOST_GRACE = timedelta(seconds=5)
GRACE_SHARE = 10
"""A checkout expires so much after its deadline: a tenth of its time, and 5 seconds at most. Who
paid in the last moment has paid, and the shop's message is still on its way."""

BETWEEN_TURNS = timedelta(milliseconds=1)
"""What one command was not enough for goes on so much later, and others get their turn."""

BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


class FoldedRoom(Aggregate):
    """The part of a waiting room that evolves; `Waitroom` is the one that decides."""

    states = (WaitroomState, WaitroomSessions)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._room: Room | None = None
        self._capacity = 0
        self._limit = timedelta()
        self._grace = timedelta()
        self._paused = False
        self._closing: Closing | None = None
        self._dismisses = False
        self._left_to_archive: int | None = None
        self._moved_at = BEFORE_ALL
        self._appearance: Appearance | None = None
        self._presence: Presence | None = None
        self._joined = 0
        self._hold_nobody()

    def _hold_nobody(self) -> None:
        """Begin with no sessions, or let go of all that were, and of the room that they took."""
        self._line = Line()
        self._register = Register()
        self._session_of: dict[str, Session] = {}
        self._slots = Slots()

    @property
    def view(self) -> RoomView | None:
        """The room and how many are where."""
        if self._room is None:
            return None
        return RoomView(
            event_id=self.id,
            status=self._status,
            paused=self._paused,
            capacity=self._room.capacity,
            checkout_seconds=self._room.checkout_seconds,
            joined=self._joined,
            waiting=len(self._line),
            ready=len(self._slots),
        )

    @property
    def _status(self) -> RoomStatus:
        if self._left_to_archive is not None:
            return "archived"
        return "open" if self._closing is None else "closed"

    @property
    def finished(self) -> bool:
        """Whether it is archived: all that can be asked of it is refused."""
        return self._left_to_archive == 0

    # -- time -----------------------------------------------------------------------------------

    @property
    def deadline(self) -> datetime | None:
        """When something is due: the rest of a large change, a checkout's end, the archive.

        It is after what was done last, however long ago it was due.
        """
        due = self._moved_at if self._has_more_to_do else self._due
        return due and max(due, self._moved_at + BETWEEN_TURNS)

    @property
    def _due(self) -> datetime | None:
        first = self._slots.deadline
        return self._archived_at if first is None else first + self._grace

    def on_deadline(self) -> TendWaitroom:
        """See to what is due."""
        return TendWaitroom(event_id=self.id)

    @property
    def _has_more_to_do(self) -> bool:
        """Whether a command that did all it may at a time has left something over."""
        if self._dismisses:
            return len(self._line) > 0
        if len(self._slots) < self._capacity and not self._paused and len(self._line):
            return True
        return bool(self._left_to_archive)

    @property
    def _archived_at(self) -> datetime | None:
        """When a closed room in which nobody is any more is archived."""
        closing = self._closing
        if closing is None or self._session_of or self._left_to_archive == 0:
            return None
        return closing.idle_since + timedelta(seconds=closing.keep_seconds)

    # -- snapshots ------------------------------------------------------------------------------

    def state(self) -> WaitroomState:
        """All but the sessions, which are in the parts."""
        assert self._room is not None, "a room that was never opened has no events"
        return WaitroomState(
            capacity=self._room.capacity,
            checkout_seconds=self._room.checkout_seconds,
            grace_seconds=self._grace.total_seconds(),
            paused=self._paused,
            closing=self._closing,
            moved_at=self._moved_at,
            joined=self._joined,
            left_to_archive=self._left_to_archive,
            appearance=self._appearance,
            presence=self._presence,
        )

    @property
    def parts(self) -> Mapping[int, int]:
        """The pages of the register."""
        return self._register.pages

    def part(self, number: int) -> WaitroomSessions:
        """The sessions of a page."""
        return WaitroomSessions(sessions=self._register.page(number))

    def _restore(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        assert isinstance(state, WaitroomState)
        self._grace = timedelta(seconds=state.grace_seconds)
        self._set_terms(state.capacity, state.checkout_seconds)
        self._paused = state.paused
        self._set_closing(state.closing)
        self._moved_at, self._joined = state.moved_at, state.joined
        self._left_to_archive, self._appearance = state.left_to_archive, state.appearance
        self._presence = state.presence
        for part in snapshot.parts:
            assert isinstance(part.state, WaitroomSessions)
            self._register.restore(part.state.sessions, part.changed)
        live = list(self._register)
        self._session_of = dict(zip(map(attrgetter("user_id"), live), live, strict=True))
        waiting: dict[int, list[int]] = defaultdict(list)
        for session in live:
            if session.slot is None:
                waiting[session.priority].append(session.ticket)
        self._line = Line(waiting)
        self._slots = Slots(session for session in live if session.slot is not None)

    # -- the room -------------------------------------------------------------------------------

    @evolves(WaitroomOpened)
    def _on_opened(self, event: WaitroomOpened) -> None:
        self._set_terms(event.capacity, event.checkout_seconds)

    @evolves(WaitroomChanged)
    def _on_changed(self, event: WaitroomChanged) -> None:
        self._set_terms(event.capacity, event.checkout_seconds)
        self._moved_at = event.timestamp

    def _set_terms(self, capacity: int, checkout_seconds: float) -> None:
        """Set the terms from here on; nobody's grace gets shorter by it."""
        self._room = Room(event_id=self.id, capacity=capacity, checkout_seconds=checkout_seconds)
        self._capacity = capacity
        self._limit = timedelta(seconds=checkout_seconds)
        self._grace = max(self._grace, min(self._limit / GRACE_SHARE, MOST_GRACE))

    @evolves(WaitroomPaused)
    def _on_paused(self, _: WaitroomPaused) -> None:
        self._paused = True

    @evolves(WaitroomResumed)
    def _on_resumed(self, event: WaitroomResumed) -> None:
        self._paused = False
        self._moved_at = event.timestamp

    @evolves(WaitroomClosed)
    def _on_closed(self, event: WaitroomClosed) -> None:
        self._set_closing(
            Closing(
                waiting=event.waiting, keep_seconds=event.keep_seconds, idle_since=event.timestamp
            )
        )
        self._moved_at = event.timestamp

    def _set_closing(self, closing: Closing | None) -> None:
        self._closing = closing
        self._dismisses = closing is not None and closing.waiting == "dismiss"

    @evolves(WaitroomReopened)
    def _on_reopened(self, event: WaitroomReopened) -> None:
        self._set_closing(None)
        self._moved_at = event.timestamp

    @evolves(WaitroomDescribed)
    def _on_described(self, event: WaitroomDescribed) -> None:
        self._appearance = event.appearance

    @evolves(WaitroomArchived)
    def _on_archived(self, event: WaitroomArchived) -> None:
        self._left_to_archive = event.left
        self._moved_at = event.timestamp
        if event.left == 0:
            self._hold_nobody()
            self._appearance = None

    # -- sessions -------------------------------------------------------------------------------

    @evolves(WaitroomJoined)
    def _on_joined(self, event: WaitroomJoined) -> None:
        session = Session(
            event.session_id, event.user_id, event.priority, event.ticket, event.timestamp
        )
        self._joined += 1
        self._register.add(session, event.originator_version)
        self._session_of[session.user_id] = session
        self._line.add(session.priority, session.ticket)

    @evolves(AdmissionGranted)
    def _on_granted(self, _: AdmissionGranted) -> None:
        """Change nothing: that the session is admitted is the next event."""

    @evolves(SessionAdmitted)
    def _on_admitted(self, event: SessionAdmitted) -> None:
        session = self._register.live(event.session_id)
        self._line.remove(session.priority, session.ticket)
        session.status, session.missed = "ready", False
        self._moved_at = event.timestamp
        self._give(session, Slot(event.deadline, event.originator_version))

    @evolves(CheckoutExtended)
    def _on_extended(self, event: CheckoutExtended) -> None:
        session = self._register.live(event.session_id)
        assert session.slot is not None
        self._give(session, replace(session.slot, deadline=event.deadline))

    @evolves(PassRedeemed)
    def _on_redeemed(self, event: PassRedeemed) -> None:
        session = self._register.live(event.session_id)
        assert session.slot is not None
        session.slot, session.missed = replace(session.slot, redeemed=True), False
        self._register.changed(session, event.originator_version)

    def _give(self, session: Session, slot: Slot) -> None:
        session.slot = slot
        self._register.changed(session, self.version)
        self._slots.put(session)

    @evolves(WaitroomLeft)
    def _on_left(self, event: WaitroomLeft) -> None:
        self._finish(event, "left")

    @evolves(SessionRemoved)
    def _on_removed(self, event: SessionRemoved) -> None:
        self._finish(event, "removed")

    @evolves(SessionDismissed)
    def _on_dismissed(self, event: SessionDismissed) -> None:
        self._moved_at = event.timestamp
        self._finish(event, "dismissed")

    @evolves(CheckoutCompleted)
    def _on_completed(self, event: CheckoutCompleted) -> None:
        self._finish(event, "completed")

    @evolves(CheckoutFailed)
    def _on_failed(self, event: CheckoutFailed) -> None:
        self._finish(event, "failed")

    @evolves(CheckoutExpired)
    def _on_expired(self, event: CheckoutExpired) -> None:
        self._moved_at = event.timestamp
        self._finish(event, "expired")

    @evolves(CheckoutCompletedLate)
    def _on_completed_late(self, event: CheckoutCompletedLate) -> None:
        session = self._register.find(event.session_id)
        assert session is not None
        session.status, session.slot = "completed", None
        self._register.amend(session, event.originator_version)

    def _finish(self, event: "Ended", status: Status) -> None:
        session = self._register.live(event.session_id)
        if session.status == "waiting":
            self._line.remove(session.priority, session.ticket)
        else:
            self._slots.discard(session)
        session.status, session.missed = status, False
        if status != "expired":
            session.slot = None
        del self._session_of[session.user_id]
        self._register.end(session, event.originator_version)
        if self._closing is not None:
            self._closing = replace(self._closing, idle_since=event.timestamp)


Ended = (
    WaitroomLeft
    | SessionRemoved
    | SessionDismissed
    | CheckoutCompleted
    | CheckoutFailed
    | CheckoutExpired
    | SessionDropped
)
