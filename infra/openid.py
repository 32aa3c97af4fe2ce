"""An identity provider that speaks OpenID Connect: authorization code with PKCE."""

import asyncio
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx
import jwt
import msgspec

from application.ports.identity import Attempt, ProviderRefused, Visitor

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Those of key pairs: nobody but the provider can sign with what it publishes."""

PATIENCE_S = 5.0
"""How long the provider may take to answer."""

ANSWER_LIMIT_BYTES = 256 * 1024
KNOWN_FOR_S = 3_600.0
"""After which the addresses of the provider are asked for again."""

KEYS_PAUSE_S = 10.0
"""Between two looks at its keys, however many tokens come with a key that nobody knows."""

FAILED_PAUSE_S = 1.0
"""After a look that failed, for which nobody looks again."""

MOST_NAME_CHARACTERS = 64
"""Of what somebody is called there; the rest is cut off."""

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


class _Addresses(msgspec.Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Keys(msgspec.Struct):
    keys: list[dict[str, Any]]


class _Redeemed(msgspec.Struct):
    id_token: str


class _IdClaims(msgspec.Struct):
    sub: str
    nonce: str = ""
    azp: str = ""
    aud: str | list[str] = ""
    preferred_username: Any = None
    name: Any = None


Told = TypeVar("Told", bound=msgspec.Struct)


class OpenIdProvider:
    """Implements `ports.identity.IdentityProvider`.

    What it says of itself is looked up when it is needed, and its keys again when a token was
    signed with one that is not known, so it may change them at any time. One looks for all who
    wait for the same.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        issuer: str,
        client_id: str,
        client_secret: str | None,
        redirect: str,
        leeway_s: float,
    ) -> None:
        self.issuer = issuer
        self.name = urlsplit(issuer).netloc
        self._client = client
        self._client_id = client_id
        self._secret = client_secret
        self._redirect = redirect
        self._leeway_s = leeway_s
        self._known: tuple[_Addresses, float] | None = None
        self._finding, self._find_at = asyncio.Lock(), 0.0
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._looking, self._look_at = asyncio.Lock(), 0.0

    async def address(self, attempt: Attempt) -> str:
        """See the port."""
        challenge = urlsafe_b64encode(sha256(attempt.verifier.encode()).digest()).rstrip(b"=")
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect,
            "scope": "openid profile",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        at = (await self._addresses()).authorization_endpoint
        return f"{at}{'&' if '?' in at else '?'}{urlencode(asked)}"

    async def visitor(self, attempt: Attempt, code: str) -> Visitor:
        """See the port."""
        token = await self._redeem(code, attempt.verifier)
        claims = await self._verified(token)
        if claims.nonce != attempt.nonce:
            raise ProviderRefused("The provider's token belongs to another attempt to sign in.")
        return Visitor(claims.sub, _called(claims.preferred_username, claims.name))

    async def _addresses(self) -> _Addresses:
        async with self._finding:
            now = time.monotonic()
            if self._known is None or now >= self._known[1]:
                if now < self._find_at:
                    raise ProviderRefused(f"{self.issuer} could not be asked a moment ago.")
                try:
                    self._known = await self._find(), now + KNOWN_FOR_S
                except ProviderRefused:
                    self._find_at = time.monotonic() + FAILED_PAUSE_S
                    raise
            return self._known[0]

    async def _find(self) -> _Addresses:
        url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        told = await self._ask("GET", url, _Addresses)
        if told.issuer != self.issuer:
            raise ProviderRefused(f"{self.issuer} calls itself {told.issuer!r}.")
        for each in (told.authorization_endpoint, told.token_endpoint, told.jwks_uri):
            self._require_safe(each)
        return told

    async def _redeem(self, code: str, verifier: str) -> str:
        at = await self._addresses()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "code_verifier": verifier,
        }
        how = at.token_endpoint_auth_methods_supported
        basic = None
        if self._secret and "client_secret_basic" in how:
            basic = httpx.BasicAuth(_quoted(self._client_id), _quoted(self._secret))
        else:
            form["client_id"] = self._client_id
            form |= {"client_secret": self._secret} if self._secret else {}
        return (await self._ask("POST", at.token_endpoint, _Redeemed, form, basic)).id_token

    async def _verified(self, token: str) -> _IdClaims:
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in ALGORITHMS:
                raise ProviderRefused(f"The provider signs with {algorithm!r}.")
            key = await self._key(header.get("kid"))
            claims = jwt.decode(
                token,
                key,
                [algorithm],
                {"require": ["exp", "iat", "iss", "aud", "sub"]},
                audience=self._client_id,
                issuer=self.issuer,
                leeway=self._leeway_s,
            )
            read = msgspec.convert(claims, _IdClaims)
        except (jwt.PyJWTError, msgspec.ValidationError) as error:
            raise ProviderRefused(f"The provider's token is not good ({error}).") from error
        if isinstance(read.aud, list) and len(read.aud) > 1 and read.azp != self._client_id:
            raise ProviderRefused("The provider's token is for others, too.")
        return read

    async def _key(self, kid: str | None) -> jwt.PyJWK:
        if kid not in self._keys:
            async with self._looking:
                if kid not in self._keys and time.monotonic() >= self._look_at:
                    await self._look()
        if kid not in self._keys:
            raise ProviderRefused(f"The provider has no key {kid!r} that is known here.")
        return self._keys[kid]

    async def _look(self) -> None:
        """Learn the keys of the provider; the next look is after a pause."""
        try:
            told = await self._ask("GET", (await self._addresses()).jwks_uri, _Keys)
        except ProviderRefused:
            self._look_at = time.monotonic() + FAILED_PAUSE_S
            raise
        self._keys = dict(_usable(told.keys))
        self._look_at = time.monotonic() + KEYS_PAUSE_S

    async def _ask(
        self,
        method: str,
        url: str,
        kind: type[Told],
        form: Mapping[str, str] | None = None,
        auth: httpx.BasicAuth | None = None,
    ) -> Told:
        self._require_safe(url)
        try:
            async with (
                asyncio.timeout(PATIENCE_S),  # for all of it: others wait for the same
                self._client.stream(
                    method, url, data=form, auth=auth, timeout=PATIENCE_S
                ) as answer,
            ):
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > ANSWER_LIMIT_BYTES:
                        raise ProviderRefused(f"{url} answers too much.")
            if answer.status_code != httpx.codes.OK:
                raise ProviderRefused(f"{url} answers {answer.status_code}: {body[:200]!r}.")
            return msgspec.json.decode(body, type=kind)
        except (httpx.HTTPError, TimeoutError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ProviderRefused(f"{url} does not answer as it should ({error!r}).") from error

    def _require_safe(self, url: str) -> None:
        """Tell secrets by https alone, but on this machine."""
        try:
            parts = urlsplit(url)
            _ = parts.port, httpx.URL(url)  # each finds fault with what the other takes
        except (ValueError, httpx.InvalidURL) as error:
            raise ProviderRefused(f"{url} is no address ({error}).") from error
        is_here = parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS
        if parts.scheme != "https" and not is_here:
            raise ProviderRefused(f"{url} is no https address.")


def _usable(published: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str | None, jwt.PyJWK]]:
    """The keys that tokens may be signed with, under their names; others are not for us."""
    for each in published:
        try:
            key = jwt.PyJWK(dict(each))
        except Exception:  # noqa: BLE001, S112 - whatever is wrong with one, the others are good
            continue
        is_named = isinstance(key.key_id, str | None)
        if is_named and each.get("use", "sig") == "sig" and key.algorithm_name in ALGORITHMS:
            yield key.key_id, key


def _called(*names: object) -> str:
    """The first of these that is a name, without what cannot be shown, and not too long."""
    for name in names:
        shown = (
            "".join(each for each in name if each.isprintable()) if isinstance(name, str) else ""
        )
        if shown := shown[:MOST_NAME_CHARACTERS].strip():
            return shown
    return "player"


def _quoted(text: str) -> str:
    """As RFC 6749 has it in an Authorization header."""
    return urlencode({"": text})[1:]
