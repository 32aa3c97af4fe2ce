"""Routes as features write them: an address, the operation's id, what it is for, its problems."""

from typing import Any

from litestar import Router, get, post
from litestar.routes import HTTPRoute

from interfaces.http.platform.command_context import POSITION_HEADER
from interfaces.http.platform.problems import documented


def of_whole_addresses(router: Router) -> Router:
    """The router, whose addresses say of `OPTIONS` all that each of them takes.

    Litestar makes that handler with the first method of an address, and does not ask it anew when
    another is added.
    """
    for index, route in enumerate(router.routes):
        if isinstance(route, HTTPRoute):
            own = [each for each in route.route_handlers if "OPTIONS" not in each.http_methods]
            router.routes[index] = HTTPRoute(path=route.path, route_handlers=own)
    return router


def query(path: str, id: str, summary: str, *problems: int, **options: Any) -> get:
    """A handler that answers from a read model.

    `problems` are the statuses that it may answer with beside those that every query has.
    """
    responses = documented(400, *problems)
    return get(path, operation_id=id, summary=summary, responses=responses, **options)


def command(
    path: str, id: str, summary: str, *problems: int, status: int = 200, **options: Any
) -> post:
    """A handler that has a command decided, which it finds in the body.

    `problems` are the statuses that it may answer with beside those that every command has.
    """
    return post(
        path,
        status_code=status,
        operation_id=id,
        summary=summary,
        response_headers=[POSITION_HEADER],
        responses=documented(400, 413, 415, 422, *problems),
        **options,
    )


def order(
    path: str, id: str, summary: str, *problems: int, status: int = 200, **options: Any
) -> post:
    """A handler that changes something which is not in the log, so that there is no position."""
    return post(
        path,
        status_code=status,
        operation_id=id,
        summary=summary,
        responses=documented(400, *problems),
        **options,
    )
