"""How a game stands, folded from its events; by everybody who follows one, in the same way."""

import msgspec

from domain.games.board import Board, Cell
from domain.games.commands import GameView
from domain.games.events import GameEnded, GameStarted, MovePlayed, Result, SeatHandedOver


class Game(msgspec.Struct, frozen=True):
    """A game after some of its events. Pure: `after` gives another one."""

    game_id: str
    player1: str
    player2: str
    board: Board = Board()
    result: Result | None = None
    winner: str | None = None
    line: list[Cell] | None = None

    @classmethod
    def begun(cls, event: GameStarted) -> "Game":
        """The game at its start."""
        return cls(event.originator_id, event.player1, event.player2)

    def after(self, event: MovePlayed | GameEnded | SeatHandedOver) -> "Game":
        """The game after the event that comes next in it."""
        if isinstance(event, MovePlayed):
            return Game(self.game_id, self.player1, self.player2, self.board.play(event.column))
        if isinstance(event, SeatHandedOver):
            first, second = (
                event.user_id if player == event.previous else player
                for player in (self.player1, self.player2)
            )
            return msgspec.structs.replace(self, player1=first, player2=second)
        return msgspec.structs.replace(
            self, result=event.result, winner=event.winner, line=event.line
        )

    @property
    def is_decided(self) -> bool:
        """Whether nothing can be played any more, so that the game's end is the next event."""
        return self.board.is_decided

    @property
    def to_move(self) -> str | None:
        """Whose turn it is; None once the game is over."""
        if self.result is not None:
            return None
        return self.player2 if self.board.moves % 2 else self.player1

    @property
    def view(self) -> GameView:
        """The game as people see it."""
        return GameView(
            game_id=self.game_id,
            player1=self.player1,
            player2=self.player2,
            status="playing" if self.result is None else "finished",
            moves=self.board.moves,
            to_move=self.to_move,
            board=self.board.rows(),
            result=self.result,
            winner=self.winner,
            line=self.line,
        )
