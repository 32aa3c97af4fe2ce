"""What events of lounges change in tables, put together before anything is written; pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from domain.events import DomainEvent, Recorded
from domain.lounges.events import (
    LoungeClosed,
    LoungeJoined,
    LoungeLeft,
    LoungeOpened,
    ModeratorAppointed,
    ModeratorDismissed,
    PersonBanned,
    PersonInvited,
    PersonKicked,
    PersonMuted,
    PersonUnbanned,
    PersonUnmuted,
    TileSettled,
)
from domain.lounges.names import room_id_of

StandingKind = Literal["moderator", "invited", "muted", "barred"]
"""What somebody may be in a lounge: `barred` for as long as a kick or a ban lasts."""

PersonKey = tuple[str, str]
"""A lounge, and somebody in it."""

StandingKey = tuple[str, str, StandingKind]

NewPerson = Mapping[str, Any] | None
"""What comes into a row beside its key; None where there is none any more."""

SET: dict[type[DomainEvent], StandingKind] = {
    ModeratorAppointed: "moderator",
    PersonInvited: "invited",
    PersonMuted: "muted",
    PersonKicked: "barred",
    PersonBanned: "barred",
}
LIFTED: dict[type[DomainEvent], Sequence[StandingKind]] = {
    ModeratorDismissed: ("moderator",),
    PersonUnmuted: ("muted",),
    PersonUnbanned: ("barred",),
    PersonBanned: ("moderator", "invited"),
}


class LoungeChanges:
    """What some events, in their order, come to.

    `counted` are how many are in and ever were, `moved` where people stand who came in earlier, and
    `deadlines` when one of a kind was set last: what was over by then is dropped, as in the fold.
    """

    def __init__(self, events: Sequence[Recorded]) -> None:
        self.opened: dict[str, LoungeOpened] = {}
        self.players: dict[str, int] = {}
        self.entries: dict[str, int] = {}
        self.closed: set[str] = set()
        self.people: dict[PersonKey, NewPerson] = {}
        self.moved: dict[PersonKey, tuple[int, int]] = {}
        self.standings: dict[StandingKey, NewPerson] = {}
        self.deadlines: dict[tuple[str, StandingKind], datetime] = {}
        self.days: Counter[tuple[str, date]] = Counter()
        for recorded in events:
            self._take(recorded.event)

    def _take(self, event: DomainEvent) -> None:
        room = room_id_of(event.originator_id)
        match event:
            case LoungeOpened():
                self.opened[room] = event
            case LoungeClosed():
                self.closed.add(room)
            case LoungeJoined():
                self._join(room, event)
            case LoungeLeft(user_id=user, players=players):
                self.players[room] = players
                self.people[room, user] = None
                self.moved.pop((room, user), None)
            case TileSettled():
                self._move(room, event)
            case _:
                self._decide(room, event)

    def _join(self, room: str, event: LoungeJoined) -> None:
        self.players[room], self.entries[room] = event.players, event.entries
        row = {"since": event.timestamp, "x": event.x, "y": event.y}
        self.people[room, event.user_id] = row
        self.days[room, event.timestamp.date()] += 1

    def _move(self, room: str, event: TileSettled) -> None:
        known = self.people.get((room, event.user_id))
        if known is None:
            self.moved[room, event.user_id] = event.x, event.y
        else:
            self.people[room, event.user_id] = {**known, "x": event.x, "y": event.y}

    def _decide(self, room: str, event: Any) -> None:
        for kind in LIFTED.get(type(event), ()):
            self.standings[room, event.user_id, kind] = None
        if type(event) in SET:
            kind, until = SET[type(event)], getattr(event, "until", None)
            self.standings[room, event.user_id, kind] = {"until": until}
            if until is not None:
                self.deadlines[room, kind] = event.timestamp
