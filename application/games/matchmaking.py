"""Matchmaking, a process manager: what the lobby agrees on is played, and that frees the table."""

from collections.abc import Callable

import msgspec

from application.ports.commands import Envelope
from application.process_state import ProcessState
from domain.aggregate import Command
from domain.events import Recorded
from domain.games.board import Board
from domain.games.bots import bot_name
from domain.games.commands import CloseTable, MakeMove, StartGame
from domain.games.events import (
    BotLevel,
    BotSeated,
    GameEnded,
    GameStarted,
    MovePlayed,
    PlayersPaired,
)
from domain.snapshot import State

NAME = "matchmaking"

Choose = Callable[[Board, BotLevel], int]
"""Finds the column for a bot that is to move; `domain.games.bot.choose_column` behind a clock."""


class BotGame(State, frozen=True, kw_only=True, tag="matchmaking.bot-game-snapshot.v1"):
    """A running game against a bot, which has the second seat; the column of each move, a digit."""

    level: BotLevel
    moves: str


class MatchmakingProcess:
    """Starts the games that the lobby agrees on, moves for the bots, and closes tables.

    Its state is the running games against bots, by id, and nothing else; an event that is read
    again changes it no more. Where the log holds a game's next move already, `react` may issue a
    command for the earlier one, under the id that it had the first time.
    """

    def __init__(self, *, move_seconds: float, choose: Choose) -> None:
        self._move_seconds = move_seconds
        self._choose = choose
        self.state = ProcessState(BotGame)

    def fold(self, recorded: Recorded) -> None:
        """Take note of an event without reacting to it."""
        match recorded.event:
            case GameStarted(originator_id=game_id, bot_level=level) if level is not None:
                self.state.setdefault(game_id, BotGame(level=level, moves=""))
            case MovePlayed() as move:
                self._fold_move(move)
            case GameEnded(originator_id=game_id):
                self.state.pop(game_id, None)

    def react(self, recorded: Recorded) -> list[Envelope]:
        """Fold an event and say what it leads to: one command or none."""
        self.fold(recorded)
        command = self._command_for(recorded)
        return [Envelope.because_of(recorded, command, process=NAME)] if command else []

    def after_refusal(self, envelope: Envelope) -> list[Envelope]:
        """Close the table of a game that cannot begin, so that nobody waits there for ever."""
        if not isinstance(envelope.command, StartGame):
            return []
        close = CloseTable(game_id=envelope.command.game_id)
        command_id = f"{envelope.command_id}:refused"
        return [msgspec.structs.replace(envelope, command_id=command_id, command=close)]

    def _fold_move(self, event: MovePlayed) -> None:
        running = self.state.get(event.originator_id)
        if running is not None and event.move == len(running.moves) + 1:
            moves = f"{running.moves}{event.column}"
            self.state[event.originator_id] = BotGame(level=running.level, moves=moves)

    def _command_for(self, recorded: Recorded) -> Command | None:
        match recorded.event:
            case PlayersPaired(game_id=game_id, player1=first, player2=second):
                return self._start(game_id, first, second, None)
            case BotSeated(game_id=game_id, player1=first, bot_level=level):
                return self._start(game_id, first, bot_name(level), level)
            case MovePlayed(originator_id=game_id, move=move):
                return self._move_of_bot(game_id, move)
            case GameEnded(originator_id=game_id):
                return CloseTable(game_id=game_id)
        return None

    def _start(self, game_id: str, first: str, second: str, level: BotLevel | None) -> StartGame:
        return StartGame(
            game_id=game_id,
            player1=first,
            player2=second,
            bot_level=level,
            move_seconds=self._move_seconds,
        )

    def _move_of_bot(self, game_id: str, moves: int) -> MakeMove | None:
        running = self.state.get(game_id)
        if running is None or len(running.moves) != moves or moves % 2 == 0:
            return None
        board = Board.after(map(int, running.moves))
        if board.is_decided:  # its end is read a moment later
            return None
        column = self._choose(board, running.level)
        return MakeMove(game_id=game_id, player=bot_name(running.level), column=column)
