"""The keys that sign passes: a folder of private keys, and what shops may know of them.

A key's file is named by the second from which on it signs. A shop keeps the public keys for a
while, so a new key is published before it signs, and an old one for as long as passes may be good
that it signed.
"""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from interfaces import kept
from interfaces.setting_kinds import SettingsRefused

PUBLIC_MAX_AGE_S = 300
"""For which a shop may keep the public keys."""

PUBLISHED_AHEAD_S = 2 * PUBLIC_MAX_AGE_S
"""How long a key is published before it signs."""

LONGEST_PASS_S = 86_400
"""No pass is good for longer, whatever its checkout may take."""

LOOK_INTERVAL_S = 5.0
"""Between looks at the folder, where another process may have put a key."""

SUFFIX = ".jwk"


class PassKey(msgspec.Struct, frozen=True, dict=True):
    """A private key of the curve P-256, as RFC 7517 writes it, and when it begins to sign."""

    signs_from: int
    jwk: dict[str, str]

    @cached_property
    def private(self) -> ec.EllipticCurvePrivateKey:
        """The key itself."""
        key = ECAlgorithm.from_jwk(self.jwk)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key

    @cached_property
    def kid(self) -> str:
        """Its name: the thumbprint of RFC 7638, the same wherever it is counted."""
        public = {name: self.jwk[name] for name in ("crv", "kty", "x", "y")}
        digest = sha256(msgspec.json.encode(public)).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    @cached_property
    def public(self) -> dict[str, str]:
        """What everybody may know of it."""
        shown = {name: value for name, value in self.jwk.items() if name != "d"}
        return {**shown, "kid": self.kid, "alg": "ES256", "use": "sig"}


class PassKeys:
    """The keys in a folder; the first is made when it is needed.

    Raises `SettingsRefused` for a file that is no key, and `OSError` where the folder cannot be
    read or written.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.time,
        pause: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` tells the time, `pause` how long ago the folder was looked at."""
        self._folder = folder
        self._clock = clock
        self._pause = pause
        self._looked_at = float("-inf")
        self._keys: list[PassKey] = []

    def signing(self) -> PassKey:
        """The newest key whose time has come."""
        keys, now = self._all(), self._clock()
        return next((key for key in keys if key.signs_from <= now), keys[-1])

    def published(self) -> list[PassKey]:
        """Those that sign, will sign, or signed what may still be good; the newest first."""
        now = self._clock()
        keys = self._all()
        # A key has signed until the one before it in this list began to.
        signed = [key for newer, key in pairwise(keys) if newer.signs_from + LONGEST_PASS_S > now]
        return [keys[0], *signed]

    def rotate(self, *, compromised: bool = False) -> PassKey:
        """Make a new key, and remove those that are not needed any more.

        Where the old ones are `compromised` none of them stays, and the new one signs at once:
        passes that are on their way are good no longer once shops ask for the keys again.
        """
        now = int(self._clock())
        signs_from = now if compromised else now + PUBLISHED_AHEAD_S
        needed = set() if compromised else {key.signs_from for key in self.published()}
        kept.kept(self._folder / f"{signs_from}{SUFFIX}", _new_key)
        for file in self._files():
            if int(file.stem) not in {signs_from, *needed}:
                file.unlink(missing_ok=True)
        self._looked_at = float("-inf")
        return next(key for key in self._all() if key.signs_from == signs_from)

    def _all(self) -> list[PassKey]:
        """All keys, the newest first."""
        if self._pause() - self._looked_at > LOOK_INTERVAL_S:
            if not self._files():
                kept.kept(self._folder / f"0{SUFFIX}", _new_key)
            read = filter(None, map(_read, self._files()))
            self._keys = sorted(read, key=_signs_from, reverse=True)
            self._looked_at = self._pause()
        return self._keys

    def _files(self) -> list[Path]:
        return [file for file in self._folder.glob(f"*{SUFFIX}") if file.stem.isdigit()]


def _signs_from(key: PassKey) -> int:
    return key.signs_from


def _read(file: Path) -> PassKey | None:
    try:
        key = PassKey(int(file.stem), msgspec.json.decode(file.read_bytes(), type=dict[str, str]))
        assert key.private.curve.name == ec.SECP256R1.name
    except FileNotFoundError:
        return None  # another process has removed it just now
    except (msgspec.DecodeError, jwt.InvalidKeyError, AssertionError):
        raise SettingsRefused(
            f"{file} is no private key of the curve P-256, as JSON (RFC 7517); put the right one"
            " there, or remove it: passes that it signed are then good no longer."
        ) from None
    return key


def _new_key() -> str:
    written: dict[str, Any] = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), True)
    return msgspec.json.encode(written).decode()
