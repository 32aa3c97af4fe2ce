"""A session's place in line over one socket: every change of it, and at once when it is ready."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import msgspec
import structlog
from litestar import WebSocket, websocket

from application.ports.listening import channel_of_room
from application.waitroom.presence import Sightings
from domain.categories import WAITROOMS
from domain.events import Position, Recorded
from domain.waitroom.commands import Status
from domain.waitroom.events import CheckoutExtended, SessionAdmitted
from interfaces.http.platform.auth import is_trusted
from interfaces.http.platform.bodies import decode, decoder_of
from interfaces.http.platform.channel import (
    NORMAL,
    NOT_FOUND,
    NOT_YOURS,
    Channel,
    Close,
    Message,
    accepted,
    closing,
)
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.resume import Arrivals, Look, followed
from interfaces.http.platform.services import Services, services_of
from interfaces.http.waitroom.room_feeds import LOOKS_PER_SECOND, RoomFeeds
from interfaces.http.waitroom.room_places import RoomPlaces
from interfaces.tokens import Identity
from projections.waitroom import WAITROOM
from projections.waitroom.queue import ENDS, QueuePlace

LIVE_PATH = "/api/v1/waitroom/sessions/{session_id:str}/live"

LOOK_INTERVAL_S = 2.0
"""Between looks at all there is to know of a session, in case something was missed, where few are
looking; places are looked at in `room_places`."""

NEW_SESSION_TIMEOUT_S = 2.0
"""Seconds for a session that was made a moment ago to show in the read model."""

NEW_SESSION_LOOKS = 40
"""Looks at the read model in that time."""

logger = structlog.get_logger(__name__)


class QueueState(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session stands: `position` 1 is the head of the line, 0 is no longer in line."""

    session_id: str
    event_id: str
    status: Status
    position: int
    people_ahead: int
    deadline: Any = None


class SessionWatch:
    """Tells one socket where its session stands.

    What it tells are values, each of them all there is to know, and never an older one after a
    newer. So what is heard is told at once, also while the read model is behind or looked at, and
    what was missed is told by the next look.
    """

    def __init__(self, channel: Channel, services: Services, place: QueuePlace) -> None:
        self._channel = channel
        self._services = services
        self._rooms, self._places = services.part(RoomFeeds), services.part(RoomPlaces)
        self._seen = services.part(Sightings)
        self._queries = services.queries(WAITROOM)
        self._place = place
        self._heard = Arrivals()
        self._told: QueueState | None = None
        self._over = False

    async def receive(self, raw: bytes) -> None:
        """Answer a ping; there is nothing else to say here."""
        try:
            message: Message = decode(raw, decoder_of(Message))
        except Exception as error:  # noqa: BLE001 - told to the client
            self._channel.push_error(error)
            return
        if message.type == "ping":
            self._channel.push("pong")

    async def follow(self) -> None:
        """Tell how the session stands and what happens to it, until cancelled."""
        session, heard = (self._place.event_id, self._place.session_id), self._heard
        looked = followed(heard, self._look, _look_of(self._place), self._patience)
        with (
            self._rooms.heard(self._services.feed, *session, self._hear),
            self._places.heard(self._queries, *session, self._move),
        ):
            async with aclosing(looked) as looks:
                async for look in looks:
                    assert isinstance(look, Look), "what is heard does not wait for looks"
                    self._tell(_state_of(look.state))

    def _patience(self) -> float:
        return max(LOOK_INTERVAL_S, self._rooms.watchers / LOOKS_PER_SECOND)

    def _hear(self, recorded: Recorded | None) -> None:
        if recorded is None:
            self._doubt()
            return
        event = recorded.event
        if isinstance(event, SessionAdmitted | CheckoutExtended):
            self._tell(self._changed_to("ready", event.deadline))
        elif (status := ENDS.get(type(event))) is not None:
            self._tell(self._changed_to(status))

    def _doubt(self) -> None:
        """Something has been missed: look at once, unless too many do, as after a cut."""
        if self._rooms.may_look():
            self._heard.lose()

    def _move(self, position: int) -> None:
        """Tell of another place in line; who is in none should have heard what happened.

        Called every second, however many there are, and so where an open socket counts as a sight.
        """
        self._seen.note(self._place.event_id, self._place.session_id)
        told = self._told
        if told is None or position == told.position:
            return
        if position == 0:
            self._doubt()
            return
        waits = self._changed_to("waiting")
        self._tell(msgspec.structs.replace(waits, position=position, people_ahead=position - 1))

    def _changed_to(self, status: Status, deadline: Any = None) -> QueueState:
        return msgspec.structs.replace(
            _state_of(self._place), status=status, position=0, people_ahead=0, deadline=deadline
        )

    async def _look(self) -> Look | None:
        """How the session stands in the read model; None where that is away, until the next one."""
        try:
            place = await self._queries.session(self._place.session_id)
        except Exception as error:  # noqa: BLE001 - the read model is away; it is asked again
            logger.warning("cannot look a session up", error=repr(error))
            return None
        return None if place is None else _look_of(place)

    def _tell(self, state: QueueState) -> None:
        """Tell what is new; the read model may be behind what the feed has told."""
        if self._over or state == self._told or _order(state) < _order(self._told):
            return
        self._told = state
        if state.status == "waiting":
            self._channel.push("position", state)
        elif state.status == "ready":
            self._channel.push("ready", state)
        else:
            self._over = True
            self._channel.push("ended", state)
            self._channel.close(NORMAL, f"the session is over: {state.status}")


def _order(state: QueueState | None) -> tuple[int, float]:
    """A session waits, then is ready, ever longer, then is over, and never goes back."""
    if state is None or state.status == "waiting":
        return 0, 0
    return (1, state.deadline.timestamp()) if state.status == "ready" else (2, 0)


def _look_of(place: QueuePlace) -> Look:
    # The read model does not say as of what it shows this.
    return Look(place, 0, Position(WAITROOMS.topic, 0, -1))


def _state_of(place: QueuePlace) -> QueueState:
    return msgspec.convert(place, QueueState, from_attributes=True)


@websocket(LIVE_PATH)
async def watch_session(socket: WebSocket[Identity, Any, Any], session_id: PathKey) -> None:
    """Serve the socket of a session's owner."""
    services = services_of(socket)
    async with accepted(socket, "queue", services.socket_limits) as channel:
        if channel is None:
            return
        try:
            place = await _own_place(services, socket.user, session_id)
        except Close as close:
            await socket.close(close.code, str(close))
            return
        watch = SessionWatch(channel, services, place)
        with services.listening.heard([channel_of_room(place.event_id)], channel.hear):
            await channel.run(watch.receive, watch.follow())


async def _own_place(services: Services, identity: Identity, session_id: str) -> QueuePlace:
    """The session's place; raises `Close` for one that is not there or not the asker's."""
    try:
        place = await _patiently(lambda: services.queries(WAITROOM).session(session_id))
    except Exception as error:  # noqa: BLE001 - the client is told, and what nobody foresaw logged
        raise closing(error) from None
    if place is None:
        raise Close(NOT_FOUND, "there is no such session")
    if place.user_id != identity.user_id and not is_trusted(identity):
        raise Close(NOT_YOURS, "the session belongs to somebody else")
    return place


async def _patiently(look: Callable[[], Awaitable[QueuePlace | None]]) -> QueuePlace | None:
    for _ in range(NEW_SESSION_LOOKS):
        if (place := await look()) is not None:
            return place
        await asyncio.sleep(NEW_SESSION_TIMEOUT_S / NEW_SESSION_LOOKS)
    return None
