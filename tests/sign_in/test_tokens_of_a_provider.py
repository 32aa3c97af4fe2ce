"""What a provider signs is taken only if it is for us, for this attempt, and by one of its keys."""

import asyncio
import re
import time
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from application.ports.identity import Attempt, ProviderRefused, Visitor
from infra import openid
from infra.openid import (
    ANSWER_LIMIT_BYTES,
    FAILED_PAUSE_S,
    MOST_NAME_CHARACTERS,
    OpenIdProvider,
)

ISSUER = "https://accounts.example"
ABOUT = "/.well-known/openid-configuration"
KEYS = {kid: ec.generate_private_key(ec.SECP256R1()) for kid in ("old", "new", "foreign")}
ATTEMPT = Attempt("state", "nonce", "verifier")


class Fake:
    """A provider whose answers are what a test wants them to be."""

    def __init__(self) -> None:
        at = {"authorization_endpoint": f"{ISSUER}/auth", "token_endpoint": f"{ISSUER}/token"}
        self.about: dict[str, Any] = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", **at}
        self.published = ["old"]
        self.unusable: list[Any] = []
        self.status = 200
        self.token = ""
        self.asked: list[str] = []
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        self.provider = OpenIdProvider(
            client,
            issuer=ISSUER,
            client_id="hall",
            client_secret=None,
            redirect="https://hall.example/back",
            leeway_s=5,
        )

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        await asyncio.sleep(0)  # others may ask meanwhile
        if request.url.path == "/token":
            return httpx.Response(200, json={"id_token": self.token})
        keys = [*map(jwk, self.published), *self.unusable]
        return httpx.Response(self.status, json={"keys": keys} | self.about)

    async def visitor(self, signed_by: str = "old", **claims: Any) -> Visitor:
        self.token = token(signed_by, **claims)
        return await self.provider.visitor(ATTEMPT, "code")


def jwk(kid: str) -> dict[str, Any]:
    public = jwt.algorithms.ECAlgorithm.to_jwk(KEYS[kid].public_key(), as_dict=True)
    return {**public, "kid": kid, "use": "sig"}


def token(signed_by: str, *, keep_none: bool = False, **changed: Any) -> str:
    """A token with other claims, of which times are seconds from now; None takes one away."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": "hall",
        "sub": "7",
        "nonce": "nonce",
        "name": "Ada",
    }
    claims |= {"iat": now, "exp": now + 60}
    times = {each: now + changed.pop(each) for each in ("exp", "iat") if changed.get(each)}
    claims |= changed | times
    if not keep_none:
        claims = {name: each for name, each in claims.items() if each is not None}
    return jwt.encode(claims, KEYS[signed_by], "ES256", headers={"kid": signed_by})


async def test_a_good_token_says_who_it_is() -> None:
    assert await Fake().visitor() == Visitor("7", "Ada")
    assert await Fake().visitor(aud=["hall", "other"], azp="hall") == Visitor("7", "Ada")
    assert await Fake().visitor(preferred_username="ada") == Visitor("7", "ada")


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.example"},
        {"aud": "other"},
        {"aud": ["hall", "other"]},
        {"nonce": "of another attempt"},
        {"nonce": None},
        {"exp": -60},
        {"exp": None},
        {"iat": None},
        {"iat": 3_600},
        {"sub": None},
        {"sub": 7},
    ],
    ids=lambda changed: re.sub(r"\d{9,}", "time", str(changed)),  # one in every process
)
async def test_a_token_that_is_not_for_this_is_refused(changed: Any) -> None:
    with pytest.raises(ProviderRefused):
        await Fake().visitor(**changed)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
async def test_a_token_that_anybody_could_sign_is_refused(algorithm: str) -> None:
    fake = Fake()
    claims = jwt.decode(token("old"), options={"verify_signature": False})
    public = jwk("old")["x"] if algorithm == "HS256" else ""
    fake.token = jwt.encode(claims, public, algorithm, headers={"kid": "old"})
    with pytest.raises(ProviderRefused):
        await fake.provider.visitor(ATTEMPT, "code")


async def test_a_token_by_a_key_that_is_not_published_is_refused() -> None:
    fake = Fake()
    with pytest.raises(ProviderRefused, match="no key 'foreign'"):
        await fake.visitor("foreign")
    for _ in range(3):
        with pytest.raises(ProviderRefused):
            await fake.visitor("foreign")
    assert fake.asked.count("/keys") == 1, "whoever makes up keys does not make us ask for each"


async def test_who_comes_together_waits_for_one_look() -> None:
    fake = Fake()
    assert await asyncio.gather(*(fake.visitor() for _ in range(3))) == [Visitor("7", "Ada")] * 3
    assert (fake.asked.count("/keys"), fake.asked.count(ABOUT)) == (1, 1)


async def test_a_provider_that_is_away_is_asked_once_in_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = Fake()
    fake.status = 503
    visits = (fake.provider.address(ATTEMPT) for _ in range(80))
    answers = await asyncio.gather(*visits, return_exceptions=True)
    assert {type(each) for each in answers} == {ProviderRefused}
    assert fake.asked == [ABOUT]

    fake.status = 200
    now = time.monotonic() + FAILED_PAUSE_S
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert await fake.provider.address(ATTEMPT)


@pytest.mark.parametrize(
    "address", ["https://[", "https://a:99999", "https://.ü", "http://a.example", "keys"]
)
async def test_a_provider_that_leads_nowhere_is_refused(address: str) -> None:
    fake = Fake()
    fake.about["jwks_uri"] = address
    with pytest.raises(ProviderRefused, match=re.escape(f"{address} is no")):
        await fake.provider.address(ATTEMPT)


async def test_keys_that_could_not_be_had_are_asked_for_again_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = Fake()
    await fake.provider.address(ATTEMPT)
    fake.status = 503
    with pytest.raises(ProviderRefused):
        await fake.visitor()
    fake.status = 200
    now = time.monotonic() + FAILED_PAUSE_S
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert await fake.visitor() == Visitor("7", "Ada")


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "OKP", "crv": "X25519", "x": "MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE"},
        {"kty": "EC", "crv": "brainpoolP256r1", "x": "AQAB", "y": "AQAB"},
        {"kty": "RSA", "n": "AQAB"},
        {"kty": "RSA", "n": 7, "e": None},
        {"kty": "oct", "k": "AQAB"},
        {"use": "enc"},
        {"alg": "ECDH-ES"},
        {"kid": ["old"]},
    ],
    ids=str,
)
async def test_a_key_that_is_not_for_us_takes_no_other_away(key: Any) -> None:
    fake = Fake()
    fake.unusable = [key if "kty" in key else jwk("foreign") | key]
    assert await fake.visitor() == Visitor("7", "Ada")
    with pytest.raises(ProviderRefused):
        await fake.visitor("foreign")


async def test_a_token_that_does_not_say_how_it_is_signed_is_refused() -> None:
    fake = Fake()
    fake.token = "eyJraWQiOiJvbGQifQ.e30.AA"
    with pytest.raises(ProviderRefused):
        await fake.provider.visitor(ATTEMPT, "code")


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": None, "preferred_username": None}, "player"),
        ({"name": "Ada", "preferred_username": None}, "Ada"),
        ({"name": 7, "preferred_username": ""}, "player"),
        ({"name": "\x00\n", "preferred_username": " "}, "player"),
        ({"name": "A\x00da\u202e"}, "Ada"),
        ({"name": "\ud800"}, "player"),
        ({"name": "Ada" * 100}, ("Ada" * 100)[:MOST_NAME_CHARACTERS]),
    ],
    ids=lambda it: ascii(it)[:60],
)
async def test_who_has_no_name_to_show_is_called_something(claims: Any, name: str) -> None:
    assert (await Fake().visitor(keep_none=True, **claims)).name == name


async def test_a_new_key_is_looked_up_and_an_old_one_is_good_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openid, "KEYS_PAUSE_S", 0.0)
    fake = Fake()
    await fake.visitor("old")
    fake.published = ["new"]
    await fake.visitor("new")
    with pytest.raises(ProviderRefused, match="no key 'old'"):
        await fake.visitor("old")


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": "http://accounts.example/token"},
        {"jwks_uri": "http://accounts.example/keys"},
        {"authorization_endpoint": "javascript://localhost/%0aalert(1)"},
        {"authorization_endpoint": None},
        {"padding": "x" * ANSWER_LIMIT_BYTES},
    ],
    ids=lambda about: str(about)[:40],
)
async def test_a_provider_that_says_something_odd_of_itself_is_refused(about: Any) -> None:
    fake = Fake()
    fake.about |= about
    with pytest.raises(ProviderRefused):
        await fake.provider.address(ATTEMPT)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_a_provider_on_this_machine_needs_no_https(host: str) -> None:
    fake = Fake()
    fake.about["jwks_uri"] = f"http://{host}:9/keys"
    assert await fake.provider.address(ATTEMPT)


async def test_the_verifier_is_not_told_before_the_end() -> None:
    fake = Fake()
    address = await fake.provider.address(ATTEMPT)
    assert "verifier" not in address
    assert "code_challenge_method=S256" in address
