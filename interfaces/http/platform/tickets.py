"""One-time tickets: how a browser opens a socket without its token in the address."""

from math import ceil

import structlog

from application.ports.limits import Once
from interfaces.tokens import Identity, TokenRefused, Tokens

TICKET_LIFETIME_S = 30
"""Seconds: long enough for a page to open its socket, too short to be worth stealing."""

logger = structlog.get_logger(__name__)


class Tickets:
    """Hands out tickets, each of which is good once, for a moment, in any process of the API.

    A ticket is signed, and kept nowhere until it is used: however many somebody asks for, none of
    another's is lost. Which have been used is remembered for as long as they are taken.
    """

    def __init__(self, tokens: Tokens, used: Once, *, leeway_s: float = 0.0) -> None:
        """Clocks of machines may differ by `leeway_s`, as for `tokens`."""
        self._tokens = tokens
        self._used = used
        # One clock may be behind the one that issued it, and leaves it the leeway besides.
        self._remembered_s = ceil(TICKET_LIFETIME_S + 2 * leeway_s)

    def issue(self, identity: Identity, path: str = "") -> str:
        """Give a new ticket for this identity, for any socket or the one at `path` alone."""
        return self._tokens.ticket(identity, TICKET_LIFETIME_S, path=path)

    async def redeem(self, ticket: str, path: str) -> Identity | None:
        """Whose ticket it is, once, at the address `path`.

        None when it is none, used, too old, for another address, or cannot be checked.
        """
        try:
            identity, name = self._tokens.holder(ticket, path=path)
            first = await self._used.first(f"ticket:{name}", self._remembered_s)
        except TokenRefused:
            return None
        except Exception as error:  # noqa: BLE001 - who was let in before is not known
            logger.warning("cannot check a ticket", error=repr(error))
            return None
        return identity if first else None
