"""Presence: for how long absence has counted, and what follows from it.

Absence is that nobody has asked where a session stands. It says something of people only while they
could have asked: so it counts from when the API was reachable, each of its processes said what it
had seen, and nothing of that was lost. Whenever that breaks, it counts from anew.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from application.ports.commands import Envelope
from domain.aggregate import Command
from domain.events import Metadata
from domain.waitroom.absence import DropAbsentee, NoteReturn, TellAbsentee

NAME = "presence"
LONGEST_GAP_S = 5.0
"""Between two looks; who slept for longer cannot say what happened meanwhile."""

SILENCE_S = 4.0
"""After so long an API process has not said what it has seen, which it does every second."""


class Sightings:
    """Whom one API process has seen, by room, and has not told yet; an entry in a set for each."""

    def __init__(self) -> None:
        self.by_room: dict[str, set[str]] = defaultdict(set)

    def note(self, event_id: str, session_id: str) -> None:
        """Somebody has just looked where a session stands."""
        self.by_room[event_id].add(session_id)


class Observed(NamedTuple):
    """What is known at `now`, in unix seconds by the clock of Redis.

    `server` names the run of Redis and `mark` what it holds, and is lost with it; `beats` are when
    each API process last told what it had seen.
    """

    now: float
    server: str
    mark: str
    beats: Mapping[str, float]
    is_reachable: bool

    @property
    def heard(self) -> float:
        """Until when every API process has told whom it saw; what it saw since is under way."""
        return min(self.beats.values(), default=self.now)


class CountedTime:
    """The time in which nobody could have been missed by mistake."""

    def __init__(self) -> None:
        self._last: Observed | None = None
        self._since = 0.0

    def observe(self, seen: Observed) -> None:
        """Take note of how things stand."""
        if self._last is None or self._is_broken(self._last, seen):
            self._since = seen.now
        self._last = seen

    def lose(self) -> None:
        """Take note that nobody knows how things stand."""
        self._last = None

    @property
    def since(self) -> float:
        """When it began, in unix seconds."""
        return self._since

    def _is_broken(self, last: Observed, seen: Observed) -> bool:
        return (
            not 0 <= seen.now - last.now <= LONGEST_GAP_S
            or (seen.server, seen.mark) != (last.server, last.mark)
            or not seen.is_reachable
            or not seen.beats
            or any(seen.now - told > SILENCE_S for told in seen.beats.values())
        )


class Absentees(NamedTuple):
    """Sessions of a room: who is to be told, who has come back, who loses the place.

    Each with the moment, in unix seconds, that says which absence it is.
    """

    tell: Sequence[tuple[str, str]]
    returned: Sequence[tuple[str, str]]
    drop: Sequence[tuple[str, str]]

    def commands(self, event_id: str) -> list[Envelope]:
        """What follows for them; asked twice for one absence, the second time changes nothing."""
        kinds = ((TellAbsentee, self.tell), (NoteReturn, self.returned), (DropAbsentee, self.drop))
        return [
            _envelope(kind(event_id=event_id, session_id=session_id), moment)
            for kind, sessions in kinds
            for session_id, moment in sessions
        ]


def _envelope(command: Command, moment: str) -> Envelope:
    kind = command.__struct_config__.tag
    session_id = getattr(command, "session_id", "")
    return Envelope(
        command_id=f"{NAME}:{kind}/{session_id}/{moment}",
        command=command,
        metadata=Metadata(actor=NAME),
    )
