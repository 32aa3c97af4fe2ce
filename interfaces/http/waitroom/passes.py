"""Passes: given to who was let in, verified by the shop alone, and redeemed here once."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from application.waitroom.presence import Sightings
from domain.waitroom.commands import Place, RedeemPass
from domain.waitroom.refusals import CheckoutOver, NotAdmitted
from interfaces.http.platform.auth import OPEN
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import CommandContext, carry_out, provide_context
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.problems import Problem, documented
from interfaces.http.platform.routes import command, query
from interfaces.http.platform.services import services_of
from interfaces.http.waitroom.lists import OPERATORS, AfterWaitroom
from interfaces.http.waitroom.routes import own_session
from interfaces.pass_keys import PUBLIC_MAX_AGE_S
from interfaces.passes import MOST_PASS_CHARACTERS, Passes, PassRefused

KEYS_PATH = "/.well-known/jwks.json"


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """What a session's user shows at the shop, and until when it is good."""

    signed: str = msgspec.field(name="pass")
    expires_at: datetime


class Redeeming(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pass that somebody has shown."""

    signed: Annotated[str, msgspec.Meta(max_length=MOST_PASS_CHARACTERS)] = msgspec.field(
        name="pass"
    )


class KeySet(msgspec.Struct, frozen=True, kw_only=True):
    """Public keys, each as RFC 7517 writes it; a pass names its own by `kid`."""

    keys: list[dict[str, str]]


@query("/sessions/{session_id:str}/pass", "getPass", "A pass for the shop", 403, 404, 409)
async def get_pass(request: Request, session_id: PathKey, read_after: AfterWaitroom = None) -> Pass:
    """Sign a pass for a session that may check out, until its deadline; a player only its own."""
    place = await own_session(request, session_id, read_after)
    services_of(request).part(Sightings).note(place.event_id, session_id)
    if place.status == "waiting":
        raise NotAdmitted(f"Session {session_id!r} still waits in line.")
    if place.deadline is None:
        raise CheckoutOver(f"Session {session_id!r} is over: {place.status}.")
    passes = services_of(request).part(Passes)
    signed, expires = passes.issue(place.user_id, place.event_id, place.session_id, place.deadline)
    return Pass(signed=signed, expires_at=expires)


@command(
    "/passes/redeem",
    "redeemPass",
    "Let somebody in for a pass",
    403,
    404,
    409,
    422,
    guards=OPERATORS,
)
async def redeem_pass(
    request: Request, data: JSONBody[Redeeming], context: NamedDependency[CommandContext]
) -> Response[Place]:
    """Take a pass, once: the second time it is refused.

    Who cannot be sure of the first answer repeats the request with its `Idempotency-Key`.
    """
    try:
        claims = services_of(request).part(Passes).verify(data.signed)
    except PassRefused as refused:
        raise Problem(422, "pass-refused", str(refused)) from None
    command = RedeemPass(event_id=claims.room, session_id=claims.session)
    return await carry_out(request, context, command)


@get(
    KEYS_PATH,
    opt=OPEN,
    operation_id="getPassKeys",
    summary="The keys that sign passes",
    responses=documented(400),
)
async def get_pass_keys(request: Request) -> Response[KeySet]:
    """Give the public keys, for whoever verifies passes; to be kept for five minutes at most."""
    keys = services_of(request).part(Passes).keys.published()
    return Response(
        KeySet(keys=[key.public for key in keys]),
        headers={"Cache-Control": f"public, max-age={PUBLIC_MAX_AGE_S}"},
    )


router = Router(
    path="/api/v1/waitroom",
    route_handlers=[get_pass, redeem_pass],
    dependencies={"context": Provide(provide_context)},
)
