"""What a browser sends of a passkey, as `PublicKeyCredential.toJSON()` writes it."""

from typing import Annotated, Any, Literal

import msgspec

from domain.accounts.passkey import BASE64URL_PATTERN, MOST_TRANSPORTS, Transport

Encoded = Annotated[str, msgspec.Meta(min_length=1, max_length=16_384, pattern=BASE64URL_PATTERN)]
"""Bytes in Base64url without its end."""


class Attested(msgspec.Struct, frozen=True, kw_only=True):
    """What a device says of a passkey that it has made; browsers say more beside it."""

    client_data: Encoded = msgspec.field(name="clientDataJSON")
    attestation: Encoded = msgspec.field(name="attestationObject")
    transports: list[str] = []


class Asserted(msgspec.Struct, frozen=True, kw_only=True):
    """What a device has signed with a passkey, and for which account it has that."""

    client_data: Encoded = msgspec.field(name="clientDataJSON")
    authenticator_data: Encoded = msgspec.field(name="authenticatorData")
    signature: Encoded
    user_handle: Encoded | None = msgspec.field(name="userHandle", default=None)


class AnsweredCredential(msgspec.Struct, frozen=True, kw_only=True):
    """Which passkey it is about."""

    id: Encoded
    raw_id: Encoded = msgspec.field(name="rawId")
    type: Literal["public-key"]

    def told(self) -> dict[str, Any]:
        """The same as `webauthn` reads it."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        return told


class MadeCredential(AnsweredCredential, frozen=True, kw_only=True):
    """A passkey that was made."""

    response: Attested

    def known_transports(self) -> list[str]:
        """How browsers get to it, as far as that is written as it should be."""
        found = [each for each in self.response.transports if _is_transport(each)]
        return found[:MOST_TRANSPORTS]


class AssertedCredential(AnsweredCredential, frozen=True, kw_only=True):
    """A passkey that has signed."""

    response: Asserted


def _is_transport(text: str) -> bool:
    try:
        msgspec.convert(text, Transport)
    except msgspec.ValidationError:
        return False
    return True
