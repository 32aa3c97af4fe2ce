"""Waiting rooms as the read model would show them."""

from datetime import datetime
from typing import Any

import msgspec

from application.ports.commands import Envelope
from domain.waitroom import Waitroom
from domain.waitroom.commands import LeaveWaitroom
from domain.waitroom.events import PassRedeemed, WaitroomJoined
from projections.waitroom.queue import QueueOverview, QueuePlace
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
        for room in self._rooms():
            if room.id == event_id and room._room is not None:
                return QueueOverview(
                    event_id=event_id,
                    capacity=room._room.capacity,
                    checkout_seconds=room._room.checkout_seconds,
                    joined=len(room._register),
                    waiting=len(room._line),
                    ready=len(room._admitted),
                )
        return None


async def leave(log: FakeLog, event_id: str, session_id: str) -> Any:
    """Somebody leaves, behind the API's back."""
    command = LeaveWaitroom(event_id=event_id, session_id=session_id)
    return await log.execute(Envelope(command_id=f"leave-{session_id}", command=command))
