"""What a player hears over several sockets, through several processes, and at awkward moments."""

import asyncio
import json
from typing import Any

import pytest

from application.ports.commands import Answer, CommandLog, Unavailable
from domain.events import Metadata, Position, Recorded
from domain.games import four_in_a_row
from domain.games.commands import LOBBY_ID, Seek, StartGame
from domain.games.events import MovePlayed, PlayersPaired, SeekCancelled
from domain.games.refusals import SameOpponent
from interfaces.http.games import following, seating
from interfaces.http.games.following import FollowedGames
from interfaces.http.games.lobby_feed import LobbyFeed
from interfaces.http.games.seeker import Seeker
from interfaces.http.games.watched_game import Said
from tests.http.at_tables import LIVE, WINNING, answer_to, at_the_table, everything, play
from tests.http.conftest import Api, another_process, problem
from tests.http.fakes.feed import FakeFeed
from tests.http.fakes.log import NOW
from tests.http.socket_client import connected


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


async def test_a_seat_that_is_given_up_before_it_could_be_told_is_no_answer(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = await api.pair()
    async with connected(api, LIVE) as ann:
        monkeypatch.setattr(following, "look_at", _nobody_knows)
        await ann.send_text('{"type": "seek", "id": "7"}')
        assert await everything(ann) == []
        await api.ask("POST", f"/api/v1/games/{game}/resign", {})
        await api.ask("POST", "/api/v1/games/seek", {})
        answer = json.loads((await ann.incoming.get())["text"])
        assert (answer["type"], answer["id"]) == ("error", "7")
        assert game in answer["payload"]["detail"]
        assert (await ann.receive())[0] == "seeking"


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


async def test_an_answer_that_comes_late_takes_no_seat_away(api: Api) -> None:
    said: list[Said] = []
    games = FollowedGames(api.log, api.services.feed, said.extend)
    ann = Seeker("ann", api.log, LobbyFeed(), games, said.extend)
    fields: Any = {"originator_id": LOBBY_ID, "originator_version": 3, "timestamp": NOW}
    paired = PlayersPaired(game_id="second", player1="ann", player2="ben", **fields)
    first = Seek(user_id="ann", game_id="first", status="seeking")

    await ann.hear(Recorded(paired, Position("game-log", 0, 13), "c", Metadata()))
    ann.tell(Answer(Position("game-log", 0, 10), first), "late")

    assert [game.game_id for game in games.not_sat_down()] == ["second"]
    assert [(one.type, one.id) for one in said] == [("seeking", "late")]
    await games.close()


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


async def _nobody_knows(_log: CommandLog, _game_id: str) -> Answer:
    raise Unavailable("The shard is being taken over.")


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
