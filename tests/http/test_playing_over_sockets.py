import asyncio

import pytest

from application.ports.commands import Envelope
from domain.games.commands import SeekGame, StartGame
from domain.games.events import MovePlayed
from interfaces.http.games import following
from interfaces.http.platform import shared_feeds
from tests.http.conftest import Api
from tests.http.fakes.games import FakeGames
from tests.http.fakes.log import FakeLog
from tests.http.socket_client import connected

LIVE = "/api/v1/games/live"


async def test_two_players_meet_and_play_to_the_end(api: Api) -> None:
    async with connected(api, LIVE) as ann, connected(api, LIVE, user="ben") as ben:
        await ann.send("seek")
        seeking = await ann.until("seeking")
        await ben.send("seek", bot_level="hard")
        assert (await ben.until("seated"))["game_id"] == seeking["game_id"]
        for player in (ann, ben):
            state = await player.until("game_state")
            assert (state["player1"], state["player2"], state["to_move"]) == ("ann", "ben", "ann")

        for column in (0, 1, 0, 1, 0, 1, 0):
            for player in (ann, ben):
                if (await _to_move(api, seeking["game_id"])) == ("ann" if player is ann else "ben"):
                    await player.send("move", column=column)
                    break
            for player in (ann, ben):
                assert (await player.until("move"))["column"] == column

        for player in (ann, ben):
            ended = await player.until("game_ended")
            assert (ended["result"], ended["winner"]) == ("win", "ann")
            assert len(ended["line"]) == 4
            state = await player.until("game_state")
            assert (state["status"], state["to_move"]) == ("finished", None)


async def _to_move(api: Api, game_id: str) -> str | None:
    game = await api.games.game(game_id)
    assert game is not None
    return game.to_move


async def test_who_comes_first_hears_of_the_start(api: Api) -> None:
    async with connected(api, LIVE) as ann:
        await ann.send("seek")
        await ann.until("seeking")
        await _listening(api.log)
        await api.ask("POST", "/api/v1/games/seek", {}, user="ben")

        started = await ann.until("game_started")
        assert (started["player1"], started["player2"]) == ("ann", "ben")


async def test_an_illegal_move_is_told_to_who_made_it(api: Api) -> None:
    game = await api.pair()
    async with connected(api, LIVE, user="ben") as ben:
        await ben.send("move", column=3, game_id=game)
        error = await ben.until("error")

    assert error["type"] == "urn:gamehall:problem:not-your-turn"
    assert error["status"] == 409


async def test_a_move_needs_no_game_id_while_there_is_one_game(api: Api) -> None:
    async with connected(api, LIVE) as ann:
        await ann.send("move", column=3)
        assert (await ann.until("error"))["type"].endswith("no-game")

        game = await api.pair()
        await ann.send("watch", game_id=game)
        await ann.until("game_state")
        await ann.send("move", column=3)
        assert (await ann.until("move"))["game_id"] == game
        assert (await ann.until("game_state"))["moves"] == 1

        other = "second-table"
        start = StartGame(game_id=other, player1="ann", player2="cem", move_seconds=60)
        await api.log.execute(Envelope(command_id="x", command=start))
        await ann.send("watch", game_id=other)
        await ann.until("game_state")
        await ann.send("move", column=3)
        assert (await ann.until("error"))["type"].endswith("several-games")


async def test_who_comes_back_sees_the_game_as_it_stands(api: Api) -> None:
    game = await api.pair()
    await api.ask("POST", f"/api/v1/games/{game}/move", {"column": 3})
    async with connected(api, LIVE) as ann:
        await ann.send("seek")
        assert (await ann.until("seated"))["game_id"] == game
        assert (await ann.until("game_state"))["board"][5] == "...1..."
        await ann.send("watch", game_id=game)
        assert (await ann.until("game_state"))["moves"] == 1


async def test_resigning_ends_the_game_for_both(api: Api) -> None:
    game = await api.pair()
    async with connected(api, LIVE) as ann, connected(api, LIVE, user="ben") as ben:
        await ben.send("watch", game_id=game)
        await ben.until("game_state")
        await _listening(api.log, 1)
        await ann.send("resign", game_id=game)
        for player in (ann, ben):
            assert (await player.until("game_state"))["status"] == "finished"


async def test_who_stops_looking_is_told_so(api: Api) -> None:
    async with connected(api, LIVE) as ann:
        await ann.send("seek")
        await ann.until("seeking")
        await ann.send("cancel")
        assert (await ann.until("cancelled"))["status"] == "cancelled"
        await ann.send("cancel")
        assert (await ann.until("error"))["type"].endswith("not-seeking")


async def test_a_socket_shows_so_many_games(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST_WATCHED", 1)
    one, two = await api.pair(), await api.pair("cem", "dan")
    async with connected(api, LIVE, user="eve") as eve:
        await eve.send("watch", game_id=one)
        await eve.send("watch", game_id=two)
        assert (await eve.until("error"))["type"].endswith("too-many-games")
        await eve.send("unwatch", game_id=one)
        await eve.send("watch", game_id=two)
        assert (await eve.until("game_state"))["game_id"] == two


async def test_one_s_own_game_fits_beside_those_that_are_watched(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST_WATCHED", 1)
    watched = await api.pair("cem", "dan")
    async with connected(api, LIVE) as ann:
        await ann.send("watch", game_id=watched)
        await ann.until("game_state")
        game = await api.pair()
        assert (await ann.until("seated"))["game_id"] == game
        assert (await ann.until("game_state"))["game_id"] == game


async def test_a_finished_game_makes_room_for_another(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST_WATCHED", 1)
    game = await api.pair()
    await api.ask("POST", f"/api/v1/games/{game}/resign")
    async with connected(api, LIVE) as ann:
        for _ in range(2):
            await ann.send("watch", game_id=game)
            assert (await ann.until("game_state"))["status"] == "finished"


async def test_nothing_listens_when_the_socket_is_gone(api: Api) -> None:
    game = await api.pair()
    async with connected(api, LIVE) as ann:
        await ann.send("watch", game_id=game)
        await ann.until("game_state")
        await asyncio.sleep(0.02)
        assert api.log.subscriptions(game) == 1

    await asyncio.sleep(0)
    assert api.log.subscriptions(game) == 0


async def test_a_game_that_cannot_be_looked_at_for_a_moment_is_looked_at_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_feeds, "RESUBSCRIBE_DELAY_S", 0.02)
    game = await api.pair()
    async with connected(api, LIVE) as ann:
        await ann.send("watch", game_id=game)
        await ann.until("game_state")
        await api.ask("POST", f"/api/v1/games/{game}/move", {"column": 3})
        await ann.until("game_state")
        api.log.away = True
        api.log.cut(game)
        await _nobody_follows(api.log, game)
        api.log.away = False
        await api.ask("POST", f"/api/v1/games/{game}/move", {"column": 3}, user="ben")
        assert (await ann.until("game_state"))["moves"] == 2


async def test_a_game_is_played_without_its_read_model(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = await api.pair()
    monkeypatch.delattr(FakeGames, "game")
    async with connected(api, LIVE) as ann:
        await ann.send("watch", game_id=game)
        assert (await ann.until("game_state"))["moves"] == 0
        await ann.send("move", column=3)
        assert (await ann.until("game_state"))["moves"] == 1


async def test_a_cut_subscription_is_made_up_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_feeds, "RESUBSCRIBE_DELAY_S", 0.02)
    game = await api.pair()
    async with connected(api, LIVE) as ann:
        await ann.send("watch", game_id=game)
        await ann.until("game_state")
        api.log.cut(game)
        await api.ask("POST", f"/api/v1/games/{game}/move", {"column": 3})
        while (await ann.until("game_state"))["moves"] != 1:
            pass


async def test_a_repeated_move_changes_nothing_and_is_told_how_the_game_stands(api: Api) -> None:
    game = await api.pair()
    async with connected(api, LIVE) as ann:
        await ann.send("move", key="first move", column=3, game_id=game)
        assert (await ann.until("game_state"))["moves"] == 1
    await api.ask("POST", f"/api/v1/games/{game}/move", {"column": 3}, user="ben")
    events = len(api.log.of(game))

    async with connected(api, LIVE) as ann:
        await ann.send("watch", game_id=game)
        assert (await ann.until("game_state"))["moves"] == 2
        await ann.send("move", key="first move", column=3, game_id=game)
        assert (await ann.until("game_state"))["moves"] == 2, "which is never less than was told"

    assert len(api.log.of(game)) == events
    assert api.log.commands[-1].command_id == "player/ann/first move"


async def test_looking_for_a_game_twice_with_one_key_is_looking_once(api: Api) -> None:
    async with connected(api, LIVE) as ann:
        await ann.send("seek", key="s")
        first = await ann.until("seeking")
        await ann.send("cancel", key="c")
        cancelled = await ann.until("cancelled")
        await ann.send("seek", key="s")
        assert await ann.until("seeking") == first
        await ann.send("cancel", key="c")
        assert await ann.until("cancelled") == cancelled

    assert len(api.log.of("lobby")) == 2


async def test_a_key_belongs_to_one_message(api: Api) -> None:
    game = await api.pair()
    async with connected(api, LIVE) as ann:
        await ann.send("move", key="k", column=3, game_id=game)
        await ann.until("game_state")
        await ann.send("move", key="k", column=4, game_id=game)
        error = await ann.until("error")

    assert error["type"] == "urn:gamehall:problem:idempotency-key-reused"
    assert error["status"] == 422
    assert [event.column for event in api.log.of(game) if isinstance(event, MovePlayed)] == [3]


async def test_a_key_of_a_request_is_none_for_a_message(api: Api) -> None:
    game = await api.pair()
    move = {"column": 3}
    await api.ask("POST", f"/api/v1/games/{game}/move", move, headers={"idempotency-key": "k"})
    async with connected(api, LIVE) as ann:
        await ann.send("move", key="k", column=3, game_id=game)
        assert (await ann.until("error"))["type"].endswith("idempotency-key-reused")


async def test_a_key_of_one_player_is_not_that_of_another(api: Api) -> None:
    async with connected(api, LIVE) as ann, connected(api, LIVE, user="ben") as ben:
        await ann.send("seek", key="k")
        await ann.until("seeking")
        await ben.send("seek", key="k")
        await ben.until("seated")


@pytest.mark.parametrize("key", ["", "k" * 201, "\u00fc", "tab\there"])
async def test_an_unusable_key_of_a_message_is_refused(api: Api, key: str) -> None:
    async with connected(api, LIVE) as ann:
        await ann.send("seek", key=key)
        error = await ann.until("error")

    assert error["type"] == "urn:gamehall:problem:invalid-idempotency-key"
    assert not api.log.commands


async def test_a_move_with_a_key_names_its_game(api: Api) -> None:
    game = await api.pair()
    async with connected(api, LIVE) as ann:
        await ann.send("watch", game_id=game)
        await ann.until("game_state")
        await ann.send("move", key="k", column=3)
        error = await ann.until("error")

    assert error["status"] == 400
    assert "names its game_id" in error["detail"]
    assert not any(isinstance(event, MovePlayed) for event in api.log.of(game))


async def test_without_a_key_every_message_is_new(api: Api) -> None:
    async with connected(api, LIVE) as ann:
        for _ in range(2):
            await ann.send("seek")
            await ann.until("seeking")

    seeks = [each for each in api.log.commands if isinstance(each.command, SeekGame)]
    ids = [each.command_id for each in seeks]
    assert len(set(ids)) == len(ids) == 2
    assert [each.metadata.fingerprint for each in seeks] == [None, None]
    assert [each.metadata.correlation_id for each in seeks] == ids


async def test_what_leads_to_no_command_takes_no_key(api: Api) -> None:
    async with connected(api, LIVE) as ann:
        await ann.send("watch", key="k", game_id="g")
        assert (await ann.until("error"))["type"].endswith("invalid-request")


async def _nobody_follows(log: FakeLog, game: str) -> None:
    """Wait until the one who followed a game has found out that it has been cut off."""
    for _ in range(100):
        if log.subscriptions(game) == 0:
            return
        await asyncio.sleep(0.01)
    pytest.fail("somebody still follows")


async def _listening(log: FakeLog, subscribers: int = 1) -> None:
    """Wait until somebody listens to the lobby."""
    for _ in range(100):
        if log.subscriptions("lobby") >= subscribers:
            return
        await asyncio.sleep(0.01)
    pytest.fail("nobody listens")
