"""What players did: their events, what these come to, and who is best at which game."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath, QueryParameter

from domain.personal import PERSONAL_PATTERN
from domain.player_events.scores import Period, starts_of
from domain.player_events.types import TYPES
from interfaces.http.platform.auth import acting_as
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.days import AS_DAY, day, today
from interfaces.http.platform.freshness import caught_up, found
from interfaces.http.platform.parameters import Before, PathKey, limit_of
from interfaces.http.platform.routes import query
from interfaces.http.platform.services import services_of
from interfaces.http.player_events.parameters import AfterPlayerEvent
from interfaces.settings import Settings
from projections.player_events import EVENT_ARCHIVE, LEADERBOARDS, PLAYER_STATISTICS
from projections.player_events.event_archive import ArchivedEvent, EventPage
from projections.player_events.leaderboard_queries import Leaderboard, ListedBoards
from projections.player_events.player_statistics import PlayerStatistics

Limit = Annotated[int, limit_of("entries")]
Around = Annotated[
    str | None,
    QueryParameter(
        description="The player to have in the middle; by default the best are listed.",
        min_length=1,
        max_length=100,
        pattern=PERSONAL_PATTERN,
    ),
]
On = Annotated[
    str | None,
    QueryParameter(
        description="A day of the period, in UTC; by default today.",
        schema_extra=AS_DAY,
    ),
]
OfPeriod = Annotated[Period, QueryParameter(description="Days and weeks are those of UTC.")]

JSON = "application/json"


@get("/events/schemas", operation_id="getEventSchemas", summary="The known types of events")
async def get_schemas() -> dict[str, Any]:
    """List the types of events that are known, with the JSON Schema of the `data` of each."""
    return dict(SCHEMAS)


def _schema(kind: type[msgspec.Struct]) -> Mapping[str, Any]:
    shape: Mapping[str, Any] = msgspec.json.schema_components([kind])[1][kind.__name__]
    return shape


SCHEMAS = {name: _schema(kind) for name, kind in TYPES.items()}


@query("/events/{event_id:uuid}", "getEvent", "An event", 403, 404)
async def get_event(
    request: Request, event_id: FromPath[UUID], read_after: AfterPlayerEvent = None
) -> Response[ArchivedEvent]:
    """Show an event as it was taken in; players see their own."""
    archive = await caught_up(request, EVENT_ARCHIVE, read_after)
    event = found(
        await archive.event(str(event_id)), "event-not-found", f"There is no event {event_id}."
    )
    acting_as(request.user, event.player_id)
    return _json(event)


@query("/players/{player_id:str}/events", "listPlayerEvents", "A player's events", 403, 422)
async def list_events(
    request: Request,
    player_id: PathKey,
    limit: Limit = 100,
    before: Before = None,
    read_after: AfterPlayerEvent = None,
) -> Response[EventPage]:
    """List a player's events, the latest first; players see their own."""
    acting_as(request.user, player_id)
    archive = await caught_up(request, EVENT_ARCHIVE, read_after)
    return _json(await archive.of_player(player_id, limit, before))


@query("/player/{player_id:str}/stats", "getPlayerStats", "What a player did altogether", 403, 404)
async def get_stats(
    request: Request, player_id: PathKey, read_after: AfterPlayerEvent = None
) -> PlayerStatistics:
    """Tell how many events of each type a player had, and when the last was.

    Players see their own, or everybody's where a setting says so.
    """
    if not services_of(request).part(Settings).public_statistics:
        acting_as(request.user, player_id)
    statistics = await caught_up(request, PLAYER_STATISTICS, read_after)
    return found(
        await statistics.stats(player_id), "player-not-found", f"{player_id!r} had no event."
    )


@query("/games/{game_id:str}/leaderboard", "getGameLeaderboard", "The best players of a game")
async def get_leaderboard(
    request: Request,
    game_id: PathKey,
    period: OfPeriod = "alltime",
    limit: Limit = 10,
    around: Around = None,
    on: On = None,
    read_after: AfterPlayerEvent = None,
) -> Leaderboard:
    """List players by the sum of their scores in a day, a week, or ever.

    An event counts in the periods of its own time, however late it comes: a board of the past
    corrects itself. Players with equal scores share a rank. With `around`, that player is in the
    middle, and nobody is listed who is not on the same board.
    """
    leaderboards = await caught_up(request, LEADERBOARDS, read_after)
    starts_on = starts_of(day("on", on) or today())[period]
    if around is None:
        return await leaderboards.board(game_id, period, starts_on, limit)
    return await leaderboards.around(game_id, period, starts_on, around, limit)


@query("/leaderboards", "listGameLeaderboards", "The games that have a leaderboard", 422)
async def list_leaderboards(
    request: Request,
    limit: Limit = 100,
    before: Before = None,
    read_after: AfterPlayerEvent = None,
) -> ListedBoards:
    """List the games whose reports put anybody on a leaderboard, those played last first.

    The board of four in a row that is played here is not among them, it has an address of its own.
    """
    leaderboards = await caught_up(request, LEADERBOARDS, read_after)
    return await leaderboards.boards(limit, before)


def _json(what: msgspec.Struct) -> Response[Any]:
    # The data of events is JSON already, which Litestar's own encoder would not leave as it is.
    return Response(msgspec.json.encode(what), media_type=JSON)


router = Router(
    path="/api/v1",
    route_handlers=[
        get_schemas,
        get_event,
        list_events,
        get_stats,
        get_leaderboard,
        list_leaderboards,
    ],
)
