"""A feed as it goes on: over server-sent events, and over a socket."""

import asyncio
from typing import Annotated, Any

from litestar import Response, WebSocket, get, websocket
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter
from litestar.types import HTTPScope, Receive, Send

from interfaces.http.feed.following import FeedTeller
from interfaces.http.platform.auth import only, require_scope
from interfaces.http.platform.bodies import Request, decode, decoder_of, headers_of
from interfaces.http.platform.channel import (
    INVALID,
    NOT_YOURS,
    Channel,
    Close,
    Message,
    accepted,
    closing,
)
from interfaces.http.platform.lasting import until_over
from interfaces.http.platform.problems import Problem, documented
from interfaces.http.platform.resume import cursor_in, resumed
from interfaces.http.platform.services import Services, services_in, services_of
from interfaces.http.platform.socket_limits import SocketLimits
from interfaces.http.platform.streams import MEDIA_TYPE, EventStream
from interfaces.tokens import Identity
from projections.feed import FEED_ENTRIES

EVENTS_PATH = "/api/v1/me/feed/events"
LIVE_PATH = "/api/v1/me/feed/live"

CLIENT_ERRORS = range(400, 500)


class FeedLimits(SocketLimits):
    """Counts streams and sockets of feeds apart from others: every page that is open has one."""


async def follow_feed(scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Answer with a stream of one's own feed."""
    headers, identity = headers_of(scope, "GET"), scope["user"]
    require_scope(identity, "player")
    cursor = cursor_in(headers, scope["query_string"])
    services = services_in(scope)
    with services.part(FeedLimits).counted(identity.user_id, "a feed"):
        teller = teller_of(services, identity)
        over = asyncio.ensure_future(until_over(services.cookies, identity))
        try:
            stream = EventStream("feed-events", receive, send)
            async with resumed(services.feed, teller, cursor) as pieces:
                with services.listening.heard([identity.user_id], stream.hear):
                    await stream.run(pieces, over, services.closing)
        finally:
            over.cancel()
            await asyncio.gather(over, return_exceptions=True)


def teller_of(services: Services, identity: Identity) -> FeedTeller:
    """The feed of who asks."""
    return FeedTeller(services.log, services.queries(FEED_ENTRIES), identity.user_id)


@get(
    EVENTS_PATH,
    guards=[only("player")],
    operation_id="followMyFeed",
    summary="Follow my feed",
    responses={
        **documented(400, 403, 422, 429),
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
    last_event_id: Annotated[
        str | None,
        HeaderParameter(
            name="Last-Event-ID",
            description="The number of the last entry that was seen: all that came after it are "
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
    """Follow one's feed as server-sent events: `state`, then each `entry` with its number as id.

    `state` tells how much is unread, first and whenever that changes; `seen`, `read` and
    `archived` what was done at another device, `told` what is for who is there at this moment, and
    `over` that the sign-in has ended. Without Last-Event-ID it begins with what comes from now on.
    """
    raise NotImplementedError("It describes `follow_feed`, which is served.")


@websocket(LIVE_PATH)
async def watch_feed(socket: WebSocket[Identity, Any, Any]) -> None:
    """Serve a feed to its person."""
    services = services_of(socket)
    async with accepted(socket, "feed", services.part(FeedLimits)) as channel:
        if channel is None:
            return
        try:
            cursor = _cursor_of(socket)
        except Close as close:
            await socket.close(close.code, str(close))
            return
        await channel.run(_pongs(channel), _told(channel, services, socket.user, cursor))


def _cursor_of(socket: WebSocket[Identity, Any, Any]) -> int | None:
    if socket.user.scope != "player":
        raise Close(NOT_YOURS, "a feed is for people; this token is of another scope")
    try:
        return cursor_in(dict(socket.scope["headers"]), socket.scope["query_string"])
    except Problem as problem:
        raise Close(INVALID, str(problem)) from None


def _pongs(channel: Channel) -> Any:
    async def receive(raw: bytes) -> None:
        """Answer a ping; there is nothing else to say here."""
        try:
            message: Message = decode(raw, decoder_of(Message))
        except Exception as error:  # noqa: BLE001 - told to the client
            channel.push_error(error)
            return
        if message.type == "ping":
            channel.push("pong")

    return receive


async def _told(
    channel: Channel, services: Services, identity: Identity, cursor: int | None
) -> None:
    teller = teller_of(services, identity)
    try:
        async with resumed(services.feed, teller, cursor) as pieces:
            async for piece in pieces:
                await channel.tell(piece.type, piece.payload)
    except Problem as problem:
        if problem.status in CLIENT_ERRORS:
            raise Close(INVALID, str(problem)) from None
        raise closing(problem) from None
