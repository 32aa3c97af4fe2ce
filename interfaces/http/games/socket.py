"""A player's games over one socket: look for one, play it, see what the opponent does."""

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import WebSocket, websocket

from application.ports.commands import Answer
from domain.aggregate import Command
from domain.games.commands import CancelSeek, GameView, MakeMove, Resign, SeekGame
from interfaces.http.games import seating
from interfaces.http.games.following import FollowedGames
from interfaces.http.games.lobby_feed import LobbyFeed
from interfaces.http.games.messages import (
    CancelMessage,
    GamePayload,
    Incoming,
    KeyedMessage,
    MoveMessage,
    MovePayload,
    PingMessage,
    ResignMessage,
    SeekMessage,
    SeekPayload,
    UnwatchMessage,
    WatchMessage,
    read,
    sender_id,
    unsigned,
)
from interfaces.http.games.seeker import Seeker
from interfaces.http.games.watched_game import Said
from interfaces.http.platform.channel import Channel, accepted
from interfaces.http.platform.command_context import (
    CommandContext,
    context_of_message,
)
from interfaces.http.platform.problems import Problem, bad_request
from interfaces.http.platform.services import Services, services_of
from interfaces.settings import Settings
from interfaces.tokens import Identity
from projections.projection import wait_until

SOCKET_PATH = "/api/v1/games/live"

HEARING_TIMEOUT_S = 0.25
"""For which the answer to a move waits for the move's own events, which another process of the API
may read a moment before this one does: they are told first."""


class PlayerConnection:
    """What one player's socket does: messages become commands, events become messages.

    Messages and what the lobby tells of the player are taken one after the other. What is told of
    the lobby or of a game never goes back: each is known as of a position in the log, and what is
    not after that is no news.
    """

    def __init__(self, channel: Channel, services: Services, identity: Identity) -> None:
        self._channel = channel
        self._services = services
        self._identity = identity
        self._user_id = identity.user_id
        self._games = FollowedGames(services.log, services.feed, self._say)
        lobby = services.part(LobbyFeed)
        self._seeker = Seeker(self._user_id, services.log, lobby, self._games, self._say)
        self._turn = asyncio.Lock()

    def open(self) -> None:
        """Begin to listen to what happens to the player."""
        self._seeker.open(self._services.feed)

    async def close(self) -> None:
        """Follow nothing any more."""
        await self._games.close()
        await self._seeker.close()

    async def receive(self, raw: bytes) -> None:
        """Do what a message asks for; whatever is wrong with it is told, and nothing else ends."""
        id = sender_id(raw)
        try:
            async with self._turn:
                await self._obey(read(raw), id)
        except Exception as error:  # noqa: BLE001 - told to the client, and logged where unforeseen
            self._channel.push_error(error, id=id)

    async def listen(self) -> None:
        """Tell what happens to the player in the lobby, until cancelled."""
        while True:
            recorded = await self._seeker.news()
            async with self._turn:
                await self._seeker.hear(recorded)

    async def _obey(self, message: Incoming, id: str | None) -> None:
        match message:
            case SeekMessage(payload=payload):
                await self._seek(payload, self._context(message), id)
            case CancelMessage():
                await self._cancel(self._context(message), id)
            case MoveMessage(payload=payload):
                await self._play(self._move(payload, message), self._context(message), id)
            case ResignMessage(payload=payload):
                await self._play(self._resignation(payload, message), self._context(message), id)
            case _:
                await self._answer(message, id)

    async def _answer(self, message: Incoming, id: str | None) -> None:
        """Do what leads to no command."""
        match message:
            case WatchMessage(payload=payload):
                after = None if payload.after is msgspec.UNSET else payload.after
                await self._games.watch(payload.game_id, id, after)
            case UnwatchMessage(payload=payload):
                self._games.leave(payload.game_id)
                self._channel.push("unwatched", payload, id=id)
            case PingMessage():
                self._channel.push("pong", id=id)

    def _context(self, message: KeyedMessage) -> CommandContext:
        key, said = message.idempotency_key, unsigned(message)
        return context_of_message(self._services, self._identity, SOCKET_PATH, key, said)

    async def _execute(self, command: Command, context: CommandContext) -> Answer:
        return await self._services.log.execute(context.envelope(command))

    async def _seek(self, payload: SeekPayload, context: CommandContext, id: str | None) -> None:
        command = SeekGame(
            user_id=self._user_id,
            game_id=context.new_id(),
            bot_level=payload.bot_level,
            bot_after=self._services.part(Settings).bot_after,
        )
        try:
            answer = await seating.seek(self._services.log, context, command)
        except seating.NotBegun as problem:
            self._seeker.tell(problem.answer)
            raise
        self._seeker.tell(answer, id)

    async def _cancel(self, context: CommandContext, id: str | None) -> None:
        self._seeker.tell(await self._execute(CancelSeek(user_id=self._user_id), context), id)

    async def _play(
        self, command: MakeMove | Resign, context: CommandContext, id: str | None
    ) -> None:
        """Have a command decided; the game's next state is the answer."""
        followed = self._games.get(command.game_id)
        if followed is None:
            await self._play_unseen(command, context, id)
            return
        followed.expect(context.command_id, id)
        try:
            answer = await self._execute(command, context)
        except BaseException:
            followed.give_up(context.command_id)
            raise
        view = answer.told(GameView)

        async def is_heard() -> bool:
            return followed.is_as_far_as(view)

        await wait_until(is_heard, HEARING_TIMEOUT_S)
        self._say(followed.answer(context.command_id, view, answer.position))

    async def _play_unseen(
        self, command: MakeMove | Resign, context: CommandContext, id: str | None
    ) -> None:
        answer = await self._execute(command, context)
        view = answer.told(GameView)
        self._say(self._games.follow(command.game_id).tell(view, answer.position, id))

    def _move(self, payload: MovePayload, message: KeyedMessage) -> MakeMove:
        game_id = self._game(payload.game_id, message)
        number = None if payload.number is msgspec.UNSET else payload.number
        player, column = self._user_id, payload.column
        return MakeMove(game_id=game_id, player=player, column=column, number=number)

    def _resignation(self, payload: GamePayload, message: KeyedMessage) -> Resign:
        return Resign(game_id=self._game(payload.game_id, message), player=self._user_id)

    def _game(self, game_id: str | None, message: KeyedMessage) -> str:
        """The game that a message means."""
        if game_id is not None:
            return game_id
        if message.idempotency_key is not None:
            raise bad_request(
                "invalid-request",
                "A move or resignation with an idempotency_key names its game_id, or the same "
                "message might mean another game when it is repeated.",
            )
        played = [each for each in self._games if each.is_played_by(self._user_id)]
        if not played:
            raise Problem(409, "no-game", "You are in no game that is known here; name it.")
        if len(played) > 1:
            raise Problem(409, "several-games", "You are in several games; name the game_id.")
        return played[0].game_id

    def _say(self, said: Iterable[Said]) -> None:
        for each in said:
            self._channel.push(each.type, each.payload, id=each.id, position=each.position)


@websocket(SOCKET_PATH)
async def play(socket: WebSocket[Identity, Any, Any]) -> None:
    """Serve a player's socket."""
    services = services_of(socket)
    async with accepted(socket, "games", services.socket_limits) as channel:
        if channel is None:
            return
        connection = PlayerConnection(channel, services, socket.user)
        connection.open()
        try:
            await channel.run(connection.receive, connection.listen())
        finally:
            await connection.close()
