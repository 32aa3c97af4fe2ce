"""Where somebody is signed in, and how they sign out there."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router

from application.ports.sign_ins import OfPeople, SeenSignIn, Way
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.freshness import found
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.routes import order, query
from interfaces.http.platform.services import services_of
from interfaces.http.platform.welcome import sign_in_of


class BrowserSession(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that somebody is signed in at."""

    id: str
    way: Way
    device: Annotated[str, msgspec.Meta(examples=["Firefox on Android"])]
    began_at: datetime
    seen_at: datetime
    """Give or take ten minutes."""
    expires_at: datetime
    current: bool
    """Whether it is the one that asks."""


KEPT = [name for name in BrowserSession.__struct_fields__ if name != "current"]
"""What is kept of one."""


class BrowserSessions(msgspec.Struct, frozen=True, kw_only=True):
    """Everywhere that somebody is signed in."""

    sessions: list[BrowserSession]


class EndedSessions(msgspec.Struct, frozen=True, kw_only=True):
    """How many sessions have ended."""

    ended: int


@query("/", "listMySessions", "Where I am signed in", 403)
async def list_my_sessions(request: Request) -> BrowserSessions:
    """List the browsers that the token's subject is signed in at, the one seen last first."""
    current = await _current(request)
    signed_in = await services_of(request).cookies.of_user(*_whose(request))
    return BrowserSessions(sessions=[_session(each, current) for each in signed_in])


@order("/{session_id:str}/end", "endMySession", "Sign out at one of my browsers", 403, 404)
async def end_my_session(request: Request, session_id: PathKey) -> EndedSessions:
    """Sign out at one browser; it may be the one that asks."""
    ended = await services_of(request).cookies.end_of(*_whose(request), only=session_id)
    found(ended or None, "sign-in-not-found", f"You have no session {session_id!r}.")
    return EndedSessions(ended=ended)


@order("/end-others", "endMyOtherSessions", "Sign out at all my other browsers", 403)
async def end_my_other_sessions(request: Request) -> EndedSessions:
    """Sign out everywhere but at the browser that asks; with a token, everywhere."""
    current = await _current(request)
    ended = await services_of(request).cookies.end_of(*_whose(request), but=current)
    return EndedSessions(ended=ended)


def _whose(request: Request) -> tuple[str, OfPeople]:
    """An operator and a player of one id are two people."""
    scope: OfPeople = "admin" if request.user.scope == "admin" else "player"
    return request.user.user_id, scope


async def _current(request: Request) -> str | None:
    known = await sign_in_of(request)
    return None if known is None else known.id


def _session(seen: SeenSignIn, current: str | None) -> BrowserSession:
    facts = {name: getattr(seen, name) for name in KEPT}
    return BrowserSession(**facts, current=seen.id == current)


router = Router(
    path="/api/v1/me/sessions",
    route_handlers=[list_my_sessions, end_my_session, end_my_other_sessions],
    guards=[only("player", "admin")],
)
