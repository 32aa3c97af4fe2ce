"""What a player hears over several sockets, through several processes, and at awkward moments."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from application.ports.commands import Answer, CommandLog
from domain.games import four_in_a_row
from domain.games.commands import StartGame
from domain.games.events import MovePlayed, SeekCancelled
from domain.games.refusals import SameOpponent
from interfaces.http.games import following, seating
from tests.http.conftest import Api, another_process, problem
from tests.http.fakes.feed import FakeFeed
from tests.http.socket_client import Socket, connected

LIVE = "/api/v1/games/live"
WINNING = (0, 1, 0, 1, 0, 1)
"""Columns after which ann, who began, wins by another disc in column 0."""


async def everything(socket: Socket) -> list[tuple[str, Any]]:
    """All that this socket has been told by now: it has just been asked for a pong."""
    await socket.send_text('{"type": "ping", "id": "the end"}')
    heard: list[tuple[str, Any]] = []
    while (message := await socket.receive()) != ("pong", {}):
        heard.append(message)
    return heard


async def answer_to(socket: Socket, message: dict[str, Any]) -> dict[str, Any]:
    """The message with the same id that answers this one."""
    await socket.send_text(json.dumps(message))
    while True:
        async with asyncio.timeout(3):
            said = json.loads((await socket.incoming.get())["text"])
        if said.get("id") == message["id"]:
            assert isinstance(said, dict)
            return said


@asynccontextmanager
async def at_the_table(api: Api, *, user: str = "ann") -> AsyncIterator[Socket]:
    """A socket of somebody who follows the game they sit at."""
    async with connected(api, LIVE, user=user) as socket:
        await socket.send("seek")
        await socket.until("game_state")
        yield socket


async def play(api: Api, game: str, *columns: int) -> None:
    for number, column in enumerate(columns):
        user = ("ann", "ben")[number % 2]
        await api.ask("POST", f"/api/v1/games/{game}/move", {"column": column}, user=user)


async def test_the_last_word_on_a_game_is_its_end(api: Api) -> None:
    game = await api.pair()
    await play(api, game, *WINNING)
    async with at_the_table(api) as ann:
        await ann.send("move", column=0)
        await ann.until("game_ended")
        assert (await ann.until("game_state"))["status"] == "finished"
        await ann.send("watch", game_id=game)
        assert (await ann.until("game_state"))["status"] == "finished"
        assert await everything(ann) == []


async def test_a_winning_move_is_told_with_its_end_and_one_state(api: Api) -> None:
    game = await api.pair()
    await play(api, game, *WINNING)
    async with at_the_table(api) as ann, at_the_table(api, user="ben") as ben:
        await ann.send("move", column=0)
        for player in (ann, ben):
            assert [(await player.receive())[0] for _ in range(3)] == [
                "move",
                "game_ended",
                "game_state",
            ]
            assert await everything(player) == []


async def test_who_comes_back_through_a_process_that_is_behind_is_not_behind(api: Api) -> None:
    game, other = await api.pair(), another_process(api)
    assert isinstance(other.services.feed, FakeFeed)
    other.services.feed.lags = True
    await play(api, game, 3, 4)
    async with connected(other, LIVE) as ann:
        await ann.send("watch", game_id=game)
        assert (await ann.until("game_state"))["moves"] == 2
        other.services.feed.catch_up()
        assert await everything(ann) == [], "what it reads late is no news"


async def test_a_move_is_told_before_the_state_after_it_even_where_that_is_known_first(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    game, other = await api.pair(), another_process(api)
    feed = other.services.feed
    assert isinstance(feed, FakeFeed)
    async with connected(other, LIVE) as ann:
        await ann.send("watch", game_id=game)
        await ann.until("game_state")
        feed.lags = True
        monkeypatch.setattr("interfaces.http.games.socket.HEARING_TIMEOUT_S", 3.0)
        await ann.send("move", column=3)
        await _moves(api, game, 1)
        feed.catch_up()
        assert [(await ann.receive())[0] for _ in range(2)] == ["move", "game_state"]
        assert await everything(ann) == []


async def test_a_move_is_answered_where_its_event_is_not_heard_in_time(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    game, other = await api.pair(), another_process(api)
    feed = other.services.feed
    assert isinstance(feed, FakeFeed)
    monkeypatch.setattr("interfaces.http.games.socket.HEARING_TIMEOUT_S", 0.0)
    async with connected(other, LIVE) as ann:
        await ann.send("watch", game_id=game)
        await ann.until("game_state")
        feed.lags = True
        move = {"type": "move", "payload": {"column": 3}, "id": "m"}
        answer = await answer_to(ann, move)
        assert (answer["type"], answer["payload"]["moves"]) == ("game_state", 1)


async def test_a_seat_is_told_when_its_game_can_be_moved_in(api: Api) -> None:
    async with connected(api, LIVE) as ann, connected(api, LIVE, user="ben") as ben:
        await ann.send("seek")
        game = (await ann.until("seeking"))["game_id"]
        api.log.matchmaker_rests = True
        await ben.send("seek")
        await _sit(api, "ben")
        assert await everything(ann) == []
        api.log.matchmake()
        for player in (ann, ben):
            assert (await player.until("seated"))["game_id"] == game
        await ann.send("move", column=3)
        assert (await ann.until("game_state"))["moves"] in (0, 1)
        assert await everything(ben)


async def test_a_seek_after_the_end_of_a_game_leads_to_another(api: Api) -> None:
    game = await api.pair()
    async with at_the_table(api) as ann:
        api.log.matchmaker_rests = True
        await ann.send("resign")
        await ann.until("game_ended")
        await ann.send("seek")
        await _seeks(api, 2)
        api.log.matchmake()
        assert (await ann.until("seeking"))["game_id"] != game


async def test_over_http_as_well_a_seek_waits_for_the_last_table_to_be_cleared(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = await api.pair()
    api.log.matchmaker_rests = True
    await api.ask("POST", f"/api/v1/games/{game}/resign")
    looks, really_look_at = iter(range(10)), seating.look_at

    async def look_at(log: CommandLog, game_id: str) -> Answer:
        if next(looks) == 2:
            api.log.matchmake()
        return await really_look_at(log, game_id)

    monkeypatch.setattr(seating, "look_at", look_at)
    place = (await api.ask("POST", "/api/v1/games/seek", {})).json()

    assert place["status"] == "seeking"
    assert place["game_id"] != game
    assert next(looks) == 3


async def test_a_seat_whose_game_does_not_begin_is_a_503_and_told_when_it_does(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seating, "BEGIN_TIMEOUT_S", 0.01)
    await api.ask("POST", "/api/v1/games/seek", {}, user="ben")
    api.log.matchmaker_rests = True
    async with connected(api, LIVE) as ann:
        answer = await answer_to(ann, {"type": "seek", "id": "s"})
        assert (answer["type"], answer["payload"]["status"]) == ("error", 503)
        assert "has not begun yet" in answer["payload"]["detail"]
        api.log.matchmake()
        await ann.until("seated")
        assert (await ann.until("game_started"))["player2"] == "ann"


async def test_who_sits_where_no_game_can_begin_is_told_and_may_seek_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(api, LIVE) as ann:
        await ann.send("seek")
        game = (await ann.until("seeking"))["game_id"]
        with monkeypatch.context() as refusing:
            refusing.setattr(four_in_a_row, "_check_seats", _refuse)
            refusing.setattr(seating, "BEGIN_TIMEOUT_S", 0.01)
            answer = await api.ask("POST", "/api/v1/games/seek", {}, user="ben")
            problem(answer, 503, "unavailable")
        error = await ann.until("error")
        assert error["type"].endswith("game-not-begun")
        assert game in error["detail"]
        await ann.send("seek")
        assert (await ann.until("seeking"))["game_id"] != game


async def test_all_sockets_of_a_player_hear_of_seek_cancel_and_seat(api: Api) -> None:
    other = another_process(api)
    async with (
        connected(api, LIVE) as ann,
        connected(api, LIVE) as tab,
        connected(other, LIVE) as phone,
    ):
        for _ in range(2):
            await ann.send("seek")
            for each in (ann, tab, phone):
                assert (await each.receive())[0] == "seeking"
            await tab.send("cancel")
            for each in (ann, tab, phone):
                assert (await each.receive())[0] == "cancelled"
        await phone.send("seek")
        for each in (ann, tab, phone):
            assert (await each.receive())[0] == "seeking"
        await api.ask("POST", "/api/v1/games/seek", {}, user="ben")
        for each in (ann, tab, phone):
            assert [(await each.receive())[0] for _ in range(3)] == [
                "seated",
                "game_started",
                "game_state",
            ]


async def test_what_a_process_hears_late_of_the_lobby_is_no_news(api: Api) -> None:
    feed = api.log.feed
    async with connected(api, LIVE) as ann:
        feed.lags = True
        for said in ("seek", "cancel", "seek"):
            await ann.send(said)
        assert [(await ann.receive())[0] for _ in range(3)] == ["seeking", "cancelled", "seeking"]
        feed.catch_up()
        assert await everything(ann) == []


async def test_a_break_in_what_the_lobby_tells_is_made_up_for(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interfaces.http.platform.shared_feeds.RESUBSCRIBE_DELAY_S", 0.02)
    async with connected(api, LIVE) as ann:
        await ann.send("seek")
        await ann.until("seeking")
        api.log.cut("lobby")
        await api.ask("POST", "/api/v1/games/seek", {}, user="ben")
        await ann.until("seated")


async def test_a_player_whose_last_socket_ends_looks_no_more(api: Api) -> None:
    async with connected(api, LIVE) as ann:
        async with connected(api, LIVE) as tab:
            await tab.send("seek")
            await ann.until("seeking")
        assert not any(isinstance(event, SeekCancelled) for event in api.log.of("lobby"))
    assert isinstance(api.log.of("lobby")[-1], SeekCancelled)

    await api.ask("POST", "/api/v1/games/seek", {}, user="ben")
    assert (await api.ask("POST", "/api/v1/games/seek", {}, user="ben")).json()["status"] == (
        "seeking"
    )


async def test_who_looks_for_a_game_by_requests_goes_on_without_a_socket(api: Api) -> None:
    async with connected(api, LIVE) as ann:
        await everything(ann)
        await api.ask("POST", "/api/v1/games/seek", {})
        await ann.until("seeking")

    assert not any(isinstance(event, SeekCancelled) for event in api.log.of("lobby"))


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


@pytest.mark.parametrize(
    "message",
    [
        {"type": "seek"},
        {"type": "watch"},
        {"type": "move", "payload": {"column": 3}},
        {"type": "move", "payload": {"column": 2, "number": 1}},
        {"type": "resign"},
    ],
)
async def test_every_message_about_a_game_is_answered_with_its_own_id(
    api: Api, message: dict[str, Any]
) -> None:
    game = await api.pair()
    payload = message.get("payload", {}) | ({} if message["type"] == "seek" else {"game_id": game})
    if payload.get("number"):
        await play(api, game, 2)
    for start in (at_the_table(api), connected(api, LIVE)):
        async with start as ann:
            answer = await answer_to(ann, {**message, "payload": payload, "id": "7"})
            if message["type"] == "seek":
                assert (answer["type"], answer["payload"]["status"]) == ("seated", "seated")
                continue
        assert answer["type"] == "game_state"
        assert answer["position"].startswith("game-log/")
        break


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


def _refuse(command: StartGame) -> None:
    raise SameOpponent(command.player1)


async def _moves(api: Api, game: str, count: int) -> None:
    await _until(lambda: [type(each) for each in api.log.of(game)].count(MovePlayed) == count)


async def _seeks(api: Api, count: int) -> None:
    """Wait until the lobby has been asked so often."""
    await _until(
        lambda: [type(each.command).__name__ for each in api.log.commands].count("SeekGame") > count
    )


async def _sit(api: Api, user: str) -> None:
    await _until(lambda: any(getattr(each, "player2", "") == user for each in api.log.of("lobby")))


async def _until(is_so: Any) -> None:
    async with asyncio.timeout(3):
        while not is_so():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.002)
