"""What can be asked of the lobby and of a game, and what is answered."""

from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Literal

import msgspec

from domain.aggregate import Command
from domain.games.events import BotLevel, GameOutcome, Result
from domain.keys import Key, NewKey

LOBBY_ID = "lobby"


class LobbyCommand(Command, frozen=True, kw_only=True):
    """A command for the one lobby."""

    @property
    def aggregate_id(self) -> str:
        """The lobby's stream key."""
        return LOBBY_ID


class SeekGame(LobbyCommand, frozen=True, kw_only=True, omit_defaults=True, tag="lobby.seek"):
    """Look for an opponent; `game_id` is the new table, `bot_after` the seconds to wait alone.

    Whoever takes the command in gives that id; leave it out.
    """

    makes = "game_id"

    user_id: NewKey
    game_id: Key = ""
    bot_level: BotLevel = "medium"
    bot_after: Annotated[float, msgspec.Meta(ge=0, le=3_600)]


class CancelSeek(LobbyCommand, frozen=True, kw_only=True, tag="lobby.cancel-seek"):
    """Stop looking; with a `game_id`, only where that is still the table to be waited at."""

    user_id: Key
    game_id: Key | None = None


class Meet(LobbyCommand, frozen=True, kw_only=True, omit_defaults=True, tag="lobby.meet"):
    """Play somebody who has agreed to it; `game_id` is the new table.

    Whoever takes the command in gives that id; leave it out.
    """

    makes = "game_id"

    user_id: NewKey
    opponent: NewKey
    game_id: Key = ""


class SeatOverdueBots(LobbyCommand, frozen=True, kw_only=True, tag="lobby.seat-overdue-bots"):
    """The owner's clock has passed the time someone was ready to wait."""


class FindPlace(LobbyCommand, frozen=True, kw_only=True, tag="lobby.find-place"):
    """Tell where somebody waits or sits; changes nothing."""

    user_id: Key


class HandOverPlace(LobbyCommand, frozen=True, kw_only=True, tag="lobby.hand-over-place"):
    """Let another person sit in somebody's place at a table, if they sit and wait nowhere."""

    by_hall = True

    user_id: Key
    to: Key


class CloseTable(LobbyCommand, frozen=True, kw_only=True, tag="lobby.close-table"):
    """A game has ended; its players are free."""

    game_id: Key


class GameCommand(Command, frozen=True, kw_only=True):
    """A command for the game of one `game_id`."""

    game_id: Key

    @property
    def aggregate_id(self) -> str:
        """The game's stream key."""
        return self.game_id


class StartGame(GameCommand, frozen=True, kw_only=True, tag="game.start"):
    """Begin a game between two people, or between one and a bot."""

    game_id: NewKey
    player1: NewKey
    player2: NewKey
    bot_level: BotLevel | None = None
    move_seconds: Annotated[float, msgspec.Meta(ge=1, le=86_400)]


class MakeMove(GameCommand, frozen=True, kw_only=True, tag="game.move"):
    """Drop a disc; any integer is understood, and a column that does not exist is refused.

    `number` says which move of the game it is meant to be, from 1: one that has been made is then
    not made again.
    """

    player: Key
    column: int
    number: int | None = None


class Resign(GameCommand, frozen=True, kw_only=True, tag="game.resign"):
    """Give up."""

    player: Key


class HandOverSeat(GameCommand, frozen=True, kw_only=True, tag="game.hand-over-seat"):
    """Let another person play on in somebody's place; of a game that is over, tell how it ended."""

    by_hall = True

    player: Key
    to: Key


class HandOverResult(Command, frozen=True, kw_only=True, tag="game.hand-over-result"):
    """Let a game that is over have been played by another person; what it says is what it was."""

    by_hall = True

    game_id: Key
    player: Key
    to: Key
    outcome: GameOutcome | None
    ended_at: Annotated[datetime, msgspec.Meta(tz=True)]

    @property
    def aggregate_id(self) -> str:
        """The seat's stream key, which is nobody's name and no game's."""
        seat = f"{self.game_id}\n{self.player}".encode()
        return f"seat-{blake2b(seat, digest_size=16).hexdigest()}"


class LookAtGame(GameCommand, frozen=True, kw_only=True, tag="game.look"):
    """Tell how the game stands; changes nothing."""


class LookBackAtGame(GameCommand, frozen=True, kw_only=True, tag="game.look-back"):
    """Tell how the game stands, and every move that was made after move `after`; changes nothing.

    0 is before the first move.
    """

    after: Annotated[int, msgspec.Meta(ge=0)]


class ConfirmMoves(LookBackAtGame, frozen=True, kw_only=True, tag="game.confirm-moves"):
    """The same, by who certainly owns the shard; it takes an empty record."""

    confirmed = True


class ForfeitOverdueMove(GameCommand, frozen=True, kw_only=True, tag="game.forfeit-overdue-move"):
    """The owner's clock has passed the time for a move."""


class SeatLook(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a seat that was to be handed over.

    `over` is that of a game that has ended, at `ended_at`: it went so for the player.
    """

    status: Literal["handed-over", "as-it-was", "over"]
    outcome: GameOutcome | None = None
    ended_at: datetime | None = None


class Seek(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to looking for a game, or to giving that up."""

    user_id: str
    game_id: str
    status: Literal["seeking", "seated", "cancelled"]


class PlaceLook(Seek, frozen=True, kw_only=True):
    """Where somebody waits or sits: with `seconds_left` until a bot comes, if nobody does."""

    seconds_left: float | None


class LobbyView(msgspec.Struct, frozen=True, kw_only=True):
    """The lobby: who waits for an opponent, if anybody does, and at how many tables people sit."""

    waiting: Seek | None
    tables: int


class GameView(msgspec.Struct, frozen=True, kw_only=True):
    """A game as people see it: `board` is six rows from the top, of `.`, `1` and `2`."""

    game_id: str
    player1: str
    player2: str
    status: Literal["playing", "finished"]
    moves: int
    to_move: str | None
    board: list[str]
    result: Result | None = None
    winner: str | None = None
    line: list[tuple[int, int]] | None = None


class GameLook(GameView, frozen=True, kw_only=True):
    """A game as who sits down at it sees it, with the column of the last move.

    `seconds_left` is for the next move, if there is one.
    Negative where a move is overdue, and still counts as long as nobody has said that it is.
    """

    move_seconds: float
    seconds_left: float | None = None
    last_column: int | None = None


class MoveMade(msgspec.Struct, frozen=True, kw_only=True):
    """A move of a game, as its event tells it."""

    player: str
    column: int
    row: int
    move: int


class GameLookBack(GameLook, frozen=True, kw_only=True):
    """A game as who comes back to it sees it: with the moves made meanwhile, in order."""

    made: list[MoveMade]
