"""Running waiting rooms: what an operator orders of one."""

from typing import Annotated

import msgspec
from litestar import Response, Router
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType

from domain.waitroom.absence import AbsentSeconds, RequirePresence
from domain.waitroom.commands import Capacity, CheckoutSeconds, RoomView
from domain.waitroom.description import Description
from domain.waitroom.orders import (
    ChangeWaitroom,
    CloseWaitroom,
    DescribeWaitroom,
    PauseWaitroom,
    ReopenWaitroom,
    ResumeWaitroom,
    Waiting,
)
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import CommandContext, carry_out, provide_context
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.routes import command
from interfaces.http.platform.services import services_of
from interfaces.http.waitroom.lists import OPERATORS
from interfaces.settings import Settings


class Changing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other terms for a room; what is left out stays."""

    capacity: Annotated[Capacity, msgspec.Meta(examples=[20])] | UnsetType = UNSET
    checkout_seconds: Annotated[CheckoutSeconds, msgspec.Meta(examples=[300])] | UnsetType = UNSET


class ClosingRoom(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of those who wait in a room that closes: they are served, or dismissed."""

    waiting: Annotated[Waiting, msgspec.Meta(examples=["serve"])]


class Attending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long a session may be missed, and whether the shop redeems passes."""

    absent_seconds: Annotated[AbsentSeconds, msgspec.Meta(examples=[60])] | None
    redeems: bool = False


@command("/change", "changeWaitroom", "Change a waiting room", 403, 404, 409)
async def change_waitroom(
    request: Request,
    event_id: PathKey,
    data: JSONBody[Changing],
    context: NamedDependency[CommandContext],
) -> Response[RoomView]:
    """Change capacity or time limit while the room runs; who was admitted keeps the deadline.

    A higher capacity admits people at once; a lower one takes nobody's slot.
    """
    order = ChangeWaitroom(
        event_id=event_id,
        capacity=data.capacity,
        checkout_seconds=data.checkout_seconds,
        by=request.user.user_id,
    )
    return await carry_out(request, context, order)


@command("/pause", "pauseWaitroom", "Pause admission", 403, 404, 409)
async def pause_waitroom(
    request: Request, event_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[RoomView]:
    """Admit nobody for now: people may join and keep their places, checkouts go on."""
    order = PauseWaitroom(event_id=event_id, by=request.user.user_id)
    return await carry_out(request, context, order)


@command("/resume", "resumeWaitroom", "Resume admission", 403, 404, 409)
async def resume_waitroom(
    request: Request, event_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[RoomView]:
    """Admit people again, as many as there are free slots at once."""
    order = ResumeWaitroom(event_id=event_id, by=request.user.user_id)
    return await carry_out(request, context, order)


@command("/close", "closeWaitroom", "Close a waiting room", 403, 404, 409)
async def close_waitroom(
    request: Request,
    event_id: PathKey,
    data: JSONBody[ClosingRoom],
    context: NamedDependency[CommandContext],
) -> Response[RoomView]:
    """Let nobody join any more; those who wait are served, or dismissed.

    Some time after its last session has ended (`GAMEHALL_ROOMS_KEPT_SECONDS`) the room is archived:
    it can be looked at in its history, and nothing happens in it any more.
    """
    order = CloseWaitroom(
        event_id=event_id,
        waiting=data.waiting,
        keep_seconds=services_of(request).part(Settings).rooms_kept_seconds,
        by=request.user.user_id,
    )
    return await carry_out(request, context, order)


@command("/reopen", "reopenWaitroom", "Reopen a waiting room", 403, 404, 409)
async def reopen_waitroom(
    request: Request, event_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[RoomView]:
    """Let people join a closed room again, unless it is archived."""
    order = ReopenWaitroom(event_id=event_id, by=request.user.user_id)
    return await carry_out(request, context, order)


@command("/describe", "describeWaitroom", "Describe a waiting room", 403, 404, 409)
async def describe_waitroom(
    request: Request,
    event_id: PathKey,
    data: JSONBody[Description],
    context: NamedDependency[CommandContext],
) -> Response[RoomView]:
    """Say how the room looks to visitors, in place of all that was said before."""
    order = DescribeWaitroom(event_id=event_id, description=data, by=request.user.user_id)
    return await carry_out(request, context, order)


@command("/presence", "requirePresence", "Let places be lost by absence", 403, 404, 409)
async def require_presence(
    request: Request,
    event_id: PathKey,
    data: JSONBody[Attending],
    context: NamedDependency[CommandContext],
) -> Response[RoomView]:
    """Let whom nobody sees lose the place: after being missed for a time, told, and missed again.

    Seen is who asks where the session stands, has its socket open, or gets a pass. With `redeems`,
    it also holds of who is admitted and does not come to the shop: of a pass that is not redeemed.
    With null for the time, places are lost by nothing but leaving, as in a new room.
    """
    order = RequirePresence(
        event_id=event_id,
        absent_seconds=data.absent_seconds,
        redeems=data.redeems,
        by=request.user.user_id,
    )
    return await carry_out(request, context, order)


router = Router(
    path="/api/v1/waitroom/{event_id:str}",
    route_handlers=[
        *(change_waitroom, pause_waitroom, resume_waitroom),
        *(close_waitroom, reopen_waitroom, describe_waitroom),
        require_presence,
    ],
    dependencies={"context": Provide(provide_context)},
    guards=OPERATORS,
)
