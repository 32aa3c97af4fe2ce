"""Who is signed in at a browser, and how that comes and goes."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.params import JSONBody

from application.accounts.by_mail import MailSignIns
from interfaces.http.platform.auth import OPEN_TO_PAGES
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.cookies import require_same_origin
from interfaces.http.platform.problems import Problem, documented, forbidden
from interfaces.http.platform.services import services_of
from interfaces.http.platform.welcome import Me, admit_from_page, device_in, me_of, welcome
from interfaces.http.sign_in.guests import MOST_NAME_CHARACTERS, Guests
from interfaces.http.sign_in.provider import Provider, come_from_provider, go_to_provider
from interfaces.tokens import LINK_AUDIENCE, TokenRefused


class Entrance(msgspec.Struct, frozen=True, kw_only=True):
    """How one can sign in, and who is signed in already."""

    guests: bool
    provider: str | None
    """What the identity provider is called, if there is one."""
    mail: bool
    me: Me | None


class GuestName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a guest wants to be called."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_NAME_CHARACTERS)]


class LinkCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in a link behind `#link=`."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]


@get("/me", operation_id="getMe", summary="Who am I?", responses=documented(400))
async def get_me(request: Request) -> Me:
    """Tell whom the token, or the browser's cookie, speaks for."""
    if "authorization" not in request.headers and (known := await _signed_in(request)):
        return known
    identity = request.user
    return Me(
        user_id=identity.user_id,
        name=identity.user_id,
        scope=identity.scope,
        expires_at=datetime.fromtimestamp(identity.expires, UTC),
    )


@get("/sign-in", opt=OPEN_TO_PAGES, include_in_schema=False)
async def get_entrance(request: Request) -> Entrance:
    """Tell how one can sign in, and who is signed in at this browser."""
    return Entrance(
        guests=_guests(request).allowed,
        provider=services_of(request).part(Provider).name,
        mail=MailSignIns in services_of(request).parts,
        me=await _signed_in(request),
    )


@post("/sign-in/guest", opt=OPEN_TO_PAGES, include_in_schema=False, status_code=201)
async def sign_in_guest(request: Request, data: JSONBody[GuestName]) -> Response[Me]:
    """Sign in as a guest, whom nobody else is taken for."""
    await admit_from_page(request)
    user_id = _guests(request).user_id(data.name)
    begun = await services_of(request).cookies.begin(
        user_id, data.name, "player", "guest", device=device_in(request)
    )
    assert begun is not None
    return await welcome(request, begun)


@post("/sign-in/link", opt=OPEN_TO_PAGES, include_in_schema=False, status_code=201)
async def sign_in_by_link(request: Request, data: JSONBody[LinkCode]) -> Response[Me]:
    """Sign in an operator, by a link of `gamehall up` or `gamehall console`, once."""
    await admit_from_page(request)
    services = services_of(request)
    try:
        identity, link = services.tokens.holder(data.code, LINK_AUDIENCE)
    except TokenRefused:
        raise _no_link("The link has expired, or is none of this hall") from None
    user_id = identity.user_id
    begun = await services.cookies.begin(
        user_id, user_id, "admin", "link", f"link:{link}", device_in(request)
    )
    if begun is None:
        raise _no_link("Somebody has signed in with this link already")
    return await welcome(request, begun)


@post("/sign-out", opt=OPEN_TO_PAGES, include_in_schema=False, status_code=204)
async def sign_out(request: Request) -> Response[None]:
    """Sign out at this browser; who is not signed in stays so."""
    headers = dict(request.scope["headers"])
    require_same_origin(headers)
    over = await services_of(request).cookies.end(headers)
    return Response(None, status_code=204, headers={"Set-Cookie": over})


def _guests(request: Request) -> Guests:
    return services_of(request).part(Guests)


async def _signed_in(request: Request) -> Me | None:
    found = await services_of(request).cookies.sign_in(dict(request.scope["headers"]))
    return None if found is None else me_of(found)


def _no_link(why: str) -> Problem:
    return forbidden("link-not-good", f"{why}; `gamehall console` prints a new one.")


router = Router(
    path="/api/v1",
    route_handlers=[
        get_me,
        get_entrance,
        sign_in_guest,
        sign_in_by_link,
        go_to_provider,
        come_from_provider,
        sign_out,
    ],
)
