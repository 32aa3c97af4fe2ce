"""A passkey: a key of a device or a password manager, of which an account has the other half."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

BASE64URL_PATTERN = r"^[A-Za-z0-9_-]+$(?!\n)"

CredentialId = Annotated[
    str, msgspec.Meta(min_length=1, max_length=1_364, pattern=BASE64URL_PATTERN)
]
"""What a device calls a passkey, of up to 1,023 bytes, in Base64url without its end."""

PublicKey = Annotated[str, msgspec.Meta(min_length=1, max_length=4_096, pattern=BASE64URL_PATTERN)]
"""A key in the form COSE, in Base64url without its end."""

Transport = Annotated[str, msgspec.Meta(max_length=20, pattern=r"^[a-z-]+$(?!\n)")]
"""How a browser gets to the device that has a passkey, such as `internal` or `usb`."""

MOST_TRANSPORTS = 10

Transports = Annotated[Sequence[Transport], msgspec.Meta(max_length=MOST_TRANSPORTS)]


class NewPasskey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passkey that a device has just made."""

    credential_id: CredentialId
    public_key: PublicKey
    synced: bool
    """Whether it is on more devices than one, or may be."""
    transports: Transports = ()
