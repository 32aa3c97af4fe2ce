"""Waiting rooms as the read model would show them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from application.ports.commands import Envelope
from domain.events import DomainEvent
from domain.waitroom import Waitroom
from domain.waitroom.commands import LeaveWaitroom
from domain.waitroom.description import Appearance
from domain.waitroom.events import PassRedeemed, SessionAdmitted, WaitroomJoined
from projections.waitroom.minutes import Minute
from projections.waitroom.queue import ENDS, QueueOverview, QueuePlace
from projections.waitroom.rooms import ListedRooms, ListedSessions, RoomMinutes
from tests.http.fakes.log import FakeLog, FakeReadModel
from tests.http.fakes.subjects import FakeSeals


class FakeQueue(FakeReadModel):
    """Waiting rooms, straight from the aggregates."""

    def __init__(self, log: FakeLog, seals: FakeSeals) -> None:
        super().__init__(log)
        self.seals = seals

    def _rooms(self) -> list[Waitroom]:
        return [each for each in self.log.aggregates.values() if isinstance(each, Waitroom)]

    async def session(self, session_id: str) -> QueuePlace | None:
        for room in self._rooms():
            if session := room._register.find(session_id):
                place = msgspec.to_builtins(room._place(session))
                ahead = max(place["position"] - 1, 0)
                shown = {
                    "people_ahead": ahead,
                    "display_name": self._name(session_id),
                    "redeemed_at": self._redeemed_at(session_id),
                }
                return msgspec.convert(place | shown, QueuePlace)
        return None

    async def places(self, event_id: str, session_ids: Sequence[str]) -> list[int]:
        found = [await self.session(each) for each in session_ids]
        return [place.position if place and place.event_id == event_id else 0 for place in found]

    def _name(self, session_id: str) -> str | None:
        for recorded in self.log.events["waitroom-log"]:
            event = recorded.event
            if isinstance(event, WaitroomJoined) and event.session_id == session_id:
                name = event.display_name
                return None if name is None else self.seals.open(name)
        return None

    def _redeemed_at(self, session_id: str) -> datetime | None:
        for recorded in self.log.events["waitroom-log"]:
            event = recorded.event
            if isinstance(event, PassRedeemed) and event.session_id == session_id:
                return event.timestamp
        return None

    async def overview(self, event_id: str) -> QueueOverview | None:
        return next((each for each in self._overviews() if each.event_id == event_id), None)

    def _overviews(self) -> list[QueueOverview]:
        views = [room.view for room in self._rooms()]
        return [
            msgspec.structs.replace(
                msgspec.convert(view, QueueOverview, from_attributes=True),
                **Counter[str](
                    ENDS[type(e)] for e in self.log.of(view.event_id) if type(e) in ENDS
                ),
            )
            for view in views
            if view
        ]

    async def rooms(
        self, *, prefix: str, status: str | None, paused: bool | None, after: str | None, limit: int
    ) -> ListedRooms:
        there = [
            room
            for room in sorted(self._overviews(), key=lambda room: room.event_id)
            if room.event_id.startswith(prefix)
            and (status is None or room.status == status)
            and (paused is None or room.paused == paused)
            and (after is None or room.event_id > after)
        ]
        more = there[limit - 1].event_id if len(there) > limit else None
        return ListedRooms(rooms=there[:limit], after=more)

    async def sessions(
        self,
        event_id: str,
        *,
        status: str | None,
        user_id: str | None,
        after: str | None,
        limit: int,
    ) -> ListedSessions | None:
        if await self.overview(event_id) is None:
            return None
        joins = [each for each in self.log.of(event_id) if isinstance(each, WaitroomJoined)]
        places = [await self.session(join.session_id) for join in joins]
        there = [
            place
            for place in places
            if place is not None
            and (status is None or place.status == status)
            and (user_id is None or place.user_id == user_id)
            and (after is None or place.ticket > int(after))
        ]
        more = str(there[limit - 1].ticket) if len(there) > limit else None
        return ListedSessions(sessions=there[:limit], after=more)

    async def minutes(self, event_id: str, most: int) -> RoomMinutes | None:
        if await self.overview(event_id) is None:
            return None
        return RoomMinutes(event_id=event_id, minutes=_minutes(self.log.of(event_id))[:most])

    async def appearance(self, event_id: str) -> Appearance | None:
        for room in self._rooms():
            if room.id == event_id and room.view is not None:
                return room._appearance or Appearance()
        return None


def _minutes(events: Sequence[DomainEvent]) -> list[Minute]:
    """What happened minute by minute, the latest first."""
    counts: dict[datetime, Counter[str]] = defaultdict(Counter)
    waits: dict[datetime, list[float]] = defaultdict(list)
    joined_at: dict[str, datetime] = {}
    for event in events:
        at = event.timestamp
        minute = at.replace(second=0, microsecond=0)
        match event:
            case WaitroomJoined(session_id=session_id):
                joined_at[session_id] = at
                counts[minute]["joined"] += 1
            case SessionAdmitted(session_id=session_id):
                counts[minute]["admitted"] += 1
                waits[minute].append((at - joined_at[session_id]).total_seconds())
            case _ if ended := ENDS.get(type(event)):
                counts[minute][ended] += 1
    return [
        msgspec.convert(
            {"minute": minute, **counts[minute], **_percentiles(sorted(waits[minute]))}, Minute
        )
        for minute in sorted(counts, reverse=True)
    ]


def _percentiles(waits: Sequence[float]) -> dict[str, float]:
    return {f"wait_p{share}": waits[len(waits) * share // 100] for share in (50, 90, 99) if waits}


async def leave(log: FakeLog, event_id: str, session_id: str) -> Any:
    """Somebody leaves, behind the API's back."""
    command = LeaveWaitroom(event_id=event_id, session_id=session_id)
    return await log.execute(Envelope(command_id=f"leave-{session_id}", command=command))
