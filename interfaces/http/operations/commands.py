"""Commands by the hundred: how workers, and other processes of the API, ask for decisions."""

import asyncio
from functools import reduce
from operator import or_
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, post
from litestar.params import JSONBody

from application.orders import Outcome
from application.ports.commands import Unavailable
from domain.aggregate import Command
from domain.categories import CATEGORIES
from domain.events import Metadata
from domain.refusals import Refusal
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import BATCH_LIMIT
from interfaces.http.platform.problems import documented
from interfaces.http.platform.services import Services, services_of
from interfaces.tokens import Identity

AT_ONCE = 1_000

AnyCommand: Any = reduce(or_, (kind for category in CATEGORIES for kind in category.deciders))
"""Every command there is, told apart by its member `command`."""


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command to decide, and the id under which a repetition gets the first answer."""

    command_id: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    command: AnyCommand
    metadata: Metadata = Metadata()


@post(
    "/commands",
    status_code=200,
    guards=[only("service", "admin")],
    request_max_body_size=BATCH_LIMIT,
    operation_id="executeCommands",
    summary="Have many commands decided",
    responses=documented(400, 403, 413, 415),
)
async def execute_commands(
    request: Request[Identity, None, Any],
    data: JSONBody[Annotated[list[Order], msgspec.Meta(max_length=AT_ONCE)]],
) -> list[Outcome]:
    """Have up to 1,000 commands decided, those of one aggregate in the order given.

    There is an outcome for each, in the same order; one that is refused does not stop the others.
    """
    services, actor = services_of(request), request.user.user_id
    return await asyncio.gather(*(_outcome(services, order, actor) for order in data))


async def _outcome(services: Services, order: Order, actor: str) -> Outcome:
    command: Command = order.command
    metadata = order.metadata
    if metadata.actor is None:
        metadata = msgspec.structs.replace(metadata, actor=actor)
    try:
        return Outcome.of(
            await services.log.execute(command, command_id=order.command_id, metadata=metadata)
        )
    except (Refusal, Unavailable) as error:
        return Outcome.of(error)


router = Router(path="/api/v1", route_handlers=[execute_commands], tags=["Commands"])
