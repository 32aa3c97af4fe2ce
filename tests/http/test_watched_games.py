"""A watched game keeps up, whatever is known first and whatever comes late, and never goes back."""

from collections.abc import Sequence

from domain.events import Metadata, Position, Recorded
from domain.games.commands import (
    GameLook,
    GameLookBack,
    LookAtGame,
    LookBackAtGame,
    MakeMove,
    Resign,
    Seek,
    StartGame,
)
from domain.games.four_in_a_row import FourInARow
from interfaces.http.games.watched_game import Said, WatchedGame
from tests.given import T0

GAME = "g"
WINNING = (0, 1, 0, 1, 0, 1, 0)


def at(seq: int) -> Position:
    return Position("game-log", 0, seq)


def story(*columns: int, resigned: bool = True) -> list[Recorded]:
    """The events of a game with these moves, each command's with the name of its move."""
    game = FourInARow(GAME)
    commands: list[MakeMove | Resign | StartGame] = [
        StartGame(game_id=GAME, player1="ann", player2="ben", move_seconds=9),
        *(
            MakeMove(game_id=GAME, player=("ann", "ben")[n % 2], column=column)
            for n, column in enumerate(columns)
        ),
        *([Resign(game_id=GAME, player="ann")] if resigned else []),
    ]
    told: list[Recorded] = []
    for number, command in enumerate(commands):
        game.decide(command, T0)
        for event in game.collect_events():
            told.append(Recorded(event, at(len(told)), f"command {number}", Metadata()))
    return told


def look(events: Sequence[Recorded]) -> tuple[GameLook, Position]:
    """How the game stands for who decides it, after these events."""
    game = FourInARow.fold(GAME, [recorded.event for recorded in events])
    view = game.decide(LookAtGame(game_id=GAME), T0)
    assert isinstance(view, GameLook)
    return view, events[-1].position


def look_back(events: Sequence[Recorded], after: int) -> tuple[GameLookBack, Position]:
    """The same for who says which move they saw last."""
    game = FourInARow.fold(GAME, [recorded.event for recorded in events])
    view = game.decide(LookBackAtGame(game_id=GAME, after=after), T0)
    assert isinstance(view, GameLookBack)
    return view, events[-1].position


def told(said: Sequence[Said]) -> list[int]:
    return [each.payload["move"] for each in said if each.type == "move"]


def types(said: Sequence[Said]) -> list[str]:
    return [each.type for each in said]


def moves(said: Sequence[Said]) -> list[int]:
    return [each.payload.moves for each in said if each.type == "game_state"]


def watched_from(events: Sequence[Recorded]) -> WatchedGame:
    watched = WatchedGame(GAME)
    watched.show(*look(events))
    return watched


def seated() -> WatchedGame:
    """A game at whose table the watcher has just sat down, in answer to message `s`."""
    watched = WatchedGame(GAME)
    seek = Seek(user_id="ann", game_id=GAME, status="seated")
    assert watched.sit(seek, at(0), "s") == [], "the game cannot be moved in yet"
    return watched


def test_from_the_first_event_on() -> None:
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
    assert said[-1].payload.board == look(events)[0].board
    assert watched.is_over


def test_from_a_look_on_what_that_shows_is_not_told_again() -> None:
    watched, events = WatchedGame(GAME), story(3, 4, 5)

    assert moves(watched.show(*look(events[:3]))) == [2]
    assert [watched.take(event) for event in events[:3]] == [[], [], []]
    assert types(watched.take(events[3])) == ["move", "game_state"]
    assert types(watched.take(events[4])) == ["game_ended", "game_state"]
    assert watched.take(events[4]) == watched.take(events[3]) == []


def test_events_of_a_game_that_is_not_known_make_the_watcher_look() -> None:
    watched, events = WatchedGame(GAME), story(3, 4, 5)

    assert watched.take(events[2]) == watched.take(events[3]) == []
    assert watched.is_lost
    assert moves(watched.show(*look(events[:4]))) == [3]


def test_a_look_that_is_older_than_what_was_told_is_no_news() -> None:
    watched, events = watched_from(story(3, 4)[:3]), story(3, 4)

    assert watched.show(*look(events[:2])) == []
    assert moves(watched.state()) == [2]


def test_a_gap_makes_the_watcher_look_again() -> None:
    events = story(3, 4, 5)
    watched = watched_from(events[:2])

    assert watched.take(events[3]) == []
    assert watched.is_lost
    assert moves(watched.show(*look(events[:4]))) == [3]
    assert not watched.is_lost


def test_an_end_that_does_not_follow_makes_the_watcher_look_too() -> None:
    events = story(3, 4)
    watched = watched_from(events[:2])

    assert watched.take(events[-1]) == []
    assert watched.is_lost
    assert types(watched.show(*look(events))) == ["game_state"]
    assert watched.is_over


def test_a_move_that_ends_the_game_is_followed_by_one_state_the_last() -> None:
    events = story(*WINNING, resigned=False)
    watched = watched_from(events[:-2])

    said = [line for event in events[-2:] for line in watched.take(event)]

    assert types(said) == ["move", "game_ended", "game_state"]
    assert said[-1].payload.status == "finished"


def test_between_a_move_that_ends_the_game_and_the_end_it_stands_as_before() -> None:
    events = story(*WINNING, resigned=False)
    watched = watched_from(events[:-2])
    seek = Seek(user_id="ann", game_id=GAME, status="seated")

    watched.take(events[-2])

    assert moves([*watched.state("w"), *watched.sit(seek, at(99))]) == [6, 6]
    assert types(watched.take(events[-1])) == ["move", "game_ended", "game_state"]


def test_a_lost_end_is_told_from_another_look() -> None:
    events = story(*WINNING, resigned=False)
    watched = watched_from(events[:-2])
    watched.take(events[-2])

    assert [each.payload.status for each in watched.show(*look(events))] == ["finished"]
    assert watched.take(events[-1]) == []


def test_the_state_after_one_s_own_move_is_the_answer_to_it() -> None:
    events = story(3, 4)
    watched = watched_from(events[:1])
    watched.expect("command 1", "m")

    assert [each.id for each in watched.take(events[1])] == [None, "m"]
    assert watched.answer("command 1", *look(events[:2])) == []


def test_an_answer_that_is_faster_than_the_event_is_told_once() -> None:
    events = story(3, 4)
    watched = watched_from(events[:1])
    watched.expect("command 1", "m")

    answered = watched.answer("command 1", *look(events[:2]))

    assert [(each.type, each.id, each.payload.moves) for each in answered] == [
        ("game_state", "m", 1)
    ]
    assert watched.take(events[1]) == []


def test_an_old_answer_is_told_as_the_game_stands_now() -> None:
    events = story(3, 4)
    watched = watched_from(events[:3])
    watched.expect("command 1", "m")

    assert moves(watched.answer("command 1", *look(events[:2]))) == [2]


def test_a_seat_is_told_when_the_game_begins() -> None:
    watched, events = seated(), story()

    said = watched.take(events[0])

    assert types(said) == ["seated", "game_started", "game_state"]
    assert said[0].id == "s"


def test_a_seat_is_told_as_well_where_a_look_is_faster_than_the_start() -> None:
    watched, events = seated(), story(3)

    said = watched.show(*look(events[:2]))

    assert types(said) == ["seated", "game_started", "game_state"]
    assert said[1].payload == {
        "game_id": GAME,
        "player1": "ann",
        "player2": "ben",
        "move_seconds": 9,
    }
    assert watched.take(events[0]) == []


def test_a_seat_that_is_heard_of_late_is_told_before_the_end_of_its_game() -> None:
    watched, events = seated(), story(3)

    assert types(watched.show(*look(events))) == ["seated", "game_started", "game_state"]
    assert watched.is_over


def test_a_seat_is_told_once_and_answers_who_has_asked() -> None:
    watched, events = seated(), story()
    seek = Seek(user_id="ann", game_id=GAME, status="seated")
    watched.sit(seek, at(1))
    watched.sit(seek, at(2), "t")

    told = watched.take(events[0])

    assert [(each.type, each.id) for each in told[:2]] == [("seated", "s"), ("seated", "t")]
    assert types(told[2:]) == ["game_started", "game_state"]


def test_a_seat_at_a_game_that_is_known_is_told_at_once() -> None:
    watched = watched_from(story(3)[:2])
    seek = Seek(user_id="ann", game_id=GAME, status="seated")

    assert types(watched.sit(seek, at(9), "s")) == ["seated", "game_state"]


def test_every_message_says_where_the_log_stands_with_it() -> None:
    watched, events = WatchedGame(GAME), story(3)

    said = [line for event in events for line in watched.take(event)]

    assert [each.position for each in said] == [at(0), at(0), at(1), at(1), at(2), at(2)]


def test_who_counts_moves_is_told_those_that_a_look_shows_and_then_those_that_come() -> None:
    watched, events = watched_from(story(3, 4, 5)[:2]), story(3, 4, 5)
    watched.told = 1

    said = watched.show(*look_back(events[:4], after=1))

    assert types(said) == ["move", "move", "game_state"]
    assert told(said) == [2, 3]
    assert types(watched.take(events[4])) == ["game_ended", "game_state"]
    assert watched.show(*look_back(events, after=3)) == []


def test_a_move_that_a_state_was_faster_than_is_told_once_to_who_counts_and_not_to_others() -> None:
    events = story(3, 4)
    for counts in (True, False):
        watched = watched_from(events[:2])
        watched.told = 1 if counts else None
        watched.tell(*look(events[:3]), None)

        assert told(watched.take(events[2])) == ([2] if counts else [])
        assert watched.take(events[2]) == []


def test_a_last_move_that_a_look_has_told_already_is_not_told_with_its_end() -> None:
    watched, events = WatchedGame(GAME), story(*WINNING, resigned=False)
    *before, last, end = events
    watched.told = 0
    watched.show(*look_back(before, 0))
    assert watched.take(last) == [], "it waits for its end"
    assert told(watched.show(*look_back([*before, last], len(WINNING) - 1))) == [len(WINNING)]
    said = watched.take(end)
    assert types(said) == ["game_ended", "game_state"]


def test_a_look_that_is_behind_takes_no_number_back() -> None:
    events = story(3, 4, 5)
    watched = watched_from(events[:4])
    watched.told = 3

    assert watched.show(*look_back(events[:3], after=3)) == []
    assert watched.told == 3
    assert not watched.is_lost


def test_only_games_that_go_on_are_played() -> None:
    events = story(3)
    going_on, finished, unknown = watched_from(events[:2]), watched_from(events), WatchedGame(GAME)

    games = [going_on, finished, unknown]
    assert [game for game in games if game.is_played_by("ben")] == [going_on]
    assert not any(game.is_played_by("eve") for game in games)
