"""A waiting room that notices who is absent, where its operator wants that."""

from datetime import datetime

from domain.aggregate import decides, evolves
from domain.waitroom.absence import (
    DropAbsentee,
    NoteReturn,
    NotMissed,
    Presence,
    PresenceNotRequired,
    PresenceRequired,
    RequirePresence,
    SessionDropped,
    SessionMissed,
    SessionReturned,
    TellAbsentee,
)
from domain.waitroom.commands import Place, RoomView
from domain.waitroom.operated import OperatedRoom
from domain.waitroom.session import Session


class AttendedRoom(OperatedRoom):
    """Decides what follows from absence, which others notice; nobody is dropped untold.

    What is said of a session raises `WaitroomNotFound`, `WaitroomOver`, `SessionNotFound`,
    `CheckoutOver` and `PresenceNotRequired`.
    """

    @decides(RequirePresence)
    def require_presence(self, command: RequirePresence, now: datetime) -> RoomView | None:
        """Let places be lost by absence, or not."""
        self._opened()
        seconds = command.absent_seconds
        wanted = seconds and Presence(absent_seconds=seconds, redeems=command.redeems)
        if wanted != self._presence:
            self._record(
                PresenceRequired, absent_seconds=seconds, redeems=command.redeems, by=command.by
            )
        return self.view

    @decides(TellAbsentee)
    def tell(self, command: TellAbsentee, now: datetime) -> Place:
        """Tell a session that it is missed, once until it comes back."""
        session = self._attended(command.session_id)
        if not session.missed:
            self._record(SessionMissed, session_id=session.session_id, user_id=session.user_id)
        return self._place(session)

    @decides(NoteReturn)
    def note_return(self, command: NoteReturn, now: datetime) -> Place:
        """Take note that a session is there after all."""
        session = self._attended(command.session_id)
        if session.missed:
            self._record(SessionReturned, session_id=session.session_id, user_id=session.user_id)
        return self._place(session)

    @decides(DropAbsentee)
    def drop(self, command: DropAbsentee, now: datetime) -> Place:
        """Take the place or slot of a session that was told; raises `NotMissed` too."""
        session = self._attended(command.session_id)
        if not session.missed:
            raise NotMissed(f"Session {session.session_id!r} was not told that it is missed.")
        return self._end(session, SessionDropped, self._opened(), now)

    def _attended(self, session_id: str) -> Session:
        """A session that may lose its place by absence."""
        self._opened()
        session = self._session(session_id)
        self._require_live(session)
        presence, slot = self._presence, session.slot
        if presence is None or (slot is not None and (slot.redeemed or not presence.redeems)):
            raise PresenceNotRequired(f"Session {session_id!r} loses nothing by absence.")
        return session

    @evolves(PresenceRequired)
    def _on_presence_required(self, event: PresenceRequired) -> None:
        seconds = event.absent_seconds
        self._presence = (
            None if seconds is None else Presence(absent_seconds=seconds, redeems=event.redeems)
        )
        # Who was told was told of other terms, and may have had no cause to come back since.
        for session in self._register:
            if session.missed:
                self._set_missed(session.session_id, missed=False)

    @evolves(SessionMissed)
    def _on_missed(self, event: SessionMissed) -> None:
        self._set_missed(event.session_id, missed=True)

    @evolves(SessionReturned)
    def _on_returned(self, event: SessionReturned) -> None:
        self._set_missed(event.session_id, missed=False)

    def _set_missed(self, session_id: str, *, missed: bool) -> None:
        session = self._register.live(session_id)
        session.missed = missed
        self._register.changed(session, self.version)

    @evolves(SessionDropped)
    def _on_dropped(self, event: SessionDropped) -> None:
        self._finish(event, "dropped")
