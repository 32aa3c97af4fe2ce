"""Games by the hour and by the day."""

from collections.abc import Mapping
from typing import Annotated

from litestar import Router
from litestar.params import QueryParameter

from interfaces.http.games.routes import AfterGame
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.days import From, Until, range_of
from interfaces.http.platform.freshness import caught_up
from interfaces.http.platform.routes import query
from projections.games import GAME_METRICS
from projections.games.game_metrics import GameMetrics, Per

RANGES: Mapping[Per, Mapping[str, int]] = {"hour": {"most_days": 14, "default_days": 2}, "day": {}}
"""How ranges by the hour differ from those by the day, of which there are fewer in a range."""

PerWindow = Annotated[Per, QueryParameter(description="How long a window is.")]


@query("/metrics", "getGameMetrics", "Games by the hour or day", 422)
async def get_game_metrics(
    request: Request,
    per: PerWindow = "day",
    first: From = None,
    last: Until = None,
    read_after: AfterGame = None,
) -> GameMetrics:
    """Tell how many games began and ended in each window, how, how fast, and who won.

    Without a range, of the last 30 days, or by the hour of the last 2; a range has 366 at most, or
    by the hour 14. Windows in which nothing happened are left out.
    """
    metrics = await caught_up(request, GAME_METRICS, read_after)
    return await metrics.windows(per, range_of(first, last, **RANGES[per]))


router = Router(path="/api/v1/games", route_handlers=[get_game_metrics])
