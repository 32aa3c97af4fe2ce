"""What follows from a lobby's and a game's events."""

from collections.abc import Sequence

import pytest
from hypothesis import given as for_all
from hypothesis import settings

from application.games.matchmaking import MatchmakingProcess
from application.ports.commands import Envelope
from domain.aggregate import Command
from domain.events import DomainEvent, Metadata, Position, Recorded
from domain.games.board import Board
from domain.games.commands import CloseTable, MakeMove, StartGame
from domain.games.events import BotLevel, BotSeated, GameEnded
from domain.games.four_in_a_row import FourInARow
from domain.games.lobby import Lobby, by_lot
from tests.games.tables import GAME, anything, game, moving, seeking, starting
from tests.given import T0, Story, at, given
from tests.snapshots import reacts_the_same_from_any_state


def recorded(
    event: DomainEvent, seq: int = 0, correlation_id: str | None = "request-1"
) -> Recorded:
    return Recorded(
        event=event,
        position=Position("game-log", 3, seq),
        command_id="command-1",
        metadata=Metadata(actor="ann", correlation_id=correlation_id, traceparent="00-1-2-01"),
    )


def log_of(story: Story) -> list[Recorded]:
    return [recorded(event, seq) for seq, event in enumerate(story.history)]


class Matchmaker(MatchmakingProcess):
    """Its bots take the first column with room, and it remembers what they were asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Board, BotLevel]] = []
        super().__init__(move_seconds=45, choose=self.first_free)

    def first_free(self, board: Board, level: BotLevel) -> int:
        self.asked.append((board, level))
        return next(column for column in range(7) if board.has_room(column))

    def commands_for(self, log: list[Recorded]) -> list[Command]:
        return [envelope.command for entry in log for envelope in self.react(entry)]


def bot_game(*columns: int) -> Story:
    """ann against an easy bot; both have made these moves."""
    moves = [moving(("ann", "bot-easy")[n % 2], column) for n, column in enumerate(columns)]
    return given(FourInARow(GAME), starting("ann", "bot-easy", "easy"), *moves)


def test_a_pair_starts_a_game_at_its_table() -> None:
    paired = given(Lobby(), seeking("ann"), seeking("ben"))
    first, second = by_lot("anns-table", "ann", "ben", T0)

    assert Matchmaker().commands_for(log_of(paired)) == [
        StartGame(game_id="anns-table", player1=first, player2=second, move_seconds=45)
    ]


def test_a_seated_bot_starts_a_game_under_its_name() -> None:
    story = given(Lobby(), seeking("ann", bot_level="hard"))
    story.when(story.aggregate.on_deadline(), now=at(10)).then(BotSeated)

    assert Matchmaker().commands_for(log_of(story)) == [
        StartGame(
            game_id="anns-table",
            player1="ann",
            player2="bot-hard",
            bot_level="hard",
            move_seconds=45,
        )
    ]


def test_the_end_of_a_game_closes_its_table() -> None:
    story = game(0, 1, 0, 1, 0, 1, 0)

    assert Matchmaker().commands_for(log_of(story)) == [CloseTable(game_id=GAME)]


def test_people_make_their_own_moves() -> None:
    assert Matchmaker().commands_for(log_of(game(3, 3, 4))) == []


def test_a_bot_answers_each_move() -> None:
    matchmaker = Matchmaker()

    issued = matchmaker.commands_for(log_of(bot_game(3, 0, 4)))

    assert issued == [MakeMove(game_id=GAME, player="bot-easy", column=0)] * 2
    assert matchmaker.asked == [(Board.after([3]), "easy"), (Board.after([3, 0, 4]), "easy")]


def test_a_bot_waits_for_the_first_move() -> None:
    assert Matchmaker().commands_for(log_of(bot_game())) == []


def test_a_bot_does_not_answer_a_winning_move() -> None:
    matchmaker = Matchmaker()

    issued = matchmaker.commands_for(log_of(bot_game(0, 1, 0, 1, 0, 1, 0)))

    assert len(matchmaker.asked) == 3
    assert issued[-1] == CloseTable(game_id=GAME)


def test_a_game_that_ended_is_forgotten() -> None:
    matchmaker = Matchmaker()
    log = log_of(bot_game(0, 1, 0, 1, 0, 1, 0))

    matchmaker.commands_for(log[:-1])
    assert len(matchmaker.state) == 1
    matchmaker.commands_for(log[-1:])
    assert len(matchmaker.state) == 0


def test_who_merely_looks_causes_nothing() -> None:
    assert Matchmaker().commands_for(log_of(given(Lobby(), seeking("ann")))) == []


def test_a_command_says_what_caused_it() -> None:
    event = GameEnded(
        originator_id=GAME,
        originator_version=9,
        timestamp=T0,
        result="draw",
        winner=None,
        duration=1,
        moves=42,
    )

    assert Matchmaker().react(recorded(event, seq=17)) == [
        Envelope(
            command=CloseTable(game_id=GAME),
            command_id="matchmaking:game-log/3@17",
            metadata=Metadata(
                actor="matchmaking", correlation_id="request-1", causation_id="game-log/3@17"
            ),
        )
    ]


def test_what_nobody_correlated_is_correlated_by_the_command_that_came_first() -> None:
    paired = given(Lobby(), seeking("ann"), seeking("ben")).history[-1]

    (issued,) = Matchmaker().react(recorded(paired, correlation_id=None))

    assert issued.metadata.correlation_id == "command-1"


def test_the_same_log_leads_to_the_same_command_ids_and_no_two_alike() -> None:
    log = log_of(bot_game(0, 1, 0, 1, 0, 1, 0))

    once, again = (
        [issued.command_id for entry in log for issued in matchmaker.react(entry)]
        for matchmaker in (Matchmaker(), Matchmaker())
    )
    assert once == again
    assert len(set(once)) == len(once) == 4


@pytest.mark.parametrize("folded", range(6))
def test_a_process_that_folded_goes_on_as_if_it_had_reacted(folded: int) -> None:
    log = log_of(bot_game(3, 0, 4, 0))
    live, resumed = Matchmaker(), Matchmaker()
    for entry in log[:folded]:
        live.react(entry)
        resumed.fold(entry)

    assert resumed.asked == []
    assert live.commands_for(log[folded:]) == resumed.commands_for(log[folded:])


@settings(max_examples=40)
@for_all(anything)
def test_a_process_goes_on_with_whatever_it_had_stored(attempts: Sequence[int]) -> None:
    story = bot_game()
    for turn, column in enumerate(attempts):
        story.when(moving(("ann", "bot-easy")[turn % 2], column), now=at(turn))
    reacts_the_same_from_any_state(Matchmaker, log_of(story))


def test_reading_a_move_again_does_not_play_it_twice() -> None:
    matchmaker = Matchmaker()
    log = log_of(bot_game(3, 0, 4))
    first = [issued for entry in log for issued in matchmaker.react(entry)]

    again = [issued for entry in log for issued in matchmaker.react(entry)]

    assert again == first[-1:], "only the move that is still owed, under the same id"
    assert matchmaker.asked[-1] == (Board.after([3, 0, 4]), "easy")
