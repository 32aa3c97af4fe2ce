"""Commands by the hundred: how workers, and other processes of the API, ask for decisions."""

import asyncio
from functools import reduce
from operator import or_
from typing import Annotated, Any

import msgspec
from litestar import Router, post
from litestar.params import JSONBody

from application.envelopes import VerdictMessage
from application.ports.commands import Envelope, Unavailable
from domain.categories import CATEGORIES
from domain.refusals import Refusal
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import BATCH_LIMIT_BYTES, Request
from interfaces.http.platform.problems import documented
from interfaces.http.platform.services import Services, services_of

MOST_COMMANDS = 1_000

AnyCommand: Any = reduce(or_, (kind for category in CATEGORIES for kind in category.deciders))
"""Every command there is, told apart by its member `command`."""


class CommandEnvelope(Envelope, frozen=True, kw_only=True):
    """A command to decide, and the id under which a repetition gets the first answer."""

    command: AnyCommand


@post(
    "/commands",
    status_code=200,
    guards=[only("service", "admin")],
    request_max_body_size=BATCH_LIMIT_BYTES,
    operation_id="executeCommands",
    summary="Have many commands decided",
    responses=documented(400, 403, 413, 415),
)
async def execute_commands(
    request: Request,
    data: JSONBody[Annotated[list[CommandEnvelope], msgspec.Meta(max_length=MOST_COMMANDS)]],
) -> list[VerdictMessage]:
    """Have up to 1,000 commands decided, those of one aggregate in the order given.

    There is a verdict for each, in the same order; one that is refused does not stop the others.
    """
    services, actor = services_of(request), request.user.user_id
    return await asyncio.gather(*(_decide(services, envelope, actor) for envelope in data))


async def _decide(services: Services, envelope: CommandEnvelope, actor: str) -> VerdictMessage:
    if envelope.metadata.actor is None:
        metadata = msgspec.structs.replace(envelope.metadata, actor=actor)
        envelope = msgspec.structs.replace(envelope, metadata=metadata)
    try:
        return VerdictMessage.of(await services.log.execute(envelope))
    except (Refusal, Unavailable) as error:
        return VerdictMessage.of(error)


router = Router(path="/api/v1", route_handlers=[execute_commands])
