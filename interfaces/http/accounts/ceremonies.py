"""Ceremonies of passkeys: what a device is asked, and whether it has answered just that.

A ceremony is a signed ticket in a cookie, kept nowhere until it is over; its digest is what the
device signs. So it belongs to one browser and one purpose, ends after a while, and is good once.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b, sha256
from hmac import compare_digest
from ipaddress import ip_address
from math import ceil
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import structlog
import webauthn
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    options_to_json_dict,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from application.accounts.ports import PasskeyUses
from application.ports.limits import Once
from domain.accounts.passkey import NewPasskey
from interfaces.http.accounts.passkey_answers import AssertedCredential, MadeCredential
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.problems import Problem, forbidden
from interfaces.http.platform.services import services_of
from interfaces.tokens import CEREMONY_AUDIENCE, Identity, TokenRefused, Tokens
from projections.accounts.passkeys import PasskeyRow

CEREMONY_S = 300
"""For somebody to find the device, and what unlocks it."""

ASIDE = "passkey"
NOBODY_YET = "nobody"
HALL_NAME = "Gamehall"

logger = structlog.get_logger(__name__)

Verified = TypeVar("Verified")


class RelyingParty(NamedTuple):
    """For whom passkeys are made: a domain, and the address of the pages that use them."""

    id: str
    origin: str


def relying_party(base_url: str) -> RelyingParty | None:
    """Who that is for a hall which browsers reach at an address; None where browsers make none.

    They make none for a number, nor without https but on this machine, which is `localhost`.
    """
    address = urlsplit(base_url)
    host = address.hostname or ""
    if _is_this_machine(host):
        host = "localhost"
    elif _is_number(host) or address.scheme != "https":
        return None
    usual = {"https": 443, "http": 80}[address.scheme]
    port = "" if address.port in (None, usual) else f":{address.port}"
    return RelyingParty(host, f"{address.scheme}://{host}{port}")


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_this_machine(host: str) -> bool:
    return host == "localhost" or (_is_number(host) and ip_address(host).is_loopback)


class Ceremony(NamedTuple):
    """One that is over: about whom it was, what was to be signed, and its name."""

    user_id: str
    challenge: bytes
    name: str


class Ceremonies:
    """Asks devices to make passkeys and to sign with them, and looks at their answers."""

    def __init__(
        self,
        tokens: Tokens,
        used: Once,
        uses: PasskeyUses,
        *,
        base_url: str,
        leeway_s: float = 0.0,
    ) -> None:
        """`base_url` is where browsers reach the hall; `leeway_s` is as for `tokens`."""
        self._tokens = tokens
        self._used = used
        self._uses = uses
        self._base_url = base_url
        # One clock may be behind the one that issued it, and leaves it the leeway besides.
        self._remembered_s = ceil(CEREMONY_S + 2 * leeway_s)
        self.party = relying_party(base_url)

    def require_party(self) -> RelyingParty:
        """For whom passkeys are; raises `Problem` 404 where browsers make none."""
        if self.party is None:
            raise Problem(
                404,
                "no-passkeys",
                f"Browsers make no passkeys for {self._base_url}; GAMEHALL_API_URL has to be an "
                "address with a name, by https.",
            )
        return self.party

    # -- what is asked -----------------------------------------------------------------------------

    def begin(self, request: Request, purpose: str, user_id: str) -> tuple[bytes, str]:
        """Begin a ceremony: what is to be signed, and the `Set-Cookie` that belongs to it."""
        holder = Identity(user_id, "player", 0, 0)
        ticket = self._tokens.ticket(holder, CEREMONY_S, CEREMONY_AUDIENCE, purpose)
        cookie = services_of(request).cookies.aside(ticket, CEREMONY_S, ASIDE)
        return _challenge_of(ticket), cookie

    def to_make(
        self, challenge: bytes, user_id: str, name: str, known: Sequence[PasskeyRow] = ()
    ) -> dict[str, Any]:
        """What a browser is told to have a passkey made, called `name`, by none that has one."""
        party = self.require_party()
        options = webauthn.generate_registration_options(
            rp_id=party.id,
            rp_name=HALL_NAME,
            user_id=user_handle(user_id),
            user_name=name,
            challenge=challenge,
            timeout=CEREMONY_S * 1_000,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id))
                for each in known
            ],
        )
        return options_to_json_dict(options)

    def to_sign(self, challenge: bytes) -> dict[str, Any]:
        """What a browser is told to have some passkey sign, whosever it is."""
        options = webauthn.generate_authentication_options(
            rp_id=self.require_party().id, challenge=challenge, timeout=CEREMONY_S * 1_000
        )
        return options_to_json_dict(options)

    # -- what is answered --------------------------------------------------------------------------

    async def end(self, request: Request, purpose: str) -> Ceremony:
        """The ceremony of this browser, once; raises `Problem` 403."""
        kept = services_of(request).cookies.kept_aside(dict(request.scope["headers"]), ASIDE)
        ticket = kept or ""
        try:
            identity, jti = self._tokens.holder(ticket, CEREMONY_AUDIENCE, purpose)
        except TokenRefused:
            raise _over() from None
        if not await self._used.first(f"ceremony:{jti}", self._remembered_s):
            raise _over()
        return Ceremony(identity.user_id, _challenge_of(ticket), jti)

    def made(self, ceremony: Ceremony, answer: MadeCredential) -> NewPasskey:
        """The passkey that was made in a ceremony; raises `Problem` 403."""
        party = self.require_party()
        verified = _trusted(
            lambda: webauthn.verify_registration_response(
                credential=answer.told(),
                expected_challenge=ceremony.challenge,
                expected_rp_id=party.id,
                expected_origin=party.origin,
            )
        )
        key = verified.credential_public_key
        _trusted(lambda: decoded_public_key_to_cryptography(decode_credential_public_key(key)))
        return NewPasskey(
            credential_id=bytes_to_base64url(verified.credential_id),
            public_key=bytes_to_base64url(key),
            synced=verified.credential_device_type == "multi_device",
            transports=answer.known_transports(),
        )

    async def require_signed(
        self, ceremony: Ceremony, passkey: PasskeyRow, answer: AssertedCredential
    ) -> None:
        """Refuse what this passkey has not signed in this ceremony, or a copy of it has.

        Raises `Problem` 403.
        """
        party = self.require_party()
        verified = _trusted(
            lambda: webauthn.verify_authentication_response(
                credential=answer.told(),
                expected_challenge=ceremony.challenge,
                expected_rp_id=party.id,
                expected_origin=party.origin,
                credential_public_key=base64url_to_bytes(passkey.public_key),
                credential_current_sign_count=0,  # counted by ourselves
            )
        )
        counted = f"{passkey.user_id}/{passkey.credential_id}"
        if not await self._uses.advance(counted, verified.new_sign_count):
            logger.warning("a passkey may have been copied", user=passkey.user_id)
            raise forbidden(
                "passkey-copied",
                "This passkey says that it was used as often before: there may be a copy of it. "
                "Sign in by another way, and remove it.",
            )


def is_of(passkey: PasskeyRow, answer: AssertedCredential) -> bool:
    """Whether an answer is meant for the account of a passkey."""
    handle = bytes_to_base64url(user_handle(passkey.user_id))
    return compare_digest(handle.encode(), (answer.response.user_handle or "").encode())


def user_handle(user_id: str) -> bytes:
    """What devices call an account: 64 bytes at most, and nothing that says who it is."""
    return sha256(b"gamehall passkey\n" + user_id.encode()).digest()


def _challenge_of(ticket: str) -> bytes:
    return blake2b(ticket.encode(), digest_size=32, person=b"challenge").digest()


def _trusted(verify: Callable[[], Verified]) -> Verified:
    """What a library makes of bytes from outside; raises `Problem` 403 for all that it says no."""
    try:
        return verify()
    except Exception as error:  # noqa: BLE001 - parsers have many words for what is no passkey
        logger.info("a passkey was refused", reason=repr(error))
        why = str(error).rstrip(".") or type(error).__name__
        raise forbidden(
            "passkey-refused", f"This is not what a passkey answers to what was asked: {why}."
        ) from None


def _over() -> Problem:
    return forbidden(
        "ceremony-over",
        f"This was asked of another browser, more than {CEREMONY_S // 60} minutes ago, or answered "
        "already; begin again.",
    )
