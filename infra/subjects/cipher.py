"""AES-256 in Galois/Counter Mode (NIST SP 800-38D), by the package `cryptography`.

Texts are encrypted with the key of their subject, keys with a master key. Nonces are random, which
is safe for 2^32 texts of one key.
"""

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.personal import Sealed

KEY_BYTES = 32
NONCE_BYTES = 12
DIGEST_CHARACTERS = 32
BLOCK_BYTES = 32
"""Texts are filled up to a multiple of so many bytes, so that their length tells little."""


def new_key() -> bytes:
    """A key that nobody has had before."""
    return os.urandom(KEY_BYTES)


def seal(key: bytes, subject: str, text: str) -> Sealed:
    """Make a text unreadable for who has not the key. `text` has no control characters."""
    plain = text.encode()
    filled = plain.ljust(-(-len(plain) // BLOCK_BYTES) * BLOCK_BYTES, b"\0")
    sealed = urlsafe_b64encode(_encrypt(key, filled, subject)).decode()
    return Sealed(subject=subject, sealed=sealed)


def unseal(key: bytes, sealed: Sealed) -> str | None:
    """The text; None when it was sealed with another key, or was never sealed at all."""
    try:
        filled = _decrypt(key, urlsafe_b64decode(sealed.sealed), sealed.subject)
    except (InvalidTag, ValueError):
        return None
    return filled.rstrip(b"\0").decode()


def digest(key: bytes, text: str) -> str:
    """A digest of a text that nobody makes, or tries out, who has not the key (RFC 2104).

    It is made by a key of its own, since the other one encrypts.
    """
    own = hmac.digest(key, b"gamehall digests", "sha256")
    return hmac.digest(own, text.encode(), "sha256").hex()[:DIGEST_CHARACTERS]


class Master:
    """A key for keys, derived from a secret text (HKDF, RFC 5869); `id` tells which it is."""

    def __init__(self, secret: str) -> None:
        derive = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"gamehall subject keys")
        self._key = derive.derive(secret.encode())
        self.id = sha256(self._key).hexdigest()[:16]

    def wrap(self, key: bytes, subject: str) -> bytes:
        """A subject's key, of no use to who has not the master key."""
        return _encrypt(self._key, key, subject)

    def unwrap(self, wrapped: bytes, subject: str) -> bytes | None:
        """The subject's key; None when it was wrapped with another master key."""
        try:
            return _decrypt(self._key, wrapped, subject)
        except InvalidTag:
            return None


def _encrypt(key: bytes, plain: bytes, subject: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, subject.encode())


def _decrypt(key: bytes, data: bytes, subject: str) -> bytes:
    return AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], subject.encode())
