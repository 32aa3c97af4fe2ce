"""Visits, a process manager: who comes into a lounge leaves the one in which they were."""

from datetime import datetime
from hashlib import blake2b

from application.ports.commands import Envelope
from application.process_state import ProcessState
from domain.events import Recorded
from domain.lounges.commands import EndVisit
from domain.lounges.events import LoungeJoined, LoungeLeft
from domain.lounges.names import room_id_of
from domain.snapshot import State

NAME = "visits"


class Visit(State, frozen=True, kw_only=True, tag="visits.visit-snapshot.v1"):
    """In which lounge somebody is, and since when, which tells visits of theirs apart."""

    room_id: str
    since: datetime


class VisitsProcess:
    """Ends all visits of a person but the one that began last.

    Lounges lie in different shards, so their events may be read in another order than they
    happened: what counts is when a visit began, so whichever is read first, the same one ends.
    Its state is the visits that go on, by a digest of who is there, since the tables of processes
    name nobody.
    """

    def __init__(self) -> None:
        self.state = ProcessState(Visit)

    def fold(self, recorded: Recorded) -> None:
        """Take note of an event without reacting to it."""
        self._note(recorded)

    def react(self, recorded: Recorded) -> list[Envelope]:
        """Fold an event and say what it leads to: the end of a visit, or nothing."""
        over = self._note(recorded)
        if over is None:
            return []
        assert isinstance(recorded.event, LoungeJoined)
        command = EndVisit(room_id=over.room_id, user_id=recorded.event.user_id, since=over.since)
        return [Envelope.because_of(recorded, command, process=NAME)]

    def after_refusal(self, _envelope: Envelope) -> list[Envelope]:
        """Nothing; a visit that is over ends no more, and that is no refusal."""
        return []

    def _note(self, recorded: Recorded) -> Visit | None:
        """The visit that is over because of an event, if there is one."""
        match recorded.event:
            case LoungeJoined(originator_id=lounge, user_id=user, timestamp=since):
                return self._begin(_digest(user), Visit(room_id=room_id_of(lounge), since=since))
            case LoungeLeft(originator_id=lounge, user_id=user):
                known = self.state.get(_digest(user))
                if known is not None and known.room_id == room_id_of(lounge):
                    del self.state[_digest(user)]
        return None

    def _begin(self, person: str, visit: Visit) -> Visit | None:
        known = self.state.get(person, visit)
        first, last = sorted((known, visit), key=lambda each: (each.since, each.room_id))
        self.state[person] = last
        return None if first.room_id == last.room_id else first


def _digest(user: str) -> str:
    return blake2b(user.encode(), digest_size=16).hexdigest()
