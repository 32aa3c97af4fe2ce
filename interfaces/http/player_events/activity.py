"""What a studio asks of a game: who plays, who comes back, how far they get."""

from datetime import timedelta
from typing import Annotated

import msgspec
from litestar import Router
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.params import QueryParameter

from domain.keys import KEY_PATTERN
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.days import From, Until, range_of, today
from interfaces.http.platform.freshness import caught_up
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.problems import Problem
from interfaces.http.platform.routes import query
from interfaces.http.player_events.parameters import AfterPlayerEvent
from projections.player_events import PLAYER_ACTIVITY
from projections.player_events.activity_queries import ActiveGames, Activity, Funnel, Retention

Later = Annotated[
    int, QueryParameter(name="days", ge=1, le=90, description="How many days after the first.")
]
Step = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=KEY_PATTERN)]
Steps = Annotated[
    list[Step],
    QueryParameter(
        name="step",
        min_items=2,
        max_items=10,
        description="Types of events, in order; each is given once.",
        schema_extra={
            "uniqueItems": True,
            "items": Schema(
                type=OpenAPIType.STRING, min_length=1, max_length=100, pattern=KEY_PATTERN
            ),
        },
    ),
]
Within = Annotated[
    int,
    QueryParameter(ge=1, le=366, description="How many days after the first step all may come."),
]


@query("/activity", "listActiveGames", "The games that are played", 403)
async def list_active_games(request: Request, read_after: AfterPlayerEvent = None) -> ActiveGames:
    """List the games that anybody played, in the order of their ids; the first 1,000 of them."""
    metrics = await caught_up(request, PLAYER_ACTIVITY, read_after)
    return await metrics.games()


@query("/{game_id:str}/activity", "getActivity", "Who plays a game, day by day", 403, 422)
async def get_activity(
    request: Request,
    game_id: PathKey,
    first: From = None,
    last: Until = None,
    read_after: AfterPlayerEvent = None,
) -> Activity:
    """Tell for each day how many played, for the first time and in 30 days, and their sessions.

    Without a range, of the last 30 days; a range has 366 at most. Whoever had any event on a day
    played on it. An event counts on the day of its own time, so days that are over correct
    themselves.
    """
    metrics = await caught_up(request, PLAYER_ACTIVITY, read_after)
    return await metrics.activity(game_id, range_of(first, last))


@query("/{game_id:str}/retention", "getRetention", "Who comes back to a game", 403, 422)
async def get_retention(
    request: Request,
    game_id: PathKey,
    first: From = None,
    last: Until = None,
    later: Later = 30,
    read_after: AfterPlayerEvent = None,
) -> Retention:
    """Tell how many of each day's new players came back on each of the days after it.

    Days that have not begun are left out.
    """
    metrics = await caught_up(request, PLAYER_ACTIVITY, read_after)
    return await metrics.retention(game_id, range_of(first, last), later, today())


@query("/{game_id:str}/funnel", "getFunnel", "How far players get in a game", 403, 422)
async def get_funnel(
    request: Request,
    game_id: PathKey,
    steps: Steps,
    first: From = None,
    last: Until = None,
    within_days: Within = 30,
    read_after: AfterPlayerEvent = None,
) -> Funnel:
    """Tell how many players got to each step, of those who took the first one in the range.

    What counts is the first event of each type that a player had in the game. It has to be no
    earlier than that of the step before.
    """
    metrics = await caught_up(request, PLAYER_ACTIVITY, read_after)
    if len(set(steps)) < len(steps):
        raise Problem(422, "repeated-step", "A funnel has each step once.")
    entered = range_of(first, last)
    return await metrics.funnel(game_id, steps, entered, timedelta(within_days))


router = Router(
    path="/api/v1/games",
    guards=[only("service", "admin")],
    route_handlers=[list_active_games, get_activity, get_retention, get_funnel],
)
