"""One-time tickets: how a browser opens a socket without its token in the address."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

from interfaces.tokens import Identity

TICKET_LIFETIME_S = 30
"""Seconds: long enough for a page to open its socket, too short to be worth stealing."""

MOST_OUTSTANDING_TICKETS = 10_000


class Tickets:
    """Hands out tickets, each of which is good once, for a moment, in this process.

    A process that is not reached again when the socket opens knows nothing of the ticket: several
    processes behind one address need a balancer that keeps a client at its process.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tickets: OrderedDict[str, tuple[Identity, float]] = OrderedDict()

    def issue(self, identity: Identity) -> str:
        """Give a new ticket for this identity; when too many are out, the oldest is void."""
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = identity, self._clock() + TICKET_LIFETIME_S
        if len(self._tickets) > MOST_OUTSTANDING_TICKETS:
            self._tickets.popitem(last=False)
        return ticket

    def redeem(self, ticket: str) -> Identity | None:
        """Whose ticket it is, once; None when it is unknown, used or too old."""
        identity, expires = self._tickets.pop(ticket, (None, 0.0))
        return identity if self._clock() < expires else None
