"""A device with passkeys, in software, which can be told to lie."""

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, MAY_BE_SYNCED, IS_SYNCED, HAS_KEY = 1, 4, 8, 16, 64
ES256 = -7


@dataclass
class SoftPasskey:
    """A key, and what the device remembers with it."""

    rp_id: str
    user_handle: str
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    uses: int = 0

    @property
    def credential_id(self) -> str:
        return bytes_to_base64url(self.id)

    def cose(self) -> bytes:
        """Its public half: type, algorithm, curve and the two coordinates."""
        point = self.key.public_key().public_numbers()
        x, y = (each.to_bytes(32, "big") for each in (point.x, point.y))
        return cbor2.dumps({1: 2, 3: ES256, -1: 1, -2: x, -3: y})


class SoftDevice:
    """Makes passkeys and signs with them, as a browser asks it to, for a page at `origin`.

    One that is `synced` says 0 however often it signs.
    """

    def __init__(self, origin: str, *, synced: bool = True) -> None:
        self.origin = origin
        self.synced = synced
        self.passkeys: list[SoftPasskey] = []

    def make(self, asked: dict[str, Any], *, flags: int = 0, **lies: Any) -> dict[str, Any]:
        """Make one; `lies` stand in what was asked, as the browser tells it."""
        passkey = SoftPasskey(asked["rp"]["id"], asked["user"]["id"])
        self.passkeys.append(passkey)
        length = len(passkey.id).to_bytes(2, "big")
        key = bytes(16) + length + passkey.id + passkey.cose()
        data = self._data(passkey, flags or PRESENT | VERIFIED | HAS_KEY) + key
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            passkey,
            {
                "clientDataJSON": self._client_data("webauthn.create", asked, lies),
                "attestationObject": bytes_to_base64url(attestation),
                "transports": ["internal", "Un known"],
            },
        )

    def sign(
        self, asked: dict[str, Any], passkey: SoftPasskey | None = None, **lies: Any
    ) -> dict[str, Any]:
        """Sign with the last one, or another."""
        passkey = passkey or self.passkeys[-1]
        passkey.uses += not self.synced
        data = self._data(passkey, PRESENT | VERIFIED)
        client_data = self._client_data("webauthn.get", asked, lies)
        signed = data + sha256(base64url_to_bytes(client_data)).digest()
        signature = passkey.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._answer(
            passkey,
            {
                "clientDataJSON": client_data,
                "authenticatorData": bytes_to_base64url(data),
                "signature": bytes_to_base64url(signature),
                "userHandle": lies.get("user_handle", passkey.user_handle),
            },
        )

    def _data(self, passkey: SoftPasskey, flags: int) -> bytes:
        flags |= (MAY_BE_SYNCED | IS_SYNCED) if self.synced else 0
        rp = sha256(passkey.rp_id.encode()).digest()
        return rp + bytes([flags]) + passkey.uses.to_bytes(4, "big")

    def _client_data(self, type: str, asked: dict[str, Any], lies: dict[str, Any]) -> str:
        told = {"type": type, "challenge": asked["challenge"], "origin": self.origin}
        told |= {name: lies[name] for name in told.keys() & lies.keys()}
        return bytes_to_base64url(json.dumps(told).encode())

    def _answer(self, passkey: SoftPasskey, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": passkey.credential_id,
            "rawId": passkey.credential_id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }
