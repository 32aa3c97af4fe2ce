"""A game as one player watches it: events in, messages out."""

from typing import Any

import msgspec

from domain.events import DomainEvent
from domain.games.board import Board
from domain.games.commands import GameView
from domain.games.events import GameEnded, GameStarted, MovePlayed
from domain.games.view import Game
from projections.games.game_records import GameRecord

Said = tuple[str, Any]
"""A message: its type and its payload."""


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """A game has begun."""

    game_id: str
    player1: str
    player2: str
    move_seconds: float


class DiscDropped(msgspec.Struct, frozen=True, kw_only=True):
    """A disc has fallen."""

    game_id: str
    player: str
    column: int
    row: int
    move: int


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A game is over."""

    game_id: str
    result: str
    winner: str | None
    duration: float
    moves: int
    line: list[tuple[int, int]] | None


class WatchedGame:
    """Keeps up with one game, whatever is known first: its events, or its record.

    Events that come before anything is known wait; those the record shows already are dropped;
    one that does not follow (the record was behind) makes the watcher ask for the record again.
    """

    def __init__(self, game_id: str) -> None:
        self.game_id = game_id
        self._game: Game | None = None
        self._waiting: list[MovePlayed | GameEnded] = []

    @property
    def is_over(self) -> bool:
        """Whether the game has ended, as far as its watcher has been told."""
        return self._game is not None and self._game.result is not None

    @property
    def is_known(self) -> bool:
        """Whether its watcher has been told how it stands."""
        return self._game is not None

    @property
    def view(self) -> GameView | None:
        """How the game stands, as far as its watcher has been told."""
        return None if self._game is None else self._game.view

    def forget(self) -> None:
        """Know nothing any more, as events have been missed."""
        self._game = None

    def is_played_by(self, user_id: str) -> bool:
        """Whether a user has this game going on."""
        game = self._game
        return game is not None and not self.is_over and user_id in {game.player1, game.player2}

    def show(self, record: GameRecord) -> list[Said]:
        """The record has been read: tell how the game stands, and what came after it.

        A record that is behind what was told already, or that the waiting events do not follow,
        is of no use.
        """
        game = _game(record)
        behind = self._waiting and _is_ahead(self._waiting[0], game)
        if self._game is not None or behind:
            return []
        self._game = game
        said: list[Said] = [("game_state", game.view)]
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            said.extend(self.take(event))
        return said

    def take(self, event: DomainEvent) -> list[Said]:
        """An event has happened: tell it, if it is news."""
        match event:
            case GameStarted():
                return self._start(event)
            case MovePlayed() | GameEnded():
                return self._go_on(event)
        return []

    def _start(self, event: GameStarted) -> list[Said]:
        started = Started(
            game_id=self.game_id,
            player1=event.player1,
            player2=event.player2,
            move_seconds=event.move_seconds,
        )
        if self._game is not None:  # the record was faster
            return [("game_started", started)]
        self._game = Game.begun(event)
        return [("game_started", started), ("game_state", self._game.view)]

    def _go_on(self, event: MovePlayed | GameEnded) -> list[Said]:
        game = self._game
        if game is None or _is_ahead(event, game):
            self._game = None
            self._waiting.append(event)
            return []
        if self.is_over or (isinstance(event, MovePlayed) and event.move <= game.board.moves):
            return []
        self._game = game.after(event)
        return [_told(event), ("game_state", self._game.view)]


def _is_ahead(event: MovePlayed | GameEnded, game: Game) -> bool:
    if isinstance(event, MovePlayed):
        return event.move > game.board.moves + 1
    return event.moves > game.board.moves


def _told(event: MovePlayed | GameEnded) -> Said:
    if isinstance(event, MovePlayed):
        dropped = DiscDropped(
            game_id=event.originator_id,
            player=event.player,
            column=event.column,
            row=event.row,
            move=event.move,
        )
        return "move", dropped
    ended = Ended(
        game_id=event.originator_id,
        result=event.result,
        winner=event.winner,
        duration=event.duration,
        moves=event.moves,
        line=event.line,
    )
    return "game_ended", ended


def _game(record: GameRecord) -> Game:
    board = Board.of(record.board)
    return Game(
        record.game_id,
        record.player1,
        record.player2,
        board,
        record.result,
        record.winner,
        record.line,
    )
