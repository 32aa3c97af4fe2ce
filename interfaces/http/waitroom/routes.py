"""Waiting rooms: open one, leave one, see how it is; joining is in `join`."""

from typing import Annotated

import msgspec
from litestar import Response, Router
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from litestar.types import HTTPScope, Receive, Send

from application.waitroom.presence import Sightings
from domain.keys import Key, NewKey
from domain.waitroom.commands import LeaveWaitroom, OpenWaitroom, Place, Room
from domain.waitroom.refusals import NotYourSession
from interfaces.http.platform.auth import is_trusted
from interfaces.http.platform.bodies import Request, headers_of
from interfaces.http.platform.command_context import CommandContext, carry_out, provide_context
from interfaces.http.platform.freshness import caught_up, found
from interfaces.http.platform.parameters import PathKey, key_in
from interfaces.http.platform.responses import JSON_BODY, respond
from interfaces.http.platform.routes import command, query
from interfaces.http.platform.services import services_of
from interfaces.http.waitroom.lists import OPERATORS, AfterWaitroom
from projections.waitroom import WAITROOM
from projections.waitroom.queue import QueueOverview, QueuePlace

SESSION_PATH = "/api/v1/waitroom/sessions/{session_id:str}"


class Opening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A room to open: what people wait for, and how many may check out at a time."""

    event_id: Annotated[NewKey, msgspec.Meta(examples=["concert-2026"])]
    capacity: Annotated[int, msgspec.Meta(ge=1, le=1_000_000, examples=[10])]
    checkout_seconds: Annotated[float, msgspec.Meta(ge=1, le=86_400, examples=[300])]


class Leaving(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session to give up."""

    event_id: Annotated[Key, msgspec.Meta(examples=["concert-2026"])]
    session_id: Annotated[Key, msgspec.Meta(examples=["0d9d3b7c1a5e4f0f8a3b6c2d1e0f9a8b"])]


@command(
    "/",
    "openWaitroom",
    "Open a waiting room",
    403,
    409,
    422,
    status=201,
    guards=OPERATORS,
)
async def open_waitroom(
    request: Request, data: JSONBody[Opening], context: NamedDependency[CommandContext]
) -> Response[Room]:
    """Open a room for an event, with a capacity of simultaneous checkouts and a time limit.

    Opening it again the same way changes nothing; on other terms it is refused.
    """
    command = OpenWaitroom(
        event_id=data.event_id, capacity=data.capacity, checkout_seconds=data.checkout_seconds
    )
    return await carry_out(request, context, command, status=201)


@command("/leave", "leaveWaitroom", "Leave a waiting room", 403, 404, 409)
async def leave_waitroom(
    request: Request, data: JSONBody[Leaving], context: NamedDependency[CommandContext]
) -> Response[Place]:
    """Give up a place in line or a slot; a player only its own. Leaving again changes nothing."""
    owner = None if is_trusted(request.user) else request.user.user_id
    command = LeaveWaitroom(event_id=data.event_id, session_id=data.session_id, user_id=owner)
    return await carry_out(request, context, command)


async def get_session(scope: HTTPScope, _receive: Receive, send: Send) -> None:
    """Tell where a session stands: what a crowd that waits asks all the time.

    An ASGI function, as for joining: a third of the processor time.
    """
    header = headers_of(scope, "GET").get(b"read-after")
    read_after = None if header is None else header.decode("latin-1")
    request, session_id = Request(scope), key_in(scope, "session_id")
    place = await own_session(request, session_id, read_after)
    services_of(request).part(Sightings).note(place.event_id, session_id)
    await respond(send, 200, [JSON_BODY], msgspec.json.encode(place))


@query(SESSION_PATH, "getSession", "Where a session stands", 403, 404)
async def get_session_documented(
    session_id: PathKey, read_after: AfterWaitroom = None
) -> QueuePlace:
    """Tell a session's status, its position and how many are ahead; a player only its own."""
    raise NotImplementedError("documents `get_session`, and is never served")


async def own_session(request: Request, session_id: str, read_after: str | None) -> QueuePlace:
    """Look a session up; raises `NotYourSession`, and `Problem` 404 when there is none."""
    queue = await caught_up(request, WAITROOM, read_after)
    place = found(
        await queue.session(session_id), "session-not-found", f"No session {session_id!r} is known."
    )
    if place.user_id != request.user.user_id and not is_trusted(request.user):
        raise NotYourSession(f"Session {session_id!r} belongs to somebody else.")
    return place


@query("/{event_id:str}", "getWaitroom", "How a waiting room is doing", 404)
async def get_waitroom(
    request: Request, event_id: PathKey, read_after: AfterWaitroom = None
) -> QueueOverview:
    """Tell a room's capacity and how many wait, are ready, and have ended which way."""
    queue = await caught_up(request, WAITROOM, read_after)
    return found(
        await queue.overview(event_id),
        "waitroom-not-found",
        f"No waiting room has been opened for {event_id!r}.",
    )


router = Router(
    path="/api/v1/waitroom",
    route_handlers=[open_waitroom, leave_waitroom, get_waitroom],
    dependencies={"context": Provide(provide_context)},
)
