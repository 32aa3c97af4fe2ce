"""Everything that players did, as a file."""

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Response, Router, get
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema
from litestar.params import QueryParameter

from domain.keys import KEY_PATTERN
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.days import From, Until, day, in_order
from interfaces.http.platform.downloads import download
from interfaces.http.platform.freshness import caught_up
from interfaces.http.platform.problems import documented
from interfaces.http.platform.services import services_of
from interfaces.http.player_events.parameters import AfterPlayerEvent
from projections.player_events import EVENT_ARCHIVE
from projections.player_events.exported_events import EventExport, Format, Selection

MEDIA_TYPES: dict[Format, str] = {
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


def _name(description: str) -> Any:
    return QueryParameter(
        min_length=1, max_length=200, pattern=KEY_PATTERN, description=description
    )


OfGame = Annotated[str | None, _name("Only events of this game.")]
OfPlayer = Annotated[str | None, _name("Only events of this player.")]
OfType = Annotated[str | None, _name("Only events of this type.")]
AsFormat = Annotated[
    Format, QueryParameter(description="A line of JSON for each event, or Parquet.")
]


@dataclass
class Export(Operation):
    """An operation that answers with a file, of one media type or another."""

    def __post_init__(self) -> None:
        file = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
        answer = (self.responses or {})["200"]
        assert isinstance(answer, OpenAPIResponse)
        answer.content = dict.fromkeys(MEDIA_TYPES.values(), file)


@get(
    "/export",
    guards=[only("service", "admin")],
    operation_id="exportEvents",
    operation_class=Export,
    summary="Export events",
    responses=documented(400, 403, 422),
)
async def export_events(
    request: Request,
    format: AsFormat = "ndjson",
    first: From = None,
    last: Until = None,
    game_id: OfGame = None,
    player_id: OfPlayer = None,
    event_type: OfType = None,
    read_after: AfterPlayerEvent = None,
) -> Response[Any]:
    """Send all events of the archive, or those of some days, in the order of their times.

    Days are those of `timestamp`. The file shows the archive as it was when the export began; a
    response that breaks off is no whole file. Two exports run at a time.
    """
    await caught_up(request, EVENT_ARCHIVE, read_after)
    start, end = day("from", first), day("until", last)
    if start and end:
        in_order(start, end)
    selection = Selection(
        first=start, last=end, game_id=game_id, player_id=player_id, event_type=event_type
    )
    pieces = services_of(request).part(EventExport).export(selection, format)
    return await download(pieces, MEDIA_TYPES[format], f"events.{format}")


router = Router(path="/api/v1/events", route_handlers=[export_events])
