import jwt
import pytest

from interfaces import tokens
from interfaces.tokens import Identity, TokenRefused, Tokens

SECRET = "a secret of more than thirty-two characters"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_token_says_who_may_ask_for_what_and_until_when() -> None:
    signed = Tokens(SECRET, Clock()).issue("ada", "player", ttl=60, priority=2)
    assert Tokens(SECRET, Clock()).verify(signed) == Identity("ada", "player", 2, 1_060)


def test_a_token_expires_although_it_was_verified_before() -> None:
    clock = Clock()
    signer = Tokens(SECRET, clock)
    signed = signer.issue("ada", "player", ttl=60)
    signer.verify(signed)
    clock.now += 60
    with pytest.raises(TokenRefused, match="expired"):
        signer.verify(signed)


@pytest.mark.parametrize(
    "signed",
    [
        "no token at all",
        Tokens("another secret of more than thirty-two characters").issue("ada", "admin"),
        jwt.encode({"sub": "ada", "scope": "admin"}, SECRET),
        jwt.encode({"sub": "ada", "scope": "admin", "iat": 1, "exp": 2**37}, SECRET),
        jwt.encode(
            {"sub": "ada", "scope": "admin", "iat": 1, "exp": 2**37, "aud": "elsewhere"}, SECRET
        ),
        jwt.encode(
            {"sub": "ada", "scope": "god", "iat": 1, "exp": 2**37, "aud": "gamehall"}, SECRET
        ),
        jwt.encode({"sub": "ada", "scope": "admin", "aud": "gamehall"}, "", algorithm="none"),
    ],
)
def test_a_token_that_is_not_ours_is_refused(signed: str) -> None:
    with pytest.raises(TokenRefused):
        Tokens(SECRET).verify(signed)


@pytest.mark.parametrize(
    "subject", ["", "\0", "a\n", "x/y", "https://idp/x", "x" * 201, "a\x7f"], ids=repr
)
def test_a_subject_that_is_no_key_has_no_token(subject: str) -> None:
    signer = Tokens(SECRET)
    with pytest.raises(TokenRefused, match="is no name"):
        signer.issue(subject, "player")
    claims = {"sub": subject, "scope": "service", "iat": 1, "exp": 2**37, "aud": "gamehall"}
    with pytest.raises(TokenRefused, match="is no name"):
        signer.verify(jwt.encode(claims, SECRET))


@pytest.mark.parametrize("expires", [-1, 10**12, 10**30])
def test_a_token_is_good_until_a_time_that_there_is(expires: int) -> None:
    claims = {"sub": "ada", "scope": "service", "iat": 1, "exp": expires, "aud": "gamehall"}
    with pytest.raises(TokenRefused, match="do not fit"):
        Tokens(SECRET).verify(jwt.encode(claims, SECRET))


def test_clocks_may_differ_by_the_leeway_at_both_ends() -> None:
    clock = Clock()
    issuer, verifier = Tokens(SECRET, clock), Tokens(SECRET, clock, leeway_s=5)
    signed = issuer.issue("ada", "player", ttl=60)
    clock.now += 64
    assert verifier.verify(signed).user_id == "ada"
    clock.now += 1
    with pytest.raises(TokenRefused, match="has expired, 5 s ago by the clock of this server"):
        verifier.verify(signed)


def test_a_token_is_not_good_before_its_time() -> None:
    clock = Clock()
    verifier = Tokens(SECRET, clock, leeway_s=5)
    claims = {"sub": "ada", "scope": "player", "iat": 1, "nbf": 1_010, "exp": 2_000}
    signed = jwt.encode({**claims, "aud": "gamehall"}, SECRET)
    with pytest.raises(TokenRefused, match="not good yet, for 10 s by the clock of this server"):
        verifier.verify(signed)
    clock.now += 5
    assert verifier.verify(signed).begins == 1_010


def test_who_signs_in_the_future_is_believed_until_the_token_ends() -> None:
    ahead, clock = Clock(), Clock()
    ahead.now += 7_200
    signed = Tokens(SECRET, ahead).issue("ada", "player")
    assert Tokens(SECRET, clock).verify(signed).expires == 1_000 + 7_200 + 3_600


@pytest.mark.parametrize("name", ["bot-easy", "bot-medium", "bot-hard"])
def test_nobody_holds_a_token_in_the_name_of_a_bot(name: str) -> None:
    signer = Tokens(SECRET)
    with pytest.raises(TokenRefused, match=f"{name} is a bot"):
        signer.issue(name, "player")
    claims = {"sub": name, "scope": "player", "iat": 1, "exp": 2**37, "aud": "gamehall"}
    with pytest.raises(TokenRefused, match=f"{name} is a bot"):
        signer.verify(jwt.encode(claims, SECRET))
    assert signer.verify(signer.issue(name, "service")).user_id == name


def test_a_ticket_says_for_whom_it_was_given_and_is_no_token() -> None:
    clock = Clock()
    signer = Tokens(SECRET, clock)
    ada = signer.verify(signer.issue("ada", "player", ttl=600, priority=2))
    ticket = signer.ticket(ada, 30)

    assert Tokens(SECRET, clock).holder(ticket)[0] == ada
    assert signer.holder(ticket)[1] != signer.holder(signer.ticket(ada, 30))[1]
    with pytest.raises(TokenRefused):
        signer.verify(ticket)
    with pytest.raises(TokenRefused):
        signer.holder(signer.issue("ada", "player"))
    clock.now += 30
    with pytest.raises(TokenRefused, match="ticket has expired"):
        signer.holder(ticket)


def test_the_cache_of_verified_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_CACHED", 2)
    signer = Tokens(SECRET)
    for user in ("ada", "bob", "eve"):
        signer.verify(signer.issue(user, "player"))
    assert [identity.user_id for identity in signer._verified.values()] == ["bob", "eve"]
