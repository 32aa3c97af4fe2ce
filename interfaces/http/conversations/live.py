"""A conversation as it goes on, over server-sent events."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qs

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter
from litestar.types import HTTPScope, Receive, Send

from application.conversations.others import Others
from domain.conversations.names import ID_PATTERN, ConversationId
from interfaces.http.conversations.following import ConversationTeller
from interfaces.http.platform.auth import only, require_scope
from interfaces.http.platform.bodies import Request, headers_of
from interfaces.http.platform.lasting import until_over
from interfaces.http.platform.problems import documented, invalid
from interfaces.http.platform.resume import cursor_in, resumed
from interfaces.http.platform.services import Services, services_in
from interfaces.http.platform.socket_limits import SocketLimits
from interfaces.http.platform.streams import MEDIA_TYPE, EventStream
from interfaces.tokens import Identity
from projections.conversations import CONVERSATIONS

EVENTS_PATH = "/api/v1/conversations/events"
PARAMETER = "conversation_id"
LEFT = "you are in this conversation no more"


class ConversationLimits(SocketLimits):
    """Counts streams of conversations apart from others."""


async def follow_conversation(scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Answer with a stream of one of one's conversations."""
    headers, identity = headers_of(scope, "GET"), scope["user"]
    require_scope(identity, "player")
    teller = _teller_of(services_in(scope), identity, scope["query_string"])
    await _follow(scope, teller, headers, EventStream("conversation-events", receive, send))


async def _follow(
    scope: HTTPScope,
    teller: ConversationTeller,
    headers: Mapping[bytes, bytes],
    stream: EventStream,
) -> None:
    identity, services = scope["user"], services_in(scope)
    cursor = cursor_in(headers, scope["query_string"])
    with services.part(ConversationLimits).counted(identity.user_id, "conversations"):
        over = asyncio.ensure_future(_until_over(services, identity, teller))
        try:
            async with resumed(services.feed, teller, cursor) as pieces:
                with services.listening.heard([identity.user_id], stream.hear):
                    await stream.run(pieces, over, services.closing)
        finally:
            over.cancel()
            await asyncio.gather(over, return_exceptions=True)


async def _until_over(services: Services, identity: Identity, teller: ConversationTeller) -> str:
    """Wait until the sign-in has ended, or its person has left; which one, in words."""
    signed_out = asyncio.ensure_future(until_over(services.cookies, identity))
    left = asyncio.ensure_future(teller.left.wait())
    try:
        await asyncio.wait({signed_out, left}, return_when=asyncio.FIRST_COMPLETED)
        return signed_out.result() if signed_out.done() else LEFT
    finally:
        for each in (signed_out, left):
            each.cancel()
        await asyncio.gather(signed_out, left, return_exceptions=True)


def _teller_of(services: Services, identity: Identity, query: bytes) -> ConversationTeller:
    """The conversation that is asked for; raises `Problem` 400 for what is none's id."""
    asked = parse_qs(query.decode("latin-1")).get(PARAMETER, [""])[0]
    try:
        conversation_id = msgspec.convert(asked, ConversationId)
    except msgspec.ValidationError as error:
        raise invalid(400, "invalid-request", f"query.{PARAMETER}", str(error)) from None
    return ConversationTeller(
        services.log,
        services.queries(CONVERSATIONS),
        services.part(Others),
        services.seals,
        identity.user_id,
        conversation_id,
    )


@get(
    EVENTS_PATH,
    guards=[only("player")],
    operation_id="followConversation",
    summary="Follow a conversation",
    responses={
        **documented(400, 403, 404, 422, 429),
        200: ResponseSpec(
            data_container=str,
            description="Events as long as they are read.",
            media_type=MEDIA_TYPE,
            generate_examples=False,
        ),
    },
)
async def follow_documented(
    request: Request,
    conversation_id: Annotated[
        str,
        QueryParameter(description="The conversation.", pattern=ID_PATTERN),
    ],
    last_event_id: Annotated[
        str | None,
        HeaderParameter(
            name="Last-Event-ID",
            description="The number of the last message that was seen: all that came after it are "
            "told first, each once, however long ago that was.",
            schema_extra={"pattern": "^[0-9]{1,16}$"},
        ),
    ] = None,
    last_event_id_query: Annotated[
        str | None,
        QueryParameter(
            name="last_event_id",
            description="The same, for who cannot send the header, which counts where both are.",
            schema_extra={"pattern": "^[0-9]{1,16}$"},
        ),
    ] = None,
) -> Response[Any]:
    """Follow a conversation as server-sent events: `state`, then each `message`, its number as id.

    `hidden` stands for a number that is not for you. `edited`, `deleted`, `reacted` and
    `reaction-taken` tell what becomes of messages, `state` who is in it and how far you have read,
    and `over` that you have left, or the sign-in has ended. Between two a block holds at once; in
    groups, whom you block meanwhile is hidden from the next time on that you follow it.
    """
    raise NotImplementedError("It describes `follow_conversation`, which is served.")
