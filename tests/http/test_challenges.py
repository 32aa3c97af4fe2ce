"""A friend is challenged by a link, and who has played plays again."""

import asyncio
from collections.abc import Collection

import httpx
import pytest

from application.games.offers import Offers
from interfaces.http.games.challenges import CHALLENGE_LIFETIME_S
from interfaces.tokens import CHALLENGE_AUDIENCE, Identity, Tokens
from tests.http.conftest import SECRET, Api, problem

ACCEPT = "/api/v1/games/challenge/accept"


async def challenge(api: Api, user: str = "ann") -> str:
    made = await api.ask("POST", "/api/v1/games/challenge", user=user)
    assert made.status_code == 201, made.text
    return str(made.json()["challenge"])


async def accept(api: Api, code: str, user: str = "ben", **headers: str) -> httpx.Response:
    return await api.ask("POST", ACCEPT, {"challenge": code}, user=user, headers=headers)


async def test_who_follows_the_link_plays_who_sent_it(api: Api) -> None:
    answer = await accept(api, await challenge(api))

    assert answer.status_code == 200, answer.text
    assert (answer.json()["user_id"], answer.json()["status"]) == ("ben", "seated")
    game = (await api.ask("GET", "/api/v1/me/place")).json()["game"]
    assert game["game_id"] == answer.json()["game_id"]
    assert {game["player1"], game["player2"]} == {"ann", "ben"}


async def test_a_challenge_is_accepted_once_also_after_its_game(api: Api) -> None:
    code = await challenge(api)
    game = (await accept(api, code)).json()["game_id"]

    problem(await accept(api, code, "cem"), 409, "challenge-accepted")
    await api.ask("POST", f"/api/v1/games/{game}/resign")
    problem(await accept(api, code, "cem"), 409, "challenge-accepted")


async def test_who_repeats_the_answer_gets_the_first_one(api: Api) -> None:
    code, key = await challenge(api), {"idempotency-key": "once"}
    first = await api.ask("POST", ACCEPT, {"challenge": code}, user="ben", headers=key)
    again = await api.ask("POST", ACCEPT, {"challenge": code}, user="ben", headers=key)

    assert first.status_code == 200
    assert again.status_code == 200, again.text
    assert again.json() == first.json()


async def test_who_is_busy_is_not_dragged_away(api: Api) -> None:
    code = await challenge(api)
    await api.ask("POST", "/api/v1/games/seek", {})
    problem(await accept(api, code), 409, "player-busy")
    await api.ask("POST", "/api/v1/games/cancel", {})
    problem(await accept(api, code, "ann"), 422, "same-opponent")
    assert (await accept(api, code)).status_code == 200


async def test_what_is_no_challenge_is_refused(api: Api) -> None:
    tokens, ann = api.services.tokens, Identity("ann", "player", 0, 0)
    for code in (
        "nonsense",
        tokens.issue("ann", "player"),
        tokens.ticket(ann, 60),
        tokens.link("ann"),
        Tokens(SECRET, lambda: 1_000.0).ticket(ann, CHALLENGE_LIFETIME_S, CHALLENGE_AUDIENCE),
        Tokens(SECRET[::-1]).ticket(ann, CHALLENGE_LIFETIME_S, CHALLENGE_AUDIENCE),
    ):
        problem(await accept(api, code), 403, "no-challenge")


async def rematch(api: Api, game: str, user: str) -> httpx.Response:
    return await api.ask("POST", f"/api/v1/games/{game}/rematch", user=user)


async def test_another_game_begins_once_both_want_it(api: Api) -> None:
    game = await api.pair()
    problem(await rematch(api, game, "ann"), 409, "game-goes-on")
    await api.ask("POST", f"/api/v1/games/{game}/resign")

    first = (await rematch(api, game, "ann")).json()
    assert (first["status"], first["offered_by"]) == ("open", ["ann"])
    assert (await rematch(api, game, "ann")).json() == first, "offering twice is no answer"
    seen = (await api.ask("GET", f"/api/v1/games/{game}/rematch/offers", user="ben")).json()
    assert seen == first
    second = (await rematch(api, game, "ben")).json()
    assert (second["status"], second["game_id"]) == ("seated", first["game_id"])
    for user in ("ann", "ben"):
        place = (await api.ask("GET", "/api/v1/me/place", user=user)).json()
        assert place["game"]["game_id"] == first["game_id"]
    assert (await rematch(api, game, "ann")).json()["status"] == "seated"


async def test_both_may_want_it_at_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    game = await api.pair()
    await api.ask("POST", f"/api/v1/games/{game}/resign")
    together, of = asyncio.Barrier(2), Offers.of

    async def of_both(offers: Offers, game_id: str) -> Collection[str]:
        await together.wait()
        return await of(offers, game_id)

    monkeypatch.setattr(Offers, "of", of_both)
    transport = httpx.ASGITransport(api.doors.public)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://hall") as client:
        path = f"/api/v1/games/{game}/rematch"
        asked = (client.post(path, headers=api.token(user)) for user in ("ann", "ben"))
        async with asyncio.timeout(10):
            first, second = await asyncio.gather(*asked)
    assert first.json() == second.json()
    assert first.json()["status"] == "seated"


async def test_nobody_else_offers_another_game(api: Api) -> None:
    game = await api.pair()
    await api.ask("POST", f"/api/v1/games/{game}/resign")

    problem(await rematch(api, game, "eve"), 403, "not-a-player")
    problem(await rematch(api, "none", "ann"), 404, "game-not-found")
    await api.ask("POST", "/api/v1/games/seek", {}, user="dan")
    api.log.pass_time(10)
    place = (await api.ask("GET", "/api/v1/me/place", user="dan")).json()
    await api.ask("POST", f"/api/v1/games/{place['game_id']}/resign", user="dan")
    problem(await rematch(api, place["game_id"], "dan"), 409, "only-a-bot")
