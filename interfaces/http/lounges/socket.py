"""A room over one socket, for who is in it: who comes, walks and goes, and one's own steps."""

from contextlib import aclosing
from typing import Any

import msgspec
from litestar import WebSocket, websocket

from application.lounges.walking import Walked, WalkedTo
from domain.events import DomainEvent, Recorded
from domain.lounges.commands import LookIntoLounge
from domain.lounges.events import LoungeJoined, LoungeLeft, TileSettled
from domain.lounges.floor import Tile
from domain.lounges.names import lounge_key
from domain.lounges.refusals import LoungeNotFound, NotInLounge
from domain.lounges.view import LoungeLook, LoungeStander
from domain.refusals import Refusal
from interfaces.http.lounges.messages import IntoLounge, LoungePing, WalkMessage
from interfaces.http.lounges.walks import LoungeWalks, WalkedLounge
from interfaces.http.platform.bodies import decode, decoder_of
from interfaces.http.platform.channel import (
    NORMAL,
    NOT_FOUND,
    NOT_YOURS,
    Channel,
    Close,
    accepted,
)
from interfaces.http.platform.command_context import asked
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.resume import Look, arriving, followed
from interfaces.http.platform.services import Services, services_of
from interfaces.tokens import Identity

LOUNGE_PATH = "/api/v1/rooms/{room_id:str}/live"

TOLD_OF: dict[type[DomainEvent], tuple[str, tuple[str, ...]]] = {
    LoungeJoined: ("user_joined", ("user_id", "x", "y", "players")),
    LoungeLeft: ("user_left", ("user_id", "reason", "players")),
    TileSettled: ("user_moved", ("user_id", "x", "y")),
}
"""What those in a room hear of an event: the type of a message, and what it has of the event."""


class OneStep(msgspec.Struct, frozen=True, kw_only=True):
    """On which tile somebody is by now."""

    user_id: str
    x: int
    y: int


class LoungeSocket:
    """Tells one socket how a room stands and what happens in it, and lets its owner walk.

    It begins with all there is to know (`state`), and goes on with what has happened since, each
    once and in order; where something was missed, the state is told anew.
    """

    def __init__(self, channel: Channel, services: Services, user: str, room_id: str) -> None:
        self._channel = channel
        self._services = services
        self._user = user
        self._room_id = room_id
        self._people: dict[str, LoungeStander] = {}
        self._lounge: WalkedLounge | None = None

    async def receive(self, raw: bytes) -> None:
        """Do what a message asks for; whatever is wrong with it is told, and nothing else ends."""
        id = None
        try:
            message: Any = decode(raw, decoder_of(IntoLounge))
            id = None if message.id is msgspec.UNSET else message.id
            self._obey(message, id)
        except Exception as error:  # noqa: BLE001 - told to the client, and logged where unforeseen
            self._channel.push_error(error, id=id)

    def _obey(self, message: Any, id: str | None) -> None:
        match message:
            case LoungePing():
                self._channel.push("pong", id=id)
            case WalkMessage(payload=payload):
                path = [Tile(each.x, each.y) for each in payload.path]
                self._walk(path, id)

    def _walk(self, path: list[Tile], id: str | None) -> None:
        own = self._people.get(self._user)
        if self._lounge is None or own is None:
            raise NotInLounge("You are not known to be in this room yet; wait for its state.")
        self._lounge.go(own, path)
        self._channel.push("walking", {"steps": len(path)}, id=id)

    # -- what is told -------------------------------------------------------------------------

    async def follow(self) -> None:
        """Tell how the room stands and what happens in it, until its owner is out.

        Raises `Close` then, and for who is not in it.
        """
        key = lounge_key(self._room_id)
        async with arriving(self._services.feed, key) as heard:
            first = await self._first_look()
            plan = self._inside(first).plan
            walks = self._services.part(LoungeWalks)
            async with (
                walks.heard(self._services, self._room_id, plan, self._tell_steps) as lounge,
                aclosing(followed(heard, self._look, first)) as pieces,
            ):
                self._lounge = lounge
                try:
                    async for piece in pieces:
                        self._tell(piece)
                finally:
                    lounge.stop(self._user)

    async def _first_look(self) -> Look:
        try:
            return await self._look()
        except Refusal as refusal:
            if refusal.type != LoungeNotFound.type:
                raise
            raise Close(NOT_FOUND, "there is no such room") from None

    async def _look(self) -> Look:
        """How the room stands, as who decides says."""
        answer = await asked(self._services.log, LookIntoLounge(room_id=self._room_id))
        return Look(answer.told(LoungeLook), 0, answer.position)

    def _tell(self, piece: Look | Recorded) -> None:
        if isinstance(piece, Look):
            self._show(self._inside(piece))
        else:
            self._hear(piece.event)

    def _inside(self, look: Look) -> LoungeLook:
        """How the room stands; raises `Close` for who is not in it, or not any more."""
        state: LoungeLook = look.state
        if self._user in [each.user_id for each in state.people]:
            return state
        if self._people:
            raise Close(NORMAL, "you are out")
        raise Close(NOT_YOURS, "you are not in this room; join it first")

    def _show(self, look: LoungeLook) -> None:
        assert self._lounge is not None
        where = self._lounge.walk.where
        self._people = {each.user_id: each for each in look.people}
        people = [_at(each, where(each)) for each in look.people]
        self._channel.push("state", msgspec.structs.replace(look, people=people))

    def _hear(self, event: DomainEvent) -> None:
        if type(event) in TOLD_OF:
            name, fields = TOLD_OF[type(event)]
            self._channel.push(name, {field: getattr(event, field) for field in fields})
        match event:
            case LoungeJoined(user_id=user, timestamp=since, x=x, y=y):
                self._people[user] = LoungeStander(user_id=user, since=since, x=x, y=y)
            case TileSettled(user_id=user, x=x, y=y) if user in self._people:
                self._settle(user, Tile(x, y))
            case LoungeLeft(user_id=user, reason=reason):
                self._go(user, reason)

    def _settle(self, user: str, tile: Tile) -> None:
        """Somebody has come to stand there, also where the last step was not heard of."""
        assert self._lounge is not None
        person = self._people[user] = _at(self._people[user], tile)
        self._lounge.walk.hear({user: WalkedTo(tile, person.since)})

    def _go(self, user: str, reason: str) -> None:
        assert self._lounge is not None
        if (person := self._people.pop(user, None)) is not None:
            self._lounge.walk.forget(user, person.since)
        if user == self._user:
            self._channel.close(NORMAL, f"you are out: {reason}")

    def _tell_steps(self, walked: Walked) -> None:
        """Tell of steps of those who are known to be in, as of the same visit."""
        people = self._people
        steps = [
            OneStep(user_id=user, x=tile.x, y=tile.y)
            for user, (tile, since) in walked.items()
            if user in people and people[user].since == since
        ]
        if steps:
            self._channel.push("steps", {"people": steps})


def _at(person: LoungeStander, tile: Tile) -> LoungeStander:
    return msgspec.structs.replace(person, x=tile.x, y=tile.y)


@websocket(LOUNGE_PATH)
async def watch_room(socket: WebSocket[Identity, Any, Any], room_id: PathKey) -> None:
    """Serve the socket of somebody who is in a room."""
    services = services_of(socket)
    async with accepted(socket, "lounge", services.socket_limits) as channel:
        if channel is None:
            return
        if socket.user.scope != "player":
            await socket.close(NOT_YOURS, "rooms are for people, with a token of their own")
            return
        own = LoungeSocket(channel, services, socket.user.user_id, room_id)
        await channel.run(own.receive, own.follow())
