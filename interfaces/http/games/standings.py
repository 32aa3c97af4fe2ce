"""Who plays best, and what is known of a player."""

from typing import Annotated

import msgspec
from litestar import Router
from litestar.params import QueryParameter

from interfaces.http.games.routes import AfterGame
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.freshness import caught_up, found
from interfaces.http.platform.parameters import PathKey, key_of, limit_of
from interfaces.http.platform.routes import query
from projections.games import GAME_RECORDS, STANDINGS
from projections.games.game_records import UserRecord
from projections.games.standings import RankedEntry, Standings

Limit = Annotated[int, limit_of("entries")]
OfPlayer = Annotated[str | None, key_of("Whose own row to show.")]
Offset = Annotated[int, QueryParameter(ge=0, le=1_000_000_000, description="How many to skip.")]


@query("/leaderboard", "getLeaderboard", "The best players")
async def get_leaderboard(
    request: Request,
    limit: Limit = 10,
    offset: Offset = 0,
    player: OfPlayer = None,
    read_after: AfterGame = None,
) -> Standings:
    """List players by score, 3 for a win; equal scores in the order they were reached.

    With `player`, that one's own row comes beside, wherever it is; null before their first game.
    Games that were won here stay won, also where the events of a player are voided.
    """
    standings = await caught_up(request, STANDINGS, read_after)
    top = await standings.top(limit, offset)
    own = None if player is None else await standings.rank(player)
    return msgspec.structs.replace(top, player=own)


@query("/leaderboard/{user_id:str}", "getRank", "A player's rank", 404)
async def get_rank(request: Request, user_id: PathKey, read_after: AfterGame = None) -> RankedEntry:
    """Tell a player's place on the leaderboard, 1 being the best."""
    standings = await caught_up(request, STANDINGS, read_after)
    return found(
        await standings.rank(user_id), "player-not-found", f"{user_id!r} has finished no game."
    )


@query("/players/{user_id:str}", "getPlayer", "A player's record", 404)
async def get_player(
    request: Request, user_id: PathKey, read_after: AfterGame = None
) -> UserRecord:
    """Tell how many games a player has played, won, lost and drawn."""
    games = await caught_up(request, GAME_RECORDS, read_after)
    return found(
        await games.player(user_id), "player-not-found", f"{user_id!r} has finished no game."
    )


router = Router(
    path="/api/v1",
    route_handlers=[get_leaderboard, get_rank, get_player],
)
