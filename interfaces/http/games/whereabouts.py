"""Where a player is, which games there are, and how long is left: asked where it is decided."""

from typing import Annotated, Literal

import msgspec
from litestar import Router
from litestar.params import QueryParameter

from application.ports.commands import CommandLog
from domain.games.commands import FindPlace, GameLook, PlaceLook
from domain.games.refusals import GameUnknown, NotSeeking
from domain.refusals import Refusal
from interfaces.http.games.routes import AfterGame
from interfaces.http.games.seating import look_at
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import asked
from interfaces.http.platform.freshness import caught_up
from interfaces.http.platform.parameters import PathKey, key_of, limit_of
from interfaces.http.platform.routes import query
from interfaces.http.platform.services import services_of
from projections.games import GAME_RECORDS
from projections.games.game_records import GamePage

Limit = Annotated[int, limit_of("games")]


OfPlayer = Annotated[str | None, key_of("Whose games; by default everybody's.")]
OfStatus = Annotated[
    Literal["playing", "finished"] | None, QueryParameter(description="By default both.")
]
BeforeGame = Annotated[str | None, key_of("`before` of the page before.")]


class MyPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody waits or sits, if they do.

    `seconds_left` is for the next move, or until a bot comes. A `game` that is not there yet begins
    within moments.
    """

    status: Literal["idle", "seeking", "seated"]
    game_id: str | None = None
    seconds_left: float | None = None
    game: GameLook | None = None


@query("/me/place", "getMyPlace", "Where am I?")
async def get_my_place(request: Request) -> MyPlace:
    """Tell whether one looks for a game, or plays one, and how much time is left."""
    log = services_of(request).log
    place = await _place(log, request.user.user_id)
    if place is None:
        return MyPlace(status="idle")
    if place.status == "seeking":
        return MyPlace(status="seeking", game_id=place.game_id, seconds_left=place.seconds_left)
    try:
        game = (await look_at(log, place.game_id)).told(GameLook)
    except GameUnknown:
        return MyPlace(status="seated", game_id=place.game_id)
    return MyPlace(
        status="seated", game_id=place.game_id, seconds_left=game.seconds_left, game=game
    )


@query("/games/{game_id:str}/now", "lookAtGame", "A game at this moment", 404)
async def look_at_game(request: Request, game_id: PathKey) -> GameLook:
    """Tell how a game stands where it is decided, and how much time is left for the next move."""
    return (await look_at(services_of(request).log, game_id)).told(GameLook)


@query("/games", "listGames", "Games", 404)
async def list_games(
    request: Request,
    player: OfPlayer = None,
    status: OfStatus = None,
    limit: Limit = 20,
    before: BeforeGame = None,
    read_after: AfterGame = None,
) -> GamePage:
    """List games, those that began last first."""
    games = await caught_up(request, GAME_RECORDS, read_after)
    return await games.games(limit, player=player, status=status, before=before)


async def _place(log: CommandLog, user_id: str) -> PlaceLook | None:
    try:
        return (await asked(log, FindPlace(user_id=user_id))).told(PlaceLook)
    except Refusal as refusal:
        if refusal.type != NotSeeking.type:
            raise
        return None


router = Router(path="/api/v1", route_handlers=[get_my_place, look_at_game, list_games])
