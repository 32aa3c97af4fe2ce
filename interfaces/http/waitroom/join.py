"""Joining a waiting room: the one address that a whole city asks in the same second.

An ASGI function instead of a handler of Litestar's: half the processor time of one for this
work, because request, dependencies, guards and response objects are left out. What is left out
is done here by hand (method, content type, size, shape) and documented by `join_documented`.
"""

from typing import Annotated

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from litestar.types import HTTPScope, Receive, Send

from domain.keys import Key, NewKey
from domain.personal import PersonalText
from domain.waitroom.commands import JoinWaitroom, Place, Priority
from interfaces.http.platform.auth import acting_as, with_priority
from interfaces.http.platform.bodies import (
    Request,
    decode,
    decoder_of,
    headers_of,
    read,
    require_json,
)
from interfaces.http.platform.command_context import (
    POSITION_HEADER,
    CommandContext,
    context_of,
    provide_context,
)
from interfaces.http.platform.problems import documented
from interfaces.http.platform.responses import JSON_BODY, respond
from interfaces.http.platform.services import services_in

PATH = "/api/v1/waitroom/join"
CREATED, FOUND = 201, 200


class Joining(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who joins what; a `priority` above 0 has to be granted by the token.

    `display_name` is kept so that it can be erased, and is shown with the session.
    """

    user_id: Annotated[NewKey, msgspec.Meta(examples=["user-123"])]
    event_id: Annotated[Key, msgspec.Meta(examples=["concert-2026"])]
    priority: Annotated[Priority, msgspec.Meta(examples=[0])] = 0
    display_name: Annotated[PersonalText, msgspec.Meta(examples=["Ada"])] | None = None


DECODER = decoder_of(Joining)
ENCODER = msgspec.json.Encoder()


async def join(scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Join; raises `Problem`, `Refusal` and `Unavailable`, which `edge` turns to responses."""
    headers = headers_of(scope)
    require_json(headers)
    body = await read(receive, headers)
    services, asked = services_in(scope), decode(body, DECODER)
    context = context_of(scope["user"], scope, headers, body)
    command = joining(scope, asked, context)
    if asked.display_name is not None:
        name = await services.seals.seal(command.user_id, asked.display_name)
        command = msgspec.structs.replace(command, display_name=name)
    answer = await services.log.execute(context.envelope(command))
    body = ENCODER.encode(answer.reply)
    # The session was made for this request, or it is the one that there was.
    status = CREATED if command.session_id.encode() in body else FOUND
    await respond(send, status, [JSON_BODY, (b"position", str(answer.position).encode())], body)


def joining(scope: HTTPScope, asked: Joining, context: CommandContext) -> JoinWaitroom:
    """The command of a request, but for a name, which has to be sealed.

    Raises `Problem` 403 for what its token does not grant.
    """
    identity = scope["user"]
    return JoinWaitroom(
        event_id=asked.event_id,
        user_id=acting_as(identity, asked.user_id),
        session_id=context.new_id(),
        priority=with_priority(identity, asked.priority),
    )


@post(
    PATH,
    operation_id="joinWaitroom",
    summary="Join a waiting room",
    response_headers=[POSITION_HEADER],
    responses=documented(400, 403, 404, 409, 413, 415, 422)
    | {FOUND: ResponseSpec(Place, description="The live session that the user has already")},
    dependencies={"context": Provide(provide_context)},
)
async def join_documented(
    request: Request, data: JSONBody[Joining], context: NamedDependency[CommandContext]
) -> Response[Place]:
    """Take a place in line; a free slot is given at once (`ready`, with a deadline).

    Who has a live session in this room gets that one back at its current place. Higher
    priorities go first; within a priority, the order of the log counts.
    """
    raise NotImplementedError("documents `join`, and is never served")
