"""Visitors: people in front of a waiting room's page, whom nobody has to know.

A visitor is a random name in a signed cookie, kept nowhere, so that a hundred thousand of them cost
nothing before they join. Whoever is signed in at the browser is that person instead.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

from litestar.datastructures import Cookie

from application.ports.limits import Tries
from interfaces.http.platform.addresses import network_of
from interfaces.http.platform.cookies import Cookies, cookie_in
from interfaces.http.platform.problems import Problem, no_guests
from interfaces.tokens import Identity, Tokens

MOST_VISITORS = 300
"""New ones from one network address in `VISITORS_S` seconds: a school or an office has one."""

VISITORS_S = 600
KEPT_S = 7 * 86_400
OF_VISITORS = "visitor~"
PLACE = "gamehall-place"
"""What cookies of sessions begin with. They are none of the visitor's secrets: whose a session is,
the room says."""


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

    async def known(self, headers: Mapping[bytes, bytes], cookies: Cookies) -> Sequence[Identity]:
        """Who is at a browser: who is signed in there, and who came there as a visitor before."""
        both = await cookies.holder(headers), self._visitor_in(headers)
        return [identity for identity in both if identity is not None]

    async def come(self, address: str, *, trusted: bool) -> KnownVisitor:
        """Make a new visitor known; raises `Problem` 403 and 429."""
        if not self.allowed:
            raise no_guests()
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
        name, expires = secrets.token_hex(8), int(time.time()) + KEPT_S
        signed = f"{name}.{expires}.{self._signature(name, str(expires))}"
        return KnownVisitor(_identity(name, expires), self._cookie(self._name, signed))

    def place(self, event_id: str, session_id: str) -> Cookie:
        """The cookie that says which session in a room is the visitor's."""
        return self._cookie(_name_of_place(event_id), session_id)

    def session_in(self, headers: Mapping[bytes, bytes], event_id: str) -> str | None:
        """The session in a room that a browser remembers; whose it is, is for the room to say."""
        return cookie_in(headers, _name_of_place(event_id)) or None

    def _cookie(self, name: str, value: str) -> Cookie:
        return Cookie(
            name,
            path="/",
            value=value,
            max_age=KEPT_S,
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def _visitor_in(self, headers: Mapping[bytes, bytes]) -> Identity | None:
        name, _, rest = (cookie_in(headers, self._name) or "").partition(".")
        expires, _, signature = rest.partition(".")
        ours = secrets.compare_digest(self._signature(name, expires).encode(), signature.encode())
        if not (self.allowed and ours) or int(expires) <= time.time():
            return None
        return _identity(name, int(expires))

    def _signature(self, name: str, expires: str) -> str:
        return self._tokens.fingerprint(f"visitor\n{name}\n{expires}".encode())


def is_visitor(user_id: str) -> bool:
    """Whether somebody is known by the cookie of a visitor alone."""
    return user_id.startswith(OF_VISITORS)


def _name_of_place(event_id: str) -> str:
    """Names of rooms are written in several ways in addresses, so a path would not tell them."""
    return f"{PLACE}-{blake2b(event_id.encode(), digest_size=8).hexdigest()}"


def _identity(name: str, expires: int) -> Identity:
    """Good for nothing but the page, which asks on their behalf: no token says this."""
    return Identity(OF_VISITORS + name, "player", 0, expires)
