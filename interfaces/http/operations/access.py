"""Access: tickets for browsers that open a socket."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Router, post

from interfaces.http.platform.problems import documented
from interfaces.http.platform.services import services_of
from interfaces.http.platform.tickets import LIFETIME
from interfaces.tokens import Identity


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """Opens one socket, as `?ticket=…`, within `expires_in` seconds."""

    ticket: str
    expires_in: Annotated[int, msgspec.Meta(examples=[LIFETIME])]


@post("/tickets", operation_id="createTicket", summary="Get a ticket", responses=documented())
async def create_ticket(request: Request[Identity, None, Any]) -> Ticket:
    """Get a ticket that opens one socket in this token's name.

    Browsers cannot send a header with a socket, and a token must not stand in an address.
    """
    ticket = services_of(request).tickets.issue(request.user)
    return Ticket(ticket=ticket, expires_in=LIFETIME)


router = Router(path="/api/v1", route_handlers=[create_ticket], tags=["Access"])
