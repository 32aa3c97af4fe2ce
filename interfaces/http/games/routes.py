"""Games: look for one, play it, look at it."""

from typing import Annotated

import msgspec
from litestar import Response, Router
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter

from domain.categories import GAMES
from domain.games.commands import CancelSeek, GameView, MakeMove, Resign, Seek, SeekGame
from domain.games.events import BotLevel
from domain.keys import Key, NewKey
from interfaces.http.games import seating
from interfaces.http.games.judging import judge_move
from interfaces.http.platform.auth import acting_as
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import (
    CommandContext,
    answered,
    carry_out,
    provide_context,
)
from interfaces.http.platform.freshness import caught_up, found, read_after_of
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.routes import command, query
from interfaces.http.platform.services import services_of
from interfaces.settings import Settings
from projections.games import GAME_RECORDS
from projections.games.game_records import BoardRecord, GameQueries, GameRecord, MoveRecord

Player = Annotated[Key, msgspec.Meta(examples=["user-123"])]
AfterGame = Annotated[str | None, read_after_of(GAMES.topic)]


class Seeking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who looks for a game, by default the token's subject, and how well a bot should play."""

    user_id: Annotated[NewKey, msgspec.Meta(examples=["user-123"])] | None = None
    bot_level: BotLevel = "medium"


class Cancelling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who stops looking, by default the token's subject."""

    user_id: Player | None = None


class Moving(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A disc to drop: columns count from 0 at the left. The player is by default the subject.

    `number` says which move of the game it is, from 1; one that was made is not made again.
    """

    column: Annotated[int, msgspec.Meta(examples=[3])]
    player: Player | None = None
    number: Annotated[int, msgspec.Meta(examples=[1])] | None = None


class Resigning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who gives up, by default the token's subject."""

    player: Player | None = None


@command("/seek", "seekGame", "Look for a game", 403, 404, 409)
async def seek_game(
    request: Request, data: JSONBody[Seeking], context: NamedDependency[CommandContext]
) -> Response[Seek]:
    """Be paired with who came first, or wait; after a while alone, a bot is seated.

    Who waits or plays already is told at which table. A seat is told once its game can be moved in;
    a game that does not begin in time is a 503, and the same request may be sent again.
    """
    command = SeekGame(
        user_id=acting_as(request.user, data.user_id),
        game_id=context.new_id(),
        bot_level=data.bot_level,
        bot_after=services_of(request).part(Settings).bot_after,
    )
    return answered(await seating.seek(services_of(request).log, context, command))


@command("/cancel", "cancelSeek", "Stop looking for a game", 403, 404, 409)
async def cancel_seek(
    request: Request, data: JSONBody[Cancelling], context: NamedDependency[CommandContext]
) -> Response[Seek]:
    """Stop waiting for an opponent; who has been seated resigns the game instead.

    Until both have moved, nobody loses by that.
    """
    command = CancelSeek(user_id=acting_as(request.user, data.user_id))
    return await carry_out(request, context, command)


@command("/{game_id:str}/move", "makeMove", "Make a move", 403, 404, 409)
async def make_move(
    request: Request,
    game_id: PathKey,
    data: JSONBody[Moving],
    context: NamedDependency[CommandContext],
) -> Response[GameView]:
    """Drop a disc into a column; each kind of illegal move is refused with its own type."""
    player = acting_as(request.user, data.player)
    command = MakeMove(game_id=game_id, player=player, column=data.column, number=data.number)
    return await carry_out(request, context, command)


@command("/{game_id:str}/resign", "resignGame", "Give up a game", 403, 404, 409)
async def resign_game(
    request: Request,
    game_id: PathKey,
    context: NamedDependency[CommandContext],
    data: JSONBody[Resigning | None] = None,
) -> Response[GameView]:
    """Give up, which the opponent wins by; before both have moved, the game counts for nobody."""
    player = acting_as(request.user, data.player if data else None)
    return await carry_out(request, context, Resign(game_id=game_id, player=player))


@query("/{game_id:str}", "getGame", "A game as it stands", 404)
async def get_game(request: Request, game_id: PathKey, read_after: AfterGame = None) -> GameRecord:
    """Tell who plays, whose turn it is, the board, and how it ended if it did."""
    return await _game(await caught_up(request, GAME_RECORDS, read_after), game_id)


@query("/{game_id:str}/moves", "listMoves", "A game's moves", 404)
async def list_moves(
    request: Request, game_id: PathKey, read_after: AfterGame = None
) -> list[MoveRecord]:
    """Tell every move of a game, in order."""
    games = await caught_up(request, GAME_RECORDS, read_after)
    await _game(games, game_id)
    return list(await games.moves(game_id))


@query("/{game_id:str}/at/{move:int}", "getGameAt", "A game at any move", 404)
async def get_game_at(
    request: Request,
    game_id: PathKey,
    move: Annotated[
        int, PathParameter(ge=0, le=42, description="Moves made; 0 is the empty board.")
    ],
    read_after: AfterGame = None,
) -> BoardRecord:
    """Tell the board as it was after so many moves."""
    games = await caught_up(request, GAME_RECORDS, read_after)
    return found(
        await games.board(game_id, move),
        "game-not-found",
        f"There is no game {game_id!r}, or it has not got to move {move}.",
    )


async def _game(games: GameQueries, game_id: str) -> GameRecord:
    return found(await games.game(game_id), "game-not-found", f"There is no game {game_id!r}.")


router = Router(
    path="/api/v1/games",
    route_handlers=[
        seek_game,
        cancel_seek,
        make_move,
        resign_game,
        get_game,
        list_moves,
        get_game_at,
        judge_move,
    ],
    dependencies={"context": Provide(provide_context)},
)
