"""Who asks, and whether they may."""

from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import Guard

from interfaces.http.platform.problems import Problem, forbidden
from interfaces.tokens import Identity, Scope, TokenRefused, Tokens

BEARER = b"bearer "
TRUSTED: frozenset[Scope] = frozenset({"service", "admin"})

COMMANDS_PATH = "/api/v1/commands"
"""Where processes are heard, and nowhere else: their commands bring ids of their own."""

OPEN = {"open": True}
"""The `opt` of a handler that asks for no token. Every other address does, pages left aside."""

OPEN_TO_PAGES = {**OPEN, "for_pages": True}
"""The same, of a handler that only our own pages ask, and nobody has to be told of."""


def open_handlers(app: Litestar) -> dict[str, HTTPRouteHandler]:
    """The handlers that are declared `OPEN`, by their addresses."""
    return {
        route.path: handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler) and handler.opt.get("open")
    }


def unauthenticated(detail: str, error: str = "") -> Problem:
    """There is no token, or not one of ours."""
    challenge = 'Bearer realm="gamehall"' + (f', error="{error}"' if error else "")
    return Problem(401, "unauthenticated", detail, headers={"WWW-Authenticate": challenge})


def bearer(tokens: Tokens, authorization: bytes | None) -> Identity:
    """Tell who an `Authorization` header speaks for; raises `Problem` 401."""
    if authorization is None:
        raise unauthenticated("This address needs a token: Authorization: Bearer <token>.")
    if authorization[:7].lower() != BEARER:
        raise unauthenticated("The Authorization header has to be: Bearer <token>.")
    try:
        return tokens.verify(authorization[7:].strip().decode("latin-1"))
    except TokenRefused as refused:
        raise unauthenticated(str(refused), "invalid_token") from None


def heard(identity: Identity, path: str) -> Identity:
    """Let a process in where processes are heard; raises `Problem` 403 elsewhere."""
    if identity.scope == "process" and path != COMMANDS_PATH:
        raise forbidden(
            "wrong-scope", f"A token of scope process is good for {COMMANDS_PATH} only."
        )
    return identity


def require_scope(identity: Identity, *scopes: Scope) -> None:
    """Refuse tokens of other scopes; raises `Problem` 403."""
    if identity.scope not in scopes:
        raise forbidden(
            "wrong-scope",
            f"This takes a token of scope {' or '.join(scopes)}, "
            f"and yours is of scope {identity.scope}.",
        )


def only(*scopes: Scope) -> Guard:
    """Let only tokens of these scopes through; a guard of a route."""

    # A guard that is no coroutine would be run in a thread.
    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        require_scope(connection.user, *scopes)

    return guard


def is_trusted(identity: Identity) -> bool:
    """Whether the token is that of a service or an administrator, who act for anybody."""
    return identity.scope in TRUSTED


def acting_as(identity: Identity, user_id: str | None) -> str:
    """The user to act for, by default the token's own; raises `Problem` 403 for a stranger."""
    if user_id is None or user_id == identity.user_id:
        return identity.user_id
    if not is_trusted(identity):
        raise forbidden("not-yourself", f"Your token speaks for {identity.user_id!r} only.")
    return user_id


def with_priority(identity: Identity, priority: int) -> int:
    """The priority that was asked for; raises `Problem` 403 when the token grants less."""
    if priority > identity.priority and not is_trusted(identity):
        raise forbidden(
            "priority-not-granted",
            f"Your token grants a priority of up to {identity.priority}, not {priority}.",
        )
    return priority
