"""A game as one player watches it: events in, messages out."""

from typing import Any

from domain.events import DomainEvent
from domain.games.board import Board
from domain.games.events import GameEnded, GameStarted, MovePlayed
from domain.games.view import Game
from projections.games.game_records import GameRecord

Said = tuple[str, Any]
"""A message: its type and its payload."""

TOLD: dict[type[DomainEvent], tuple[str, tuple[str, ...]]] = {
    GameStarted: ("game_started", ("player1", "player2", "move_seconds")),
    MovePlayed: ("move", ("player", "column", "row", "move")),
    GameEnded: ("game_ended", ("result", "winner", "duration", "moves", "line")),
}
"""What players hear of an event: the type of a message, and what its payload has of the event."""


class WatchedGame:
    """Keeps up with one game, whatever is known first: its events, or its record.

    Events that come before anything is known wait; those the record shows already are dropped;
    one that does not follow (the record was behind) makes the watcher ask for the record again.
    """

    def __init__(self, game_id: str) -> None:
        self.game_id = game_id
        self.game: Game | None = None
        """How it stands, as far as its watcher has been told."""
        self._waiting: list[MovePlayed | GameEnded] = []

    @property
    def is_over(self) -> bool:
        """Whether the game has ended, as far as its watcher has been told."""
        return self.game is not None and self.game.result is not None

    def is_played_by(self, user_id: str) -> bool:
        """Whether a user has this game going on."""
        game = self.game
        return game is not None and not self.is_over and user_id in {game.player1, game.player2}

    def show(self, record: GameRecord) -> list[Said]:
        """The record has been read: tell how the game stands, and what came after it.

        A record that is behind what was told already, or that the waiting events do not follow,
        is of no use.
        """
        game = _game(record)
        behind = self._waiting and _is_ahead(self._waiting[0], game)
        if self.game is not None or behind:
            return []
        self.game = game
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
        if self.game is not None:  # the record was faster
            return [_told(event)]
        self.game = Game.begun(event)
        return [_told(event), ("game_state", self.game.view)]

    def _go_on(self, event: MovePlayed | GameEnded) -> list[Said]:
        game = self.game
        if game is None or _is_ahead(event, game):
            self.game = None
            self._waiting.append(event)
            return []
        if self.is_over or (isinstance(event, MovePlayed) and event.move <= game.board.moves):
            return []
        self.game = game.after(event)
        return [_told(event), ("game_state", self.game.view)]


def _is_ahead(event: MovePlayed | GameEnded, game: Game) -> bool:
    if isinstance(event, MovePlayed):
        return event.move > game.board.moves + 1
    return event.moves > game.board.moves


def _told(event: GameStarted | MovePlayed | GameEnded) -> Said:
    kind, fields = TOLD[type(event)]
    facts = {field: getattr(event, field) for field in fields}
    return kind, {"game_id": event.originator_id, **facts}


def _game(record: GameRecord) -> Game:
    over = record.result, record.winner, record.line
    return Game(record.game_id, record.player1, record.player2, Board.of(record.board), *over)
