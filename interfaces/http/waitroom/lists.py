"""Waiting rooms as who runs them looks at them: lists, a room by the minute, how it looks."""

from typing import Annotated, Literal

from litestar import Router
from litestar.params import QueryParameter

from domain.categories import WAITROOMS
from domain.keys import MOST_KEY_CHARACTERS
from domain.waitroom.commands import Status
from domain.waitroom.description import Appearance
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.freshness import caught_up, found, read_after_of
from interfaces.http.platform.parameters import After, PathKey, key_of, limit_of
from interfaces.http.platform.routes import query
from projections.waitroom import WAITROOM
from projections.waitroom.rooms import ListedRooms, ListedSessions, RoomMinutes

AfterWaitroom = Annotated[str | None, read_after_of(WAITROOMS.topic)]
OPERATORS = [only("service", "admin")]
RoomFilter = Literal["any", "open", "closed"]
YesOrNo = Literal["any", "yes", "no"]
SessionFilter = Literal["any", Status]

WithStatus = Annotated[RoomFilter, QueryParameter(description="How rooms are.")]
Paused = Annotated[YesOrNo, QueryParameter(description="Whether admission is paused.")]
WhereTheyAre = Annotated[SessionFilter, QueryParameter(description="Where sessions are.")]
Prefix = Annotated[
    str | None,
    QueryParameter(
        description="How names of rooms begin.", min_length=1, max_length=MOST_KEY_CHARACTERS
    ),
]
OfUser = Annotated[str | None, key_of("Whose sessions, in place of a status.")]
Most = Annotated[int, limit_of("entries")]
MostMinutes = Annotated[int, QueryParameter(ge=1, le=1_440, description="How many minutes.")]


@query("/rooms", "listWaitrooms", "Waiting rooms", 403, guards=OPERATORS)
async def list_waitrooms(
    request: Request,
    status: WithStatus = "any",
    paused: Paused = "any",
    prefix: Prefix = None,
    after: After = None,
    limit: Most = 100,
    read_after: AfterWaitroom = None,
) -> ListedRooms:
    """List rooms by name, with how many wait, check out and have ended which way.

    A page may be short of its limit and go on all the same: `after` says so. Archived rooms are
    not kept.
    """
    rooms = await caught_up(request, WAITROOM, read_after)
    return await rooms.rooms(
        prefix=prefix or "",
        status=None if status == "any" else status,
        paused=None if paused == "any" else paused == "yes",
        after=after,
        limit=limit,
    )


@query(
    "/{event_id:str}/sessions",
    "listSessions",
    "Sessions of a waiting room",
    403,
    404,
    422,
    guards=OPERATORS,
)
async def list_sessions(
    request: Request,
    event_id: PathKey,
    status: WhereTheyAre = "any",
    user_id: OfUser = None,
    after: After = None,
    limit: Most = 100,
    read_after: AfterWaitroom = None,
) -> ListedSessions:
    """List or search sessions: of one user, or in one status, or all of them.

    Those who wait come in the order of the line, those who check out by deadline, all others in
    the order in which they joined. A page may be short of its limit: `after` says whether it ends.
    """
    rooms = await caught_up(request, WAITROOM, read_after)
    asked = None if status == "any" else status
    page = await rooms.sessions(event_id, status=asked, user_id=user_id, after=after, limit=limit)
    return found(page, *_not_found(event_id))


@query(
    "/{event_id:str}/minutes",
    "getWaitroomMinutes",
    "A waiting room by the minute",
    403,
    404,
    guards=OPERATORS,
)
async def get_minutes(
    request: Request,
    event_id: PathKey,
    limit: MostMinutes = 60,
    read_after: AfterWaitroom = None,
) -> RoomMinutes:
    """Tell how many joined, were admitted and ended which way, and how long they had waited.

    The latest minutes in which anything happened, of the last day that anything did.
    """
    rooms = await caught_up(request, WAITROOM, read_after)
    return found(await rooms.minutes(event_id, limit), *_not_found(event_id))


@query("/{event_id:str}/appearance", "getWaitroomAppearance", "How a waiting room looks", 404)
async def get_appearance(
    request: Request, event_id: PathKey, read_after: AfterWaitroom = None
) -> Appearance:
    """Tell title, colours and texts of a visitor's page, and where it may send people back to."""
    rooms = await caught_up(request, WAITROOM, read_after)
    return found(await rooms.appearance(event_id), *_not_found(event_id))


def _not_found(event_id: str) -> tuple[str, str]:
    detail = f"No waiting room is there for {event_id!r}: none was opened, or it is archived."
    return "waitroom-not-found", detail


router = Router(
    path="/api/v1/waitroom",
    route_handlers=[list_waitrooms, list_sessions, get_minutes, get_appearance],
)
