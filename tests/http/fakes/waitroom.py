"""Waiting rooms as the read model would show them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from application.ports.commands import Envelope
from domain.waitroom import Waitroom
from domain.waitroom.commands import LeaveWaitroom
from domain.waitroom.description import Appearance
from domain.waitroom.events import PassRedeemed, WaitroomJoined
from projections.waitroom.minutes import Minute
from projections.waitroom.queue import QueueOverview, QueuePlace
from projections.waitroom.rooms import ListedRooms, ListedSessions, RoomMinutes
from tests.http.fakes.log import NOW, FakeLog, FakeReadModel
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
            msgspec.convert(view, QueueOverview, from_attributes=True) for view in views if view
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
        return RoomMinutes(event_id=event_id, minutes=[Minute(minute=NOW)][:most])

    async def appearance(self, event_id: str) -> Appearance | None:
        for room in self._rooms():
            if room.id == event_id and room.view is not None:
                return room._appearance or Appearance()
        return None


async def leave(log: FakeLog, event_id: str, session_id: str) -> Any:
    """Somebody leaves, behind the API's back."""
    command = LeaveWaitroom(event_id=event_id, session_id=session_id)
    return await log.execute(Envelope(command_id=f"leave-{session_id}", command=command))
