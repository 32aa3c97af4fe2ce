"""The key that push messages are signed with, beside those of passes, and made like them.

Browsers are told the public half of it when they subscribe, and then take messages of nobody else;
with another one, everybody has to subscribe anew.
"""

from pathlib import Path
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from interfaces import kept
from interfaces.setting_kinds import SettingsRefused

FILE = "push.jwk"


def push_key(folder: Path) -> ec.EllipticCurvePrivateKey:
    """The key that is kept in the folder, made when it is needed first.

    Raises `SettingsRefused` for a file that is none, and `OSError` where it cannot be read.
    """
    file = folder / FILE
    word = kept.kept(file, _new_key)
    try:
        key = ECAlgorithm.from_jwk(word)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert key.curve.name == ec.SECP256R1.name
    except (jwt.InvalidKeyError, AssertionError, ValueError):
        raise SettingsRefused(
            f"{file} is no private key of the curve P-256, as JSON (RFC 7517); put the right one"
            " there, or remove it: browsers are then pushed to again once they have subscribed"
            " again."
        ) from None
    return key


def _new_key() -> str:
    written: dict[str, Any] = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), True)
    return msgspec.json.encode(written).decode()
