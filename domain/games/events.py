"""What can happen in the lobby and in a game of four in a row.

Stream keys: `lobby` for the lobby, the `game_id` for a game; both live in the game log.
"""

from datetime import datetime
from typing import Literal

from domain.events import DomainEvent
from domain.personal import PersonId, ThingId

BotLevel = Literal["easy", "medium", "hard"]
Result = Literal["win", "draw", "resignation", "timeout"]
GameOutcome = Literal["won", "drawn", "lost"]
"""How a game went for one of its players."""


class GameSought(DomainEvent, frozen=True, kw_only=True, tag="lobby.game-sought.v1"):
    """Someone looks for a game; at `bot_at` a bot of `bot_level` is seated if nobody came.

    `game_id` is the table they sit down at, whoever the opponent will be.
    """

    user_id: PersonId
    game_id: ThingId
    bot_level: BotLevel
    bot_at: datetime


class SeekCancelled(DomainEvent, frozen=True, kw_only=True, tag="lobby.seek-cancelled.v1"):
    """Someone stopped looking."""

    user_id: PersonId
    game_id: ThingId


class PlayersPaired(DomainEvent, frozen=True, kw_only=True, tag="lobby.players-paired.v1"):
    """Two people meet at the table of who came first; `player1`, drawn by lot, is to begin."""

    game_id: ThingId
    player1: PersonId
    player2: PersonId


class BotSeated(DomainEvent, frozen=True, kw_only=True, tag="lobby.bot-seated.v1"):
    """Nobody came in time: a bot takes the second seat."""

    game_id: ThingId
    player1: PersonId
    bot_level: BotLevel


class TableClosed(DomainEvent, frozen=True, kw_only=True, tag="lobby.table-closed.v1"):
    """The game at a table is over; its players may look for another."""

    game_id: ThingId


class GameStarted(DomainEvent, frozen=True, kw_only=True, tag="game.started.v1"):
    """`player1` is to move, with `move_seconds` for each move.

    With `bot_level`, `player2` is a bot and is called `bot-<level>`.
    """

    player1: PersonId
    player2: PersonId
    bot_level: BotLevel | None = None
    move_seconds: float


class MovePlayed(DomainEvent, frozen=True, kw_only=True, tag="game.move-played.v1"):
    """A disc fell: `column` 0 to 6 from the left, `row` 0 to 5 from the top, `move` from 1."""

    player: PersonId
    column: int
    row: int
    move: int


class GameEnded(DomainEvent, frozen=True, kw_only=True, tag="game.ended.v1"):
    """The game is over: `duration` in seconds since its start, `line` as (column, row) pairs.

    One that somebody left before both had moved has no winner, and counts for nobody.
    """

    result: Result
    winner: PersonId | None
    duration: float
    moves: int
    line: list[tuple[int, int]] | None = None

    @property
    def counts(self) -> bool:
        """Whether it was won, lost or drawn."""
        return self.winner is not None or self.result == "draw"

    def outcome_for(self, player: str) -> GameOutcome | None:
        """How it went for one of its players; None where it counts for nobody."""
        if not self.counts:
            return None
        if self.winner is None:
            return "drawn"
        return "won" if self.winner == player else "lost"


class PlaceHandedOver(DomainEvent, frozen=True, kw_only=True, tag="lobby.place-handed-over.v1"):
    """At a table where a game runs, another person sits in somebody's place."""

    game_id: ThingId
    previous: PersonId
    user_id: PersonId


class SeatHandedOver(DomainEvent, frozen=True, kw_only=True, tag="game.seat-handed-over.v1"):
    """In a game that goes on, `user_id` plays on, and has played, in the place of `previous`."""

    previous: PersonId
    user_id: PersonId


class ResultHandedOver(DomainEvent, frozen=True, kw_only=True, tag="game.result-handed-over.v1"):
    """A game that is over was played by `user_id`, and no more by `previous`.

    It tells how the game went for them and when it ended, so that whoever adds up games need not
    have read that game first.
    """

    game_id: ThingId
    previous: PersonId
    user_id: PersonId
    outcome: GameOutcome | None
    ended_at: datetime
