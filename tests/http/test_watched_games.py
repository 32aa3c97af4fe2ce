"""A watched game keeps up, whatever is known first and whatever comes late."""

from typing import Any

from domain.events import DomainEvent
from domain.games.commands import MakeMove, Resign, StartGame
from domain.games.events import GameEnded, MovePlayed
from domain.games.four_in_a_row import FourInARow
from interfaces.http.games.watched_game import Said, WatchedGame
from tests.given import T0
from tests.http.fakes.games import FakeGames
from tests.http.fakes.log import FakeLog

GAME = "g"


def story(*columns: int) -> list[DomainEvent]:
    """The events of a game with these moves, resigned by ann at the end."""
    game = FourInARow(GAME)
    game.decide(StartGame(game_id=GAME, player1="ann", player2="ben", move_seconds=9), T0)
    for number, column in enumerate(columns):
        player = "ann" if number % 2 == 0 else "ben"
        game.decide(MakeMove(game_id=GAME, player=player, column=column), T0)
    game.decide(Resign(game_id=GAME, player="ann"), T0)
    return list(game.collect_events())


async def record(events: list[DomainEvent]) -> Any:
    games = FakeGames(log := FakeLog())
    for event in events:
        log._publish("game-log", event, "c", None)  # type: ignore[arg-type]
    return await games.game(GAME)


def types(said: list[Said]) -> list[str]:
    return [type for type, _ in said]


def moves(said: list[Said]) -> list[int]:
    return [payload.moves for type, payload in said if type == "game_state"]


async def test_from_the_first_event_on() -> None:
    watched, events = WatchedGame(GAME), story(3, 3)
    said = [line for event in events for line in watched.take(event)]

    assert types(said) == [
        "game_started",
        "game_state",
        "move",
        "game_state",
        "move",
        "game_state",
        "game_ended",
        "game_state",
    ]
    assert said[-1][1].board == (await record(events)).board
    assert watched.is_over


async def test_from_the_record_on_what_it_shows_is_not_told_again() -> None:
    watched, events = WatchedGame(GAME), story(3, 4, 5)

    assert moves(watched.show(await record(events[:3]))) == [2]
    assert watched.take(events[1]) == watched.take(events[2]) == []
    assert types(watched.take(events[0])) == ["game_started"]
    assert types(watched.take(events[3])) == ["move", "game_state"]
    assert types(watched.take(events[4])) == ["game_ended", "game_state"]
    assert watched.take(events[4]) == watched.take(events[3]) == []


async def test_events_before_the_record_wait_for_it() -> None:
    watched, events = WatchedGame(GAME), story(3, 4, 5)

    assert watched.take(events[2]) == watched.take(events[3]) == []
    assert moves(watched.show(await record(events[:2]))) == [1, 2, 3]


async def test_a_record_that_is_behind_is_of_no_use() -> None:
    watched, events = WatchedGame(GAME), story(3, 4, 5)
    watched.take(events[3])

    assert watched.show(await record(events[:2])) == []
    assert watched.game is None
    assert moves(watched.show(await record(events[:3]))) == [2, 3]


async def test_a_gap_makes_the_table_ask_again() -> None:
    watched, events = WatchedGame(GAME), story(3, 4, 5)
    watched.show(await record(events[:2]))

    assert watched.take(events[3]) == []
    assert watched.game is None
    assert moves(watched.show(await record(events[:4]))) == [3]


async def test_an_end_that_does_not_follow_waits_too() -> None:
    watched, events = WatchedGame(GAME), story(3, 4)
    watched.show(await record(events[:2]))
    ended = events[-1]
    assert isinstance(ended, GameEnded)

    assert watched.take(ended) == []
    assert types(watched.show(await record(events[:-1]))) == [
        "game_state",
        "game_ended",
        "game_state",
    ]


async def test_a_record_is_told_once() -> None:
    watched, events = WatchedGame(GAME), story(3)
    watched.show(await record(events[:2]))

    assert watched.show(await record(events)) == []


async def test_only_games_that_go_on_are_played() -> None:
    events = story(3)
    going_on, finished, unknown = WatchedGame(GAME), WatchedGame(GAME), WatchedGame(GAME)
    going_on.show(await record(events[:2]))
    finished.show(await record(events))

    games = [going_on, finished, unknown]
    assert [game for game in games if game.is_played_by("ben")] == [going_on]
    assert not any(game.is_played_by("eve") for game in games)
    assert isinstance(events[1], MovePlayed)
