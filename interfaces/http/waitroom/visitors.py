"""Visitors: people in front of a waiting room's page, whom nobody has to know.

A visitor is a random name in a signed cookie, kept nowhere, so that a hundred thousand of them cost
nothing before they join. Whoever is signed in at the browser is that person instead.
"""

import secrets
import time
from collections.abc import Mapping
from typing import NamedTuple

from litestar.datastructures import Cookie

from application.ports.limits import Tries
from interfaces.http.platform.addresses import network_of
from interfaces.http.platform.cookies import Cookies, cookie_in
from interfaces.http.platform.problems import Problem, forbidden
from interfaces.tokens import Identity, Tokens

MOST_VISITORS = 300
"""New ones from one network address in `VISITORS_S` seconds: a school or an office has one."""

VISITORS_S = 600
KEPT_S = 7 * 86_400
OF_VISITORS = "visitor~"
PLACE = "gamehall-place"
"""The cookie of a session, which is none of the visitor's secrets: whose it is, the room says."""


class KnownVisitor(NamedTuple):
    """Somebody in front of the page, and the cookie that makes them known again, if it is new."""

    identity: Identity
    cookie: Cookie | None = None


class Visitors:
    """Tells visitors by their cookies, and makes new ones known; `secure` as for `Cookies`."""

    def __init__(self, tokens: Tokens, tries: Tries, *, allowed: bool, secure: bool) -> None:
        self._tokens = tokens
        self._tries = tries
        self.allowed = allowed
        self._name = "__Host-gamehall-visitor" if secure else "gamehall-visitor"
        self._secure = secure

    async def known(self, headers: Mapping[bytes, bytes], cookies: Cookies) -> Identity | None:
        """Who is signed in at a browser, or was a visitor there before."""
        return await cookies.holder(headers) or self._visitor_in(headers)

    async def come(self, address: str, *, trusted: bool) -> KnownVisitor:
        """Make a new visitor known; raises `Problem` 403 and 429."""
        if not self.allowed:
            raise forbidden(
                "no-guests", "This hall takes no guests; GAMEHALL_GUESTS=true lets them in."
            )
        network = network_of(address)
        may_come = trusted or await self._tries.may_try(
            f"visitors:{network}", MOST_VISITORS, VISITORS_S
        )
        if not may_come:
            raise Problem(
                429,
                "too-many-visitors",
                f"{MOST_VISITORS} people have come from {network} within {VISITORS_S // 60} "
                "minutes; wait, and try again.",
                headers={"Retry-After": f"{VISITORS_S}"},
            )
        name = secrets.token_hex(8)
        cookie = self._cookie(self._name, f"{name}.{self._signature(name)}", "/")
        return KnownVisitor(_identity(name), cookie)

    def place(self, path: str, session_id: str) -> Cookie:
        """The cookie that says which session is the visitor's, to the page of this room alone."""
        return self._cookie(PLACE, session_id, path)

    def session_in(self, headers: Mapping[bytes, bytes]) -> str | None:
        """The session that a browser remembers; whose it is, is for the room to say."""
        return cookie_in(headers, PLACE) or None

    def _cookie(self, name: str, value: str, path: str) -> Cookie:
        return Cookie(
            name,
            path=path,
            value=value,
            max_age=KEPT_S,
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def _visitor_in(self, headers: Mapping[bytes, bytes]) -> Identity | None:
        name, _, signature = (cookie_in(headers, self._name) or "").partition(".")
        ours = secrets.compare_digest(self._signature(name).encode(), signature.encode())
        return _identity(name) if name and ours else None

    def _signature(self, name: str) -> str:
        return self._tokens.fingerprint(b"visitor\n" + name.encode())


def _identity(name: str) -> Identity:
    """Good for nothing but the page, which asks on their behalf: no token says this."""
    return Identity(OF_VISITORS + name, "player", 0, int(time.time()) + KEPT_S)
