"""Matchmaking, a process manager: what the lobby agrees on is played, and that frees the table."""

from collections.abc import Callable

import msgspec

from application.ports.commands import Envelope
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
from domain.games.view import Game

NAME = "matchmaking"

Choose = Callable[[Board, BotLevel], int]
"""Finds the column for a bot that is to move; `domain.games.bot.choose_column` behind a clock."""


class BotGame(msgspec.Struct):
    """A running game against a bot, which has the second seat."""

    level: BotLevel
    game: Game

    @property
    def bot_is_to_move(self) -> bool:
        """Whether the bot owes a move; the last one shows before the game's end is read."""
        return self.game.to_move == self.game.player2 and not self.game.is_decided


class MatchmakingProcess:
    """Starts the games that the lobby agrees on, moves for the bots, and closes tables.

    `fold` the log up to where the process stood, then `react` to each later event. Its state is
    the running games against bots, and nothing else; an event that is read again changes it no
    more. Where the log holds a game's next move already, `react` may issue a command for the
    earlier one, under the id that it had the first time.
    """

    def __init__(self, *, move_seconds: float, choose: Choose) -> None:
        self._move_seconds = move_seconds
        self._choose = choose
        self._games: dict[str, BotGame] = {}

    @property
    def running_bot_games(self) -> int:
        """How many games against bots are in the state."""
        return len(self._games)

    def fold(self, recorded: Recorded) -> None:
        """Take note of an event without reacting to it."""
        match recorded.event:
            case GameStarted(originator_id=game_id, bot_level=level) as started if (
                level is not None
            ):
                self._games.setdefault(game_id, BotGame(level, Game.begun(started)))
            case MovePlayed() as move:
                self._fold_move(move)
            case GameEnded(originator_id=game_id):
                self._games.pop(game_id, None)

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
        running = self._games.get(event.originator_id)
        if running is not None and event.move == running.game.board.moves + 1:
            running.game = running.game.after(event)

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
        running = self._games.get(game_id)
        if running is None or running.game.board.moves != moves or not running.bot_is_to_move:
            return None
        column = self._choose(running.game.board, running.level)
        return MakeMove(game_id=game_id, player=bot_name(running.level), column=column)
