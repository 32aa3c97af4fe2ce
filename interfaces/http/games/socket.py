"""A player's games over one socket: look for one, play it, see what the opponent does."""

import asyncio
from typing import Any, TypeVar

import msgspec
import structlog
from litestar import WebSocket, websocket

from application.ports.commands import Answer
from domain.aggregate import Command
from domain.games.commands import CancelSeek, MakeMove, Resign, Seek, SeekGame
from domain.games.events import BotLevel
from domain.keys import Key
from interfaces.http.games.watched_game import Said, WatchedGame
from interfaces.http.platform.bodies import decode, decoder_of
from interfaces.http.platform.channel import Channel, accepted
from interfaces.http.platform.command_context import CommandContext, context_of_message
from interfaces.http.platform.problems import Problem, bad_request
from interfaces.http.platform.services import Services, services_of
from interfaces.settings import Settings
from interfaces.tokens import Identity
from projections.games import GAME_RECORDS
from projections.games.game_records import GameRecord

SOCKET_PATH = "/api/v1/games/live"

logger = structlog.get_logger(__name__)

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
"""Seconds between looks at the record of a game of which nothing is known yet, first and later:
the game may not have begun, or its record may be behind."""

MOST_GAMES = 20


class SeekPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How well a bot should play, if it comes to that."""

    bot_level: BotLevel = "medium"


class GamePayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which game; not needed while there is only one."""

    game_id: Key | None = None


class MovePayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The column to drop a disc into."""

    column: int
    game_id: Key | None = None


class WatchPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A game to look at."""

    game_id: Key


class NoPayload(msgspec.Struct, frozen=True):
    """Nothing."""


class KeyedMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What leads to a command; repeated with the same key, it gets the first answer."""

    idempotency_key: str | None = None


class SeekMessage(KeyedMessage, frozen=True, tag="seek"):
    """Look for a game, or hear again at which table one sits."""

    payload: SeekPayload = SeekPayload()


class CancelMessage(KeyedMessage, frozen=True, tag="cancel"):
    """Stop looking."""

    payload: NoPayload = NoPayload()


class MoveMessage(KeyedMessage, frozen=True, tag="move"):
    """Make a move."""

    payload: MovePayload


class ResignMessage(KeyedMessage, frozen=True, tag="resign"):
    """Give up."""

    payload: GamePayload = GamePayload()


class WatchMessage(msgspec.Struct, frozen=True, tag="watch", forbid_unknown_fields=True):
    """Look at a game from now on."""

    payload: WatchPayload


class PingMessage(msgspec.Struct, frozen=True, tag="ping", forbid_unknown_fields=True):
    """Asks whether anybody is there."""

    payload: NoPayload = NoPayload()


class PongMessage(msgspec.Struct, frozen=True, tag="pong", forbid_unknown_fields=True):
    """Says that somebody is here."""

    payload: NoPayload = NoPayload()


Incoming = (
    SeekMessage
    | CancelMessage
    | MoveMessage
    | ResignMessage
    | WatchMessage
    | PingMessage
    | PongMessage
)
MESSAGE_DECODER: msgspec.json.Decoder[Any] = decoder_of(Incoming)

Answered = TypeVar("Answered", bound=msgspec.Struct)


class PlayerConnection:
    """What one player's socket does: messages become commands, events become messages."""

    def __init__(self, channel: Channel, services: Services, identity: Identity) -> None:
        self._channel = channel
        self._services = services
        self._identity = identity
        self._user_id = identity.user_id
        self._games: dict[str, WatchedGame] = {}
        self._watching: dict[str, asyncio.Task[None]] = {}

    async def receive(self, raw: bytes) -> None:
        """Do what a message asks for; whatever is wrong with it is told, and nothing else ends."""
        try:
            await self._obey(decode(raw, MESSAGE_DECODER))
        except Exception as error:  # noqa: BLE001 - told to the client, and logged where unforeseen
            self._channel.push_error(error)

    async def close(self) -> None:
        """Watch nothing any more."""
        tasks = list(self._watching.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _obey(self, message: Incoming) -> None:
        match message:
            case SeekMessage(payload):
                await self._seek(payload, self._context(message))
            case CancelMessage():
                await self._cancel(self._context(message))
            case MoveMessage(payload):
                game_id = self._game(payload.game_id, message)
                move = MakeMove(game_id=game_id, player=self._user_id, column=payload.column)
                await self._play(move, self._context(message))
            case ResignMessage(payload):
                game_id = self._game(payload.game_id, message)
                resign = Resign(game_id=game_id, player=self._user_id)
                await self._play(resign, self._context(message))
            case WatchMessage(payload):
                self._watch(payload.game_id, tell=True)
            case PingMessage():
                self._channel.push("pong")

    def _context(self, message: KeyedMessage) -> CommandContext:
        key = message.idempotency_key
        return context_of_message(self._services, self._identity, SOCKET_PATH, key, message)

    async def _seek(self, payload: SeekPayload, context: CommandContext) -> None:
        command = SeekGame(
            user_id=self._user_id,
            game_id=context.new_id(),
            bot_level=payload.bot_level,
            bot_after=self._services.part(Settings).bot_after,
        )
        seek = _reply(await self._execute(command, context), Seek)
        self._channel.push("seeking" if seek.status == "seeking" else "seated", seek)
        self._watch(seek.game_id, tell=True)

    async def _cancel(self, context: CommandContext) -> None:
        answer = await self._execute(CancelSeek(user_id=self._user_id), context)
        seek = _reply(answer, Seek)
        self._channel.push("cancelled", seek)
        self._unwatch(seek.game_id)

    async def _play(self, command: MakeMove | Resign, context: CommandContext) -> None:
        """Tell a repeated command its first answer, and then how the game stands now."""
        answer = await self._execute(command, context)
        if answer.repeated:
            self._channel.push("game_state", answer.reply)
        self._watch(command.game_id, tell=answer.repeated)

    async def _execute(self, command: Command, context: CommandContext) -> Answer:
        return await self._services.log.execute(context.envelope(command))

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
        played = [each for each in self._games.values() if each.is_played_by(self._user_id)]
        if not played:
            raise Problem(409, "no-game", "You are in no game that is known here; name it.")
        if len(played) > 1:
            raise Problem(409, "several-games", "You are in several games; name the game_id.")
        return played[0].game_id

    # -- watching -------------------------------------------------------------------------------

    def _watch(self, game_id: str, *, tell: bool = False) -> None:
        """Follow a game; `tell` says how it stands even where that has been told before."""
        watched = self._games.get(game_id)
        if watched is None or watched.is_over or self._watching[game_id].done():
            self._begin_to_watch(game_id)
        elif tell and watched.game is not None:
            self._channel.push("game_state", watched.game.view)

    def _begin_to_watch(self, game_id: str) -> None:
        for each in [each for each, watched in self._games.items() if watched.is_over]:
            self._unwatch(each)
        if len(self._games) >= MOST_GAMES:
            raise Problem(409, "too-many-games", f"One socket shows {MOST_GAMES} games at most.")
        watched = self._games[game_id] = WatchedGame(game_id)
        self._watching[game_id] = asyncio.create_task(self._follow(watched))

    def _unwatch(self, game_id: str) -> None:
        self._games.pop(game_id, None)
        if (task := self._watching.pop(game_id, None)) is not None:
            task.cancel()

    async def _follow(self, watched: WatchedGame) -> None:
        """Tell what happens in a game, for as long as somebody looks."""
        while True:
            async with asyncio.TaskGroup() as tasks:
                await self._listen(watched, tasks)
            # A subscription ends when its reader falls behind; the record knows what was missed.
            watched.game = None
            await asyncio.sleep(FIRST_PAUSE_S)

    async def _listen(self, watched: WatchedGame, tasks: asyncio.TaskGroup) -> None:
        asking = tasks.create_task(self._ask(watched))
        async for recorded in self._services.feed.subscribe(watched.game_id):
            self._tell(watched.take(recorded.event))
            if watched.game is None and asking.done():
                asking = tasks.create_task(self._ask(watched))
        asking.cancel()

    async def _ask(self, watched: WatchedGame) -> None:
        """Look the game up for as long as its events do not tell how it stands."""
        pause = FIRST_PAUSE_S
        while watched.game is None:
            if (record := await self._record(watched.game_id)) is not None:
                self._tell(watched.show(record))
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _record(self, game_id: str) -> GameRecord | None:
        try:
            return await self._services.queries(GAME_RECORDS).game(game_id)
        except Exception as error:  # noqa: BLE001 - the read model is away; it is asked again
            logger.warning("cannot look a game up", game_id=game_id, error=repr(error))
            return None

    def _tell(self, said: list[Said]) -> None:
        for type, payload in said:
            self._channel.push(type, payload)


def _reply(answer: Answer, kind: type[Answered]) -> Answered:
    """What was answered; the first answer to a repeated command comes as JSON."""
    reply = answer.reply
    if isinstance(reply, msgspec.Raw):
        return msgspec.json.decode(reply, type=kind)
    assert isinstance(reply, kind)
    return reply


@websocket(SOCKET_PATH)
async def play(socket: WebSocket[Identity, Any, Any]) -> None:
    """Serve a player's socket."""
    services = services_of(socket)
    async with accepted(socket, "games", services.socket_limits) as channel:
        if channel is None:
            return
        connection = PlayerConnection(channel, services, socket.user)
        try:
            await channel.run(connection.receive)
        finally:
            await connection.close()
