"""Sessions in the hands of shops and operators: how a checkout ended, and what is ordered of one.

The room is looked up in the read model, unless whoever asks names it.
"""

from typing import Annotated

import msgspec
from litestar import Response, Router
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from domain.waitroom.commands import (
    CompleteCheckout,
    ExpireCheckout,
    FailCheckout,
    FailureReason,
    Place,
)
from domain.waitroom.orders import AdmitSession, ExtendCheckout, ExtensionSeconds, RemoveSession
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import CommandContext, carry_out, provide_context
from interfaces.http.platform.parameters import PathKey, key_of
from interfaces.http.platform.routes import command
from interfaces.http.waitroom.lists import OPERATORS
from interfaces.http.waitroom.routes import own_session

InRoom = Annotated[str | None, key_of("The room, if it is known: it need not be looked up then.")]


class Failing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a purchase failed."""

    reason: Annotated[FailureReason, msgspec.Meta(examples=["The card was refused."])] = ""


class Extending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much longer a checkout may take."""

    seconds: Annotated[ExtensionSeconds, msgspec.Meta(examples=[120])]


async def provide_room(request: Request, session_id: PathKey, event_id: InRoom = None) -> str:
    """The room of a session; raises `Problem` 404 where it is not known."""
    if event_id is not None:
        return event_id
    return (await own_session(request, session_id, None)).event_id


@command("/completed", "completeCheckout", "Report a purchase", 403, 404, 409)
async def completed(
    request: Request,
    session_id: PathKey,
    context: NamedDependency[CommandContext],
    room: NamedDependency[str],
) -> Response[Place]:
    """Report a purchase; again changes nothing.

    A checkout that has expired counts as a purchase all the same, up to 15 minutes after its
    deadline. One that has ended in another way is refused with `checkout-over`, a session that
    waits still with `not-admitted`.
    """
    return await carry_out(request, context, CompleteCheckout(event_id=room, session_id=session_id))


@command("/failed", "failCheckout", "Report a purchase that failed", 403, 404, 409)
async def failed(
    request: Request,
    session_id: PathKey,
    data: JSONBody[Failing],
    context: NamedDependency[CommandContext],
    room: NamedDependency[str],
) -> Response[Place]:
    """Report that a purchase failed, which frees the slot; again changes nothing."""
    failure = FailCheckout(event_id=room, session_id=session_id, reason=data.reason)
    return await carry_out(request, context, failure)


@command("/expired", "expireCheckout", "Give a checkout up", 403, 404, 409)
async def expired(
    request: Request,
    session_id: PathKey,
    context: NamedDependency[CommandContext],
    room: NamedDependency[str],
) -> Response[Place]:
    """Report that the shop gave a checkout up, which frees the slot; again changes nothing."""
    return await carry_out(request, context, ExpireCheckout(event_id=room, session_id=session_id))


@command("/extend", "extendCheckout", "Extend a checkout", 403, 404, 409)
async def extend(
    request: Request,
    session_id: PathKey,
    data: JSONBody[Extending],
    context: NamedDependency[CommandContext],
    room: NamedDependency[str],
) -> Response[Place]:
    """Give a checkout more time than it has, up to a day from now."""
    order = ExtendCheckout(
        event_id=room, session_id=session_id, seconds=data.seconds, by=request.user.user_id
    )
    return await carry_out(request, context, order)


@command("/remove", "removeSession", "Remove a session", 403, 404, 409)
async def remove(
    request: Request,
    session_id: PathKey,
    context: NamedDependency[CommandContext],
    room: NamedDependency[str],
) -> Response[Place]:
    """Take away somebody's place in line or slot; again changes nothing."""
    order = RemoveSession(event_id=room, session_id=session_id, by=request.user.user_id)
    return await carry_out(request, context, order)


@command("/admit", "admitSession", "Admit a session by hand", 403, 404, 409)
async def admit(
    request: Request,
    session_id: PathKey,
    context: NamedDependency[CommandContext],
    room: NamedDependency[str],
) -> Response[Place]:
    """Admit somebody who waits: ahead of the line, beyond the capacity, and in a pause too."""
    order = AdmitSession(event_id=room, session_id=session_id, by=request.user.user_id)
    return await carry_out(request, context, order)


router = Router(
    path="/api/v1/waitroom/sessions/{session_id:str}",
    route_handlers=[completed, failed, expired, extend, remove, admit],
    dependencies={"context": Provide(provide_context), "room": Provide(provide_room)},
    guards=OPERATORS,
)
