"""Passes: what somebody who was let in shows at the shop, which checks it without asking the hall.

A pass is a JWT (RFC 7519), signed with ES256 by a key of the set that the hall publishes. Claims
beside `iss`, `aud`, `sub` (the user), `iat` and `exp`: `room` and `session`.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import jwt
import msgspec

from domain.keys import Key
from interfaces.pass_keys import LONGEST_PASS_S, PassKeys

ALGORITHM = "ES256"
MOST_PASS_CHARACTERS = 4_000
"""Ids of 200 characters of four bytes each fit, with the signature."""


class PassRefused(Exception):
    """A sentence on why a pass lets nobody in."""


class PassClaims(msgspec.Struct, frozen=True):
    """Who a pass lets in: a user, for a session of a room."""

    sub: Key
    room: Key
    session: Key
    exp: Annotated[int, msgspec.Meta(ge=0)]


class Passes:
    """Signs passes and verifies them; a pass that expires within `leeway_s` is still verified."""

    def __init__(
        self,
        keys: PassKeys,
        *,
        issuer: str,
        audience: str,
        leeway_s: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.keys = keys
        self._issuer = issuer
        self._audience = audience
        self._leeway_s = leeway_s
        self._clock = clock

    def issue(self, user_id: str, room: str, session: str, until: datetime) -> tuple[str, datetime]:
        """Sign a pass, and say until when it is good."""
        now = int(self._clock())
        key = self.keys.signing()
        expires = min(int(until.timestamp()), now + LONGEST_PASS_S)
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": user_id,
            "room": room,
            "session": session,
            "iat": now,
            "exp": expires,
        }
        signed = jwt.encode(claims, key.private, ALGORITHM, {"kid": key.kid})
        return signed, datetime.fromtimestamp(expires, UTC)

    def verify(self, signed: str) -> PassClaims:
        """Tell whom a pass lets in; raises `PassRefused`."""
        claims = self._decode(signed)
        if claims.exp + self._leeway_s <= self._clock():
            raise PassRefused(
                f"The pass has expired, {self._clock() - claims.exp:.0f} s ago by the clock of this"
                " server."
            )
        return claims

    def _decode(self, signed: str) -> PassClaims:
        # Times are checked by our own clock.
        options: Any = {
            "require": ["sub", "exp", "iat", "aud", "iss"],
            "verify_exp": False,
            "verify_iat": False,
        }
        try:
            kid = jwt.get_unverified_header(signed).get("kid")
            key = next((key for key in self.keys.published() if key.kid == kid), None)
            if key is None:
                raise PassRefused("The pass is signed with a key that is not published here.")
            claims = jwt.decode(
                signed,
                key.private.public_key(),
                [ALGORITHM],
                options,
                audience=self._audience,
                issuer=self._issuer,
            )
            return msgspec.convert(claims, PassClaims)
        except jwt.InvalidTokenError as error:
            raise PassRefused(f"The pass is not one of ours ({error}).") from error
        except msgspec.ValidationError as error:
            raise PassRefused(f"The pass's claims do not fit ({error}).") from error
