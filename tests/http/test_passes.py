"""Somebody who was let in shows a pass at the shop, which verifies it with public keys alone."""

from base64 import urlsafe_b64decode
from hashlib import sha256
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from interfaces.pass_keys import LONGEST_PASS_S, PUBLISHED_AHEAD_S, PassKeys
from interfaces.passes import Passes, PassRefused
from interfaces.setting_kinds import SettingsRefused
from tests.given import at
from tests.http.conftest import Api, passes, problem

KEYS = "/.well-known/jwks.json"
REDEEM = "/api/v1/waitroom/passes/redeem"
NOW = at(0).timestamp()


def pass_path(session: str) -> str:
    return f"/api/v1/waitroom/sessions/{session}/pass"


async def admitted(api: Api, user: str = "ann") -> str:
    """Somebody in a room of their own may check out; the session."""
    await api.open(f"room-of-{user}")
    return str((await api.join(user, f"room-of-{user}")).json()["session_id"])


async def a_pass(api: Api, user: str = "ann") -> str:
    answer = await api.ask("GET", pass_path(await admitted(api, user)), user=user)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["pass"])


async def redeem(api: Api, signed: str, **options: Any) -> Any:
    return await api.ask("POST", REDEEM, {"pass": signed}, scope="service", **options)


async def test_a_shop_verifies_a_pass_with_the_published_keys_alone(api: Api) -> None:
    session = await admitted(api)
    given = (await api.ask("GET", pass_path(session))).json()

    published = await api.client.get(KEYS)
    assert published.headers["cache-control"] == "public, max-age=300"
    assert not any("d" in key for key in published.json()["keys"])
    kid = jwt.get_unverified_header(given["pass"])["kid"]
    (key,) = [key for key in jwt.PyJWKSet.from_dict(published.json()).keys if key.key_id == kid]
    claims = jwt.decode(
        given["pass"],
        key.key,
        ["ES256"],
        {"verify_exp": False},
        audience="shop",
        issuer="http://hall.example",
    )
    assert (claims["sub"], claims["room"], claims["session"]) == ("ann", "room-of-ann", session)
    place = (await api.ask("GET", f"/api/v1/waitroom/sessions/{session}")).json()
    assert given["expires_at"][:19] == place["deadline"][:19]


async def test_a_pass_is_redeemed_once(api: Api) -> None:
    signed = await a_pass(api)
    key = {"idempotency-key": "till 7"}

    first = await redeem(api, signed, headers=key)
    again = await redeem(api, signed, headers=key)
    assert (first.status_code, first.json()["user_id"], first.json()["status"]) == (
        200,
        "ann",
        "ready",
    )
    assert again.json() == first.json()
    problem(await redeem(api, signed), 409, "pass-redeemed-before")
    session = first.json()["session_id"]
    place = (await api.ask("GET", f"/api/v1/waitroom/sessions/{session}")).json()
    assert place["redeemed_at"]


async def test_nobody_else_gets_a_pass_and_no_player_redeems_one(api: Api) -> None:
    session = await admitted(api)
    problem(await api.ask("GET", pass_path(session), user="ben"), 403, "not-your-session")
    problem(await api.ask("POST", REDEEM, {"pass": "x"}), 403, "wrong-scope")
    problem(await api.client.get(pass_path(session)), 401, "unauthenticated")


async def test_there_is_no_pass_before_admission_nor_after_the_end(api: Api) -> None:
    await api.open()
    first, second = await api.join("ann"), await api.join("ben")
    signed = (await api.ask("GET", pass_path(first.json()["session_id"]))).json()["pass"]
    waiting = await api.ask("GET", pass_path(second.json()["session_id"]), user="ben")
    problem(waiting, 409, "not-admitted")

    body = {"event_id": "concert", "session_id": first.json()["session_id"]}
    await api.ask("POST", "/api/v1/waitroom/leave", body)
    problem(await api.ask("GET", pass_path(body["session_id"])), 409, "checkout-over")
    problem(await redeem(api, signed), 409, "checkout-over")


async def test_a_pass_that_is_not_ours_is_refused_with_a_reason(api: Api) -> None:
    signed = await a_pass(api)
    header, claims, signature = signed.split(".")
    kid = jwt.get_unverified_header(signed)["kid"]
    said = jwt.decode(signed, options={"verify_signature": False})
    forged = jwt.encode(said, ec.generate_private_key(ec.SECP256R1()), "ES256", {"kid": kid})
    unknown = jwt.encode(said, ec.generate_private_key(ec.SECP256R1()), "ES256", {"kid": "mine"})
    by_secret = jwt.encode(said, "k" * 32, "HS256", {"kid": kid})
    unsigned = jwt.encode(said, "", "none", {"kid": kid})
    token = api.services.tokens.issue("ann", "player")
    cut = f"{header}.{claims}.{signature[:-4]}"
    for wrong in ("", "x", forged, unknown, by_secret, unsigned, token, cut, f"{signed}."):
        refused = problem(await redeem(api, wrong), 422, "pass-refused")
        assert refused["detail"].startswith("The pass is ")


@pytest.fixture
def clock() -> list[float]:
    return [NOW]


@pytest.fixture
def keys(tmp_path: Path, clock: list[float]) -> PassKeys:
    return PassKeys(tmp_path / "passes", lambda: clock[0])


def signing(keys: PassKeys, clock: list[float], **differently: str) -> Passes:
    named = {"issuer": "http://hall.example", "audience": "shop"} | differently
    return Passes(keys, issuer=named["issuer"], audience=named["audience"], clock=lambda: clock[0])


def test_a_pass_is_good_until_its_deadline_and_for_a_day_at_most(
    keys: PassKeys, clock: list[float]
) -> None:
    ours = signing(keys, clock)
    short, _ = ours.issue("ann", "concert", "s-1", at(60))
    long, expires = ours.issue("ann", "concert", "s-1", at(10 * LONGEST_PASS_S))
    assert expires == at(LONGEST_PASS_S)
    clock[0] = NOW + 59
    assert ours.verify(short).session == "s-1"
    clock[0] = NOW + 60
    with pytest.raises(PassRefused, match="has expired, 0 s ago"):
        ours.verify(short)
    assert ours.verify(long).room == "concert"


def test_a_pass_of_another_hall_or_for_another_shop_is_refused(
    keys: PassKeys, clock: list[float]
) -> None:
    ours = signing(keys, clock)
    for other in ({"audience": "theatre"}, {"issuer": "http://other.example"}):
        signed, _ = signing(keys, clock, **other).issue("ann", "concert", "s-1", at(60))
        with pytest.raises(PassRefused, match="not one of ours"):
            ours.verify(signed)


def test_a_new_key_is_published_before_it_signs_and_the_old_one_as_long_as_its_passes_live(
    keys: PassKeys, clock: list[float]
) -> None:
    ours = signing(keys, clock)
    old, (signed, _) = keys.signing(), ours.issue("ann", "concert", "s-1", at(LONGEST_PASS_S))
    new = keys.rotate()
    assert (keys.published(), keys.signing()) == ([new, old], old)

    clock[0] += PUBLISHED_AHEAD_S
    last, _ = ours.issue("ann", "concert", "s-2", at(LONGEST_PASS_S))
    assert keys.signing() == new
    assert ours.verify(signed).session == "s-1"
    clock[0] += LONGEST_PASS_S - 1
    assert keys.published() == [new, old]
    clock[0] += 1
    assert keys.published() == [new]
    keys.rotate()
    assert old not in keys.published()
    assert jwt.get_unverified_header(last)["kid"] == new.kid


def test_a_compromised_key_signs_and_proves_nothing_any_more(
    keys: PassKeys, clock: list[float]
) -> None:
    ours = signing(keys, clock)
    signed, _ = ours.issue("ann", "concert", "s-1", at(60))
    new = keys.rotate(compromised=True)
    assert (keys.published(), keys.signing()) == ([new], new)
    with pytest.raises(PassRefused, match="a key that is not published here"):
        ours.verify(signed)


def test_processes_of_one_folder_agree_on_its_keys(
    tmp_path: Path, keys: PassKeys, clock: list[float]
) -> None:
    other = PassKeys(tmp_path / "passes", lambda: clock[0], lambda: clock[0])
    assert other.signing() == keys.signing()
    new = keys.rotate()
    clock[0] += PUBLISHED_AHEAD_S
    assert other.signing() == keys.signing() == new
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "passes").iterdir()} == {0o600}


@pytest.mark.parametrize("wrong", ["", "{}", "no json", '{"kty": "RSA"}'])
def test_a_file_that_is_no_key_is_named(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "5.jwk").write_text(wrong)
    with pytest.raises(SettingsRefused, match=r"5\.jwk is no private key of the curve P-256"):
        PassKeys(tmp_path).signing()


def test_a_key_is_called_by_its_thumbprint() -> None:
    """RFC 7638: the members that it needs, in the order of the alphabet, without white space."""
    key = passes().keys.signing()
    x, y = key.jwk["x"], key.jwk["y"]
    digest = sha256(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode()).digest()
    assert urlsafe_b64decode(f"{key.kid}=") == digest


def test_a_key_that_another_process_removes_meanwhile_is_passed_over(
    keys: PassKeys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = keys.rotate()
    gone = tmp_path / "passes" / "7.jwk"
    files = PassKeys._files
    monkeypatch.setattr(PassKeys, "_files", lambda self: [*files(self), gone])
    assert PassKeys(tmp_path / "passes", lambda: NOW).published()[0] == key
