"""The page of a waiting room, for people who wait: join, watch the place, go to the shop, leave.

It works without scripts; with them, a socket tells what is new.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.params import QueryParameter

from application.waitroom.presence import Sightings
from domain.refusals import Refusal
from domain.waitroom.commands import JoinWaitroom, LeaveWaitroom, Place
from domain.waitroom.description import Appearance
from interfaces.http.platform.auth import OPEN_TO_PAGES
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import CommandContext, context_of, reply_of
from interfaces.http.platform.cookies import require_same_origin
from interfaces.http.platform.errors import problem_of
from interfaces.http.platform.freshness import caught_up
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.problems import Problem, forbidden
from interfaces.http.platform.services import services_of
from interfaces.http.waitroom import visitor_view
from interfaces.http.waitroom.socket import LIVE_PATH
from interfaces.http.waitroom.visitor_view import RoomInView, language_of, path_of
from interfaces.http.waitroom.visitors import KnownVisitor, Visitors, is_visitor
from interfaces.passes import Passes
from interfaces.tokens import Identity
from projections.waitroom import WAITROOM
from projections.waitroom.queue import QueuePlace

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
MOST_RETURN_CHARACTERS = 2_000
COLOURS_MAX_AGE_S = 60

Return = Annotated[
    str | None,
    QueryParameter(
        name="return",
        max_length=MOST_RETURN_CHARACTERS,
        description="Where the shop is: at an origin that the room allows.",
    ),
]
Answering = Callable[[], Awaitable[Response[Any]]]


class LiveTicket(msgspec.Struct, frozen=True, kw_only=True):
    """What opens the socket of a session, once, within seconds."""

    ticket: str


@get("/", opt=OPEN_TO_PAGES, include_in_schema=False)
async def show_room(request: Request, event_id: PathKey, back: Return = None) -> Response[Any]:
    """Show where the visitor stands."""

    async def answer() -> Response[Any]:
        seen = await _seen(request, event_id, back)
        if seen is None:
            return _html(visitor_view.sentence_page(_language(request), "nowhere", ""), 404)
        return _html(visitor_view.page(_language(request), seen, datetime.now(UTC)))

    return await _plainly(request, event_id, answer)


@post("/join", opt=OPEN_TO_PAGES, include_in_schema=False)
async def join_line(request: Request, event_id: PathKey, back: Return = None) -> Response[Any]:
    """Take a place in line, and show it."""

    async def answer() -> Response[Any]:
        headers = _from_page(request)
        visitor = await _visitor(request, event_id)
        command = JoinWaitroom(event_id=event_id, user_id=visitor.identity.user_id)
        context = context_of(visitor.identity, request.scope, headers, b"")
        command = msgspec.structs.replace(command, session_id=context.new_id())
        try:
            place = await _carry_out(request, context, command)
        except Refusal:  # the page says how things are by now
            return _back_to(event_id, back, visitor.cookie)
        kept = _visitors(request).place(event_id, place.session_id)
        return _back_to(event_id, back, kept, visitor.cookie)

    return await _plainly(request, event_id, answer)


@post("/leave", opt=OPEN_TO_PAGES, include_in_schema=False)
async def leave_line(request: Request, event_id: PathKey, back: Return = None) -> Response[Any]:
    """Give the place or the slot up, and show that."""

    async def answer() -> Response[Any]:
        headers = _from_page(request)
        identity, place = await _known_and_place(request, event_id)
        command = LeaveWaitroom(
            event_id=event_id, session_id=place.session_id, user_id=identity.user_id
        )
        context = context_of(identity, request.scope, headers, b"")
        await _carry_out(request, context, command)
        return _back_to(event_id, back)

    return await _plainly(request, event_id, answer)


@get("/go", opt=OPEN_TO_PAGES, include_in_schema=False)
async def go_to_shop(request: Request, event_id: PathKey, back: Return = None) -> Response[Any]:
    """Send an admitted visitor to the shop with a pass; anybody else back to the page."""

    async def answer() -> Response[Any]:
        seen = await _seen(request, event_id, back)
        place = seen.place if seen else None
        if seen is None or seen.shop is None or place is None or place.deadline is None:
            return _back_to(event_id, back)
        passes = services_of(request).part(Passes)
        signed, _ = passes.issue(place.user_id, event_id, place.session_id, place.deadline)
        return _redirect(_with_pass(seen.shop, signed))

    return await _plainly(request, event_id, answer)


@post("/ticket", opt=OPEN_TO_PAGES, include_in_schema=False, status_code=200)
async def ticket_of_visitor(request: Request, event_id: PathKey) -> LiveTicket:
    """Give the page's script what opens the socket of the visitor's session."""
    _from_page(request)
    identity, place = await _known_and_place(request, event_id)
    path = LIVE_PATH.replace("{session_id:str}", place.session_id)
    return LiveTicket(ticket=services_of(request).tickets.issue(identity, path))


@get("/colours.css", opt=OPEN_TO_PAGES, include_in_schema=False)
async def colours_of_room(request: Request, event_id: PathKey) -> Response[str]:
    """The colours of the room."""
    appearance = await services_of(request).queries(WAITROOM).appearance(event_id)
    return Response(
        visitor_view.colours(appearance or Appearance()),
        media_type="text/css",
        headers={"Cache-Control": f"public, max-age={COLOURS_MAX_AGE_S}"},
    )


async def _carry_out(
    request: Request, context: CommandContext, command: JoinWaitroom | LeaveWaitroom
) -> Place:
    """Have a command decided, and wait until the page shows what came of it."""
    answered = await services_of(request).log.execute(context.envelope(command))
    with suppress(Problem):  # it shows a moment later
        await caught_up(request, WAITROOM, str(answered.position))
    return reply_of(answered, Place)


async def _seen(request: Request, event_id: str, back: str | None) -> RoomInView | None:
    """The room as this visitor sees it, or None where there is no room."""
    queries = services_of(request).queries(WAITROOM)
    room, appearance = await queries.overview(event_id), await queries.appearance(event_id)
    if room is None or appearance is None:
        return None
    _, place = await _place(request, event_id) or (None, None)
    waits = place is not None and place.status == "waiting"
    minutes = await queries.minutes(event_id, visitor_view.PACE_MINUTES) if waits else None
    shop = _shop(back, appearance)
    signed_out = place is None and await _is_signed_out(request, event_id)
    pace = minutes.minutes if minutes else ()
    return RoomInView(room, appearance, place, shop, pace, signed_out)


async def _place(request: Request, event_id: str) -> tuple[Identity, QueuePlace] | None:
    """The session of this browser in this room, and in whose name it is.

    Who joined as a visitor and signs in then keeps the place.
    """
    place = await _remembered(request, event_id)
    if place is None:
        return None
    owners = [each for each in await _known(request) if each.user_id == place.user_id]
    if not owners:
        return None
    services_of(request).part(Sightings).note(event_id, place.session_id)
    return owners[0], place


async def _remembered(request: Request, event_id: str) -> QueuePlace | None:
    """The session in this room that the browser says is its own."""
    session_id = _visitors(request).session_in(dict(request.scope["headers"]), event_id)
    if session_id is None:
        return None
    place = await services_of(request).queries(WAITROOM).session(session_id)
    return place if place is not None and place.event_id == event_id else None


async def _is_signed_out(request: Request, event_id: str) -> bool:
    """Whether somebody took a place here who was signed in, and is no more."""
    place = await _remembered(request, event_id)
    if place is None or place.status not in ("waiting", "ready"):
        return False
    return not is_visitor(place.user_id)


async def _known_and_place(request: Request, event_id: str) -> tuple[Identity, QueuePlace]:
    found = await _place(request, event_id)
    if found is None:
        raise forbidden("not-in-line", "This browser has no place in this line; join it first.")
    return found


async def _known(request: Request) -> Sequence[Identity]:
    headers = dict(request.scope["headers"])
    return await _visitors(request).known(headers, services_of(request).cookies)


async def _visitor(request: Request, event_id: str) -> KnownVisitor:
    """In whose name this browser joins: made known if nobody knows them yet."""
    found = await _place(request, event_id)
    if found is not None and found[1].status in ("waiting", "ready"):
        return KnownVisitor(found[0])
    if known := await _known(request):
        return KnownVisitor(known[0])
    assert request.client is not None
    address = request.client.host
    trusted = services_of(request).addresses.trusts(address)
    return await _visitors(request).come(address, trusted=trusted)


def _visitors(request: Request) -> Visitors:
    return services_of(request).part(Visitors)


def _from_page(request: Request) -> dict[bytes, bytes]:
    """The headers of a request that a page of ours makes; raises `Problem` 403 for another's."""
    headers = dict(request.scope["headers"])
    require_same_origin(headers)
    return headers


def _shop(back: str | None, appearance: Appearance) -> str | None:
    """Where to send somebody: to what was asked for, if it is allowed, or to the shop's door."""
    allowed = appearance.return_origins
    if back is not None and back.isascii() and back.isprintable() and "\\" not in back:
        with suppress(ValueError):
            asked = urlsplit(back)
            if f"{asked.scheme}://{asked.netloc}" in allowed:
                return back
    return f"{allowed[0]}/" if allowed else None


def _with_pass(shop: str, signed: str) -> str:
    """The shop's address with a pass, and otherwise as it is: it may be signed."""
    address, _, fragment = shop.partition("#")
    path, _, query = address.partition("?")
    kept = [each for each in query.split("&") if each and not each.startswith("pass=")]
    return f"{path}?{'&'.join([*kept, f'pass={signed}'])}" + (f"#{fragment}" if fragment else "")


def _language(request: Request) -> str:
    return language_of(request.headers.get("accept-language", ""))


async def _plainly(request: Request, event_id: str, answer: Answering) -> Response[Any]:
    """Answer with a page, whatever happens: people read no problem details."""
    try:
        return await answer()
    except Refusal:
        return _back_to(event_id, None)
    except Exception as error:  # noqa: BLE001 - told on a page, and what nobody foresaw is logged
        problem = problem_of(error)
        page = visitor_view.sentence_page(
            _language(request), "problem", str(problem), path_of(event_id)
        )
        response = _html(page, problem.status)
        response.headers.update(problem.headers)
        return response


def _html(page: str, status: int = 200) -> Response[str]:
    headers = {
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "same-origin",  # or a form would not say where it comes from
        "Vary": "Accept-Language, Cookie",
    }
    return Response(page, status_code=status, media_type="text/html", headers=headers)


def _back_to(event_id: str, back: str | None, *cookies: Cookie | None) -> Response[None]:
    query = f"?{urlencode({'return': back})}" if back else ""
    response = _redirect(path_of(event_id) + query)
    for cookie in filter(None, cookies):
        response.set_cookie(cookie)
    return response


def _redirect(address: str) -> Response[None]:
    return Response(None, status_code=303, headers={"Location": address})


router = Router(
    path="/queue/{event_id:str}",
    route_handlers=[
        *(show_room, join_line, leave_line, go_to_shop),
        *(ticket_of_visitor, colours_of_room),
    ],
)
