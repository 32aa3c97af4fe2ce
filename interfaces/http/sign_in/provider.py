"""Signing in by an identity provider: there, and back again."""

import re
import secrets
from hashlib import blake2b
from hmac import compare_digest
from typing import Annotated, Never

import structlog
from litestar import Response, get
from litestar.params import QueryParameter

from application.ports.identity import Attempt, IdentityProvider, ProviderRefused
from application.ports.sign_ins import SignIn
from domain.accounts.names import GUEST_MARK
from domain.refusals import Refusal
from interfaces.http.platform.auth import OPEN_TO_PAGES
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.cookies import cookie_in
from interfaces.http.platform.problems import Problem
from interfaces.http.platform.services import services_of
from interfaces.http.platform.welcome import admit, device_in, let_in

ATTEMPT_LIFETIME_S = 600
"""Seconds that somebody may take at the provider, with their password to be found."""

CALLBACK_PATH = "/api/v1/sign-in/callback"
PAGE, PLAY = "/sign-in", "/play"

own_path = re.compile(r"/(?!/)[\w\-./?=&%~]{0,200}", re.ASCII).fullmatch
"""An address of this hall, which no browser reads as one elsewhere."""

MOST_TEXT_CHARACTERS = 4_000


def _told(name: str) -> QueryParameter:
    return QueryParameter(name=name, max_length=MOST_TEXT_CHARACTERS)


logger = structlog.get_logger(__name__)


class Provider:
    """The identity provider of the hall, if it has one."""

    def __init__(self, known: IdentityProvider | None) -> None:
        self.known = known

    @property
    def name(self) -> str | None:
        """What people call it."""
        return None if self.known is None else self.known.name

    def require(self) -> IdentityProvider:
        """The provider; raises `Problem` 404."""
        if self.known is None:
            raise Problem(
                404,
                "no-provider",
                "This hall has no identity provider; GAMEHALL_OIDC_ISSUER sets one.",
            )
        return self.known


@get("/sign-in/provider", opt=OPEN_TO_PAGES, include_in_schema=False)
async def go_to_provider(
    request: Request, back: Annotated[str, QueryParameter(name="return")] = PLAY
) -> Response[None]:
    """Send a browser to the identity provider, with something that only this browser has.

    Pages of others may not: whoever is signed in there would be, here, for whom they please.
    """
    provider = services_of(request).part(Provider).require()
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        another = ProviderRefused("A page of another address sends this browser to the provider.")
        return _not_signed_in("refused", another)
    secret = secrets.token_urlsafe(32)
    try:
        address = await provider.address(attempt_of(secret))
    except ProviderRefused as refused:
        return _not_signed_in("away", refused)
    kept = secret + (back if own_path(back) else PLAY)
    cookie = services_of(request).cookies.aside(kept, ATTEMPT_LIFETIME_S)
    return _to(address, cookie)


@get("/sign-in/callback", opt=OPEN_TO_PAGES, include_in_schema=False)
async def come_from_provider(
    request: Request,
    # `state` is a name that Litestar keeps for itself.
    whose: Annotated[str, _told("state")] = "",
    code: Annotated[str, _told("code")] = "",
    iss: Annotated[str, _told("iss")] = "",
) -> Response[None]:
    """Sign in whoever comes back from the identity provider, at the browser that went there."""
    provider = services_of(request).part(Provider).require()
    kept = cookie_in(dict(request.scope["headers"]), services_of(request).cookies.aside_name)
    secret, _, back = (kept or "").partition("/")
    try:
        attempt = _attempt(secret, whose)
    except ProviderRefused as refused:
        return _not_signed_in("refused", refused)
    await admit(request)  # what pages of others have it load is no try
    try:
        if iss not in ("", provider.issuer):
            _refuse("Another provider sends this browser back.")
        begun = await _begin(request, provider, attempt, code)
    except ProviderRefused as refused:
        return _without_aside(request, _not_signed_in("refused", refused))
    try:
        cookie = await let_in(request, begun)
    except Refusal as refusal:
        disabled = _not_signed_in("disabled", ProviderRefused(str(refusal)))
        return _without_aside(request, disabled)
    to = f"/{back}"
    return _without_aside(request, _to(to if own_path(to) else PLAY, cookie))


def _attempt(secret: str, state: str) -> Attempt:
    """The attempt of this browser that this state is of; raises `ProviderRefused`."""
    attempt = attempt_of(secret)
    if not secret or not compare_digest(attempt.state.encode(), state.encode()):
        _refuse("Another browser went to the provider, or too long ago.")
    return attempt


async def _begin(
    request: Request, provider: IdentityProvider, attempt: Attempt, code: str
) -> tuple[SignIn, str]:
    """Sign in whom the provider knows by a code; raises `ProviderRefused`."""
    if not code:
        _refuse("The provider has signed nobody in.")
    visitor = await provider.visitor(attempt, code)
    begun = await services_of(request).cookies.begin(
        id_of(provider.issuer, visitor.subject),
        visitor.name,
        "player",
        "provider",
        f"provider:{attempt.state}",
        device_in(request),
    )
    return begun or _refuse("Somebody has come back with this address before.")


def _refuse(why: str) -> Never:
    raise ProviderRefused(why)


def attempt_of(secret: str) -> Attempt:
    """What belongs to the attempt of a browser; nobody learns one of them from another."""
    state, nonce, verifier = (
        blake2b(secret.encode(), digest_size=32, person=use).hexdigest()
        for use in (b"state", b"nonce", b"verifier")
    )
    return Attempt(state, nonce, verifier)


def id_of(issuer: str, subject: str) -> str:
    """The user that somebody is, whatever they are called: names change, and belong to many."""
    digest = blake2b(f"{issuer}\n{subject}".encode(), digest_size=10).hexdigest()
    return f"player{GUEST_MARK}{digest}"


def _to(address: str, cookie: str) -> Response[None]:
    return Response(None, status_code=303, headers={"Location": address, "Set-Cookie": cookie})


def _without_aside(request: Request, answer: Response[None]) -> Response[None]:
    """The attempt is over, and the browser keeps nothing of it."""
    cookies = services_of(request).cookies
    answer.set_cookie(cookies.aside_name, max_age=0, httponly=True, secure=cookies.secure)
    return answer


def _not_signed_in(why: str, refused: ProviderRefused) -> Response[None]:
    # What the provider said is for who runs the hall; the page tells people what to do.
    logger.warning("nobody was signed in by the identity provider", reason=str(refused))
    return Response(None, status_code=303, headers={"Location": f"{PAGE}#problem={why}"})
