"""Every message over the socket of a player's games has its answer."""

from typing import Any

import pytest

from domain.games.events import MovePlayed
from interfaces.http.games import following
from tests.http.at_tables import LIVE, answer_to, at_the_table, everything, play
from tests.http.conftest import Api
from tests.http.socket_client import connected


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ({"type": "seek"}, "seeking"),
        ({"type": "cancel"}, "error"),
        ({"type": "ping"}, "pong"),
        ({"type": "watch", "payload": {"game_id": "unknown"}}, "error"),
        ({"type": "unwatch", "payload": {"game_id": "unknown"}}, "unwatched"),
        ({"type": "move", "payload": {"column": 3, "game_id": "unknown"}}, "error"),
        ({"type": "resign", "payload": {"game_id": "unknown"}}, "error"),
        ({"type": "move", "payload": {}}, "error"),
        ({"type": "dance"}, "error"),
    ],
)
async def test_every_message_is_answered_with_its_own_id(
    api: Api, message: dict[str, Any], answer: str
) -> None:
    async with connected(api, LIVE) as ann:
        assert (await answer_to(ann, {**message, "id": "7"}))["type"] == answer


@pytest.mark.parametrize("follows", [True, False], ids=["followed", "unseen"])
@pytest.mark.parametrize(
    ("type", "payload"),
    [("watch", {}), ("move", {"column": 3}), ("move", {"column": 2, "number": 1}), ("resign", {})],
)
async def test_what_is_said_about_a_game_is_answered_by_its_state_with_the_same_id(
    api: Api, type: str, payload: dict[str, Any], follows: bool
) -> None:
    game = await api.pair()
    if "number" in payload:
        await play(api, game, payload["column"])
    async with at_the_table(api) if follows else connected(api, LIVE) as ann:
        message = {"type": type, "payload": {**payload, "game_id": game}, "id": "7"}
        answer = await answer_to(ann, message)
    assert answer["type"] == "game_state"
    assert answer["position"].startswith("game-log/")


async def test_who_looks_for_a_game_and_sits_is_answered_by_the_seat(api: Api) -> None:
    await api.pair()
    async with at_the_table(api) as ann:
        answer = await answer_to(ann, {"type": "seek", "id": "7"})
    assert (answer["type"], answer["payload"]["status"]) == ("seated", "seated")


async def test_an_unknown_game_takes_no_room(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST_WATCHED", 1)
    game = await api.pair("cem", "dan")
    async with connected(api, LIVE) as ann:
        for _ in range(3):
            await ann.send("watch", game_id="unknown")
            assert (await ann.until("error"))["type"].endswith("game-not-found")
        await ann.send("watch", game_id=game)
        await ann.until("game_state")


async def test_a_game_that_is_unwatched_is_heard_of_no_more(api: Api) -> None:
    game = await api.pair()
    async with connected(api, LIVE, user="eve") as eve:
        await eve.send("watch", game_id=game)
        await eve.until("game_state")
        await eve.send("unwatch", game_id=game)
        assert (await eve.until("unwatched"))["game_id"] == game
        await play(api, game, 3)
        assert await everything(eve) == []
    assert api.log.subscriptions(game) == 0


async def test_a_move_with_its_number_is_made_once(api: Api) -> None:
    game = await api.pair()
    async with at_the_table(api) as ann:
        for _ in range(2):
            await ann.send("move", column=3, number=1)
            assert (await ann.until("game_state"))["moves"] == 1
        await ann.send("move", column=4, number=1)
        assert (await ann.until("error"))["type"].endswith("not-that-move")
    again = await api.ask("POST", f"/api/v1/games/{game}/move", {"column": 3, "number": 1})

    assert (again.status_code, again.json()["moves"]) == (200, 1)
    assert [type(event) for event in api.log.of(game)].count(MovePlayed) == 1


async def test_a_repetition_need_not_have_the_same_id(api: Api) -> None:
    game = await api.pair()
    payload = {"column": 3, "game_id": game}
    move = {"type": "move", "payload": payload, "idempotency_key": "k"}
    async with at_the_table(api) as ann:
        for id in ("1", "2"):
            answer = await answer_to(ann, {**move, "id": id})
            assert (answer["type"], answer["payload"]["moves"]) == ("game_state", 1)
