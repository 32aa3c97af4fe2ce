"""Access: tickets for browsers that open a socket."""

from typing import Annotated

import msgspec
from litestar import Router, post

from interfaces.http.platform.bodies import Request
from interfaces.http.platform.problems import documented
from interfaces.http.platform.services import services_of
from interfaces.http.platform.tickets import TICKET_LIFETIME_S


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """Opens one socket, as `?ticket=…`, within `expires_in` seconds."""

    ticket: str
    expires_in: Annotated[int, msgspec.Meta(examples=[TICKET_LIFETIME_S])]


@post("/tickets", operation_id="createTicket", summary="Get a ticket", responses=documented())
async def create_ticket(request: Request) -> Ticket:
    """Get a ticket that opens one socket in this token's name.

    Browsers cannot send a header with a socket, and a token must not stand in an address.
    """
    ticket = services_of(request).tickets.issue(request.user)
    return Ticket(ticket=ticket, expires_in=TICKET_LIFETIME_S)


router = Router(path="/api/v1", route_handlers=[create_ticket])
