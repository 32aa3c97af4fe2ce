"""Bearer tokens: who asks, for how long, and what they may ask for."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import Annotated, Any, Literal, TypeVar

import jwt
import msgspec

from domain.games.bots import BOT_NAMES
from domain.keys import MOST_KEY_CHARACTERS, flaw_in_key

AUDIENCE = "gamehall"
TICKET_AUDIENCE = "gamehall-ticket"
"""What is signed for the door of a socket is no token, and no token opens that door."""

LINK_AUDIENCE = "gamehall-link"
"""Nor is what a link signs somebody in with."""

ALGORITHM = "HS256"
CHALLENGE_AUDIENCE = "gamehall-challenge"
"""Nor is what somebody says that they would play whoever shows it."""

CEREMONY_AUDIENCE = "gamehall-ceremony"
"""Nor is what a browser keeps while a passkey is made, or signs."""

HOUR_S = 3600
LINK_LIFETIME_S = 600
"""Seconds: to find the browser, and to be forgotten soon where nobody looks for it."""

MOST_CACHED = 10_000
LAST_SECOND = 253_402_300_799
"""Of the year 9999, since 1970: no token is good for longer."""

Second = Annotated[int, msgspec.Meta(ge=0, le=LAST_SECOND)]

Scope = Literal["player", "service", "admin", "process"]
"""Players act for themselves, services and administrators for anybody; a worker of the hall speaks
for its process, and is heard at one address alone."""


class TokenRefused(Exception):
    """A sentence on why a token opens nothing."""


class Identity(msgspec.Struct, frozen=True):
    """Who a verified token speaks for."""

    user_id: str
    scope: Scope
    priority: int
    """The highest waitroom priority that the holder may ask for."""
    expires: int
    """Seconds since 1970."""
    begins: int = 0
    """Seconds since 1970; before that, the token is not good yet."""
    sign_in: str = ""
    """The digest, in hex, of the sign-in that it rests on; nothing for who shows a token."""


class _Claims(msgspec.Struct):
    sub: str
    scope: Scope
    exp: Second
    nbf: Second = 0
    priority: int = 0


class _TicketClaims(_Claims):
    jti: str = ""
    until: int = 0
    """When the token ends that the ticket was given for."""
    path: str = ""
    sign_in: str = ""


def of_peers(secret: str, leeway_s: float = 0.0) -> "Tokens":
    """What processes of one API show each other, signed with a secret of its own.

    No token of the API's users opens what takes these, and these open nothing else.
    """
    return Tokens(blake2b(secret.encode(), person=b"peers").hexdigest(), leeway_s=leeway_s)


Claims = TypeVar("Claims", bound=_Claims)


class Tokens:
    """Issues and verifies tokens with one secret.

    Clocks of machines may differ by `leeway_s`: so much longer a token is good at both ends.
    """

    def __init__(
        self, secret: str, clock: Callable[[], float] = time.time, *, leeway_s: float = 0.0
    ) -> None:
        self._secret = secret
        self._fingerprints = blake2b(secret.encode(), person=b"fingerprints").digest()
        self._clock = clock
        self._leeway_s = leeway_s
        # Ordered, since the first key of a plain dict is looked for behind all that were deleted.
        self._verified: OrderedDict[str, Identity] = OrderedDict()

    def issue(self, user_id: str, scope: Scope, *, ttl: int = HOUR_S, priority: int = 0) -> str:
        """Sign a token that is good for `ttl` seconds; `TokenRefused` for what none may hold."""
        _require_key(user_id)
        _refuse_bot(user_id, scope)
        now = int(self._clock())
        claims = {"sub": user_id, "scope": scope, "priority": priority, "aud": AUDIENCE}
        return self._encode({**claims, "iat": now, "exp": now + ttl})

    def ticket(
        self, identity: Identity, ttl: int, audience: str = TICKET_AUDIENCE, path: str = ""
    ) -> str:
        """Sign a ticket that tells for `ttl` seconds who holds it, at the door of this audience.

        With a `path` it opens that one address alone.
        """
        now = int(self._clock())
        claims = {
            "sub": identity.user_id,
            "scope": identity.scope,
            "priority": identity.priority,
            "until": identity.expires,
            "path": path,
            "sign_in": identity.sign_in,
        }
        name = secrets.token_urlsafe(12)
        times = {"iat": now, "exp": now + ttl}
        return self._encode({**claims, **times, "aud": audience, "jti": name})

    def link(self, user_id: str) -> str:
        """Sign what lets an administrator sign in at a browser, once; raises `TokenRefused`."""
        _require_key(user_id)
        return self.ticket(Identity(user_id, "admin", 0, 0), LINK_LIFETIME_S, LINK_AUDIENCE)

    def holder(
        self, ticket: str, audience: str = TICKET_AUDIENCE, path: str = ""
    ) -> tuple[Identity, str]:
        """Whom the ticket speaks for, until the end of their token, and the ticket's own name.

        `path` is the address that it is shown at.

        Raises `TokenRefused`.
        """
        claims = self._decode(ticket, audience, _TicketClaims)
        if claims.exp + self._leeway_s <= self._clock():
            raise TokenRefused("The ticket has expired; ask for a new one.")
        if claims.path not in ("", path):
            raise TokenRefused(f"The ticket is for {claims.path} alone.")
        told = Identity(
            claims.sub, claims.scope, claims.priority, claims.until, sign_in=claims.sign_in
        )
        return told, claims.jti

    def verify(self, token: str) -> Identity:
        """Tell who the token speaks for, or refuse it."""
        identity = self._verified.get(token) or self._remember(token, self._identity(token))
        now = self._clock()
        if identity.expires + self._leeway_s <= now:
            self._verified.pop(token, None)
            raise TokenRefused(
                f"The token has expired, {now - identity.expires:.0f} s ago by the clock of this"
                " server; ask for a new one."
            )
        if identity.begins - self._leeway_s > now:
            raise TokenRefused(
                f"The token is not good yet, for {identity.begins - now:.0f} s by the clock of this"
                " server."
            )
        return identity

    def fingerprint(self, data: bytes) -> str:
        """What tells data from other data, and nothing else to who has not the secret."""
        return blake2b(data, digest_size=12, key=self._fingerprints).hexdigest()

    def digest_for(self, use: str, secret: str) -> str:
        """By what a secret that somebody has is kept: told from it by nobody without ours.

        Of the same secret there is another for each use.
        """
        return self.fingerprint(f"{use}\n{secret}".encode())

    def _encode(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self._secret, ALGORITHM)

    def _identity(self, token: str) -> Identity:
        claims = self._decode(token, AUDIENCE, _Claims)
        _require_key(claims.sub)
        _refuse_bot(claims.sub, claims.scope)
        return Identity(claims.sub, claims.scope, claims.priority, claims.exp, claims.nbf)

    def _decode(self, token: str, audience: str, kind: type[Claims]) -> Claims:
        # Times are checked by our own clock, on every use.
        options: Any = {
            "require": ["sub", "exp", "iat", "aud"],
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
        }
        try:
            claims = jwt.decode(token, self._secret, [ALGORITHM], options, audience=audience)
            return msgspec.convert(claims, kind)
        except jwt.InvalidTokenError as error:
            raise TokenRefused(f"The token is not one of ours ({error}).") from error
        except msgspec.ValidationError as error:
            raise TokenRefused(f"The token's claims do not fit ({error}).") from error

    def _remember(self, token: str, identity: Identity) -> Identity:
        if len(self._verified) >= MOST_CACHED:
            self._verified.popitem(last=False)  # the oldest
        self._verified[token] = identity
        return identity


def _require_key(subject: str) -> None:
    """Whoever a token speaks for stands in the log, in addresses and in ids of commands."""
    flaw = flaw_in_key(subject)
    if not 0 < len(subject) <= MOST_KEY_CHARACTERS:
        flaw = f"Expected 1 to {MOST_KEY_CHARACTERS} characters"
    if flaw:
        raise TokenRefused(f"The subject {subject[:40]!r} is no name. {flaw}.")


def _refuse_bot(user_id: str, scope: Scope) -> None:
    """Keep people from moving for a bot: a player acts for whom the token names."""
    if scope == "player" and user_id in BOT_NAMES:
        raise TokenRefused(f"{user_id} is a bot, and nobody plays for it; take another name.")
