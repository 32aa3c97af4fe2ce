"""What snapshots of the lobby and of games are made of."""

from collections.abc import Mapping
from datetime import datetime

from domain.games.events import GameEnded, GameSought, GameStarted
from domain.snapshot import State


class GameState(State, frozen=True, kw_only=True, tag="game.snapshot.v3"):
    """A game: how it began and ended, and its moves, the column of each as a digit.

    `players` have its seats by now, the one who moves first before the other.
    """

    started: GameStarted
    players: tuple[str, str]
    moves: str
    moved_at: datetime | None
    ended: GameEnded | None


class LobbyState(State, frozen=True, kw_only=True, tag="lobby.snapshot.v1"):
    """The lobby without its tables."""

    waiting: GameSought | None


class LobbyTables(State, frozen=True, kw_only=True, tag="lobby.tables-snapshot.v1"):
    """Some of the tables, and who sits there."""

    players_at: Mapping[str, tuple[str, ...]]


class SeatState(State, frozen=True, kw_only=True, tag="seat.snapshot.v1"):
    """A seat at a game that is over, and to whom it was handed over."""

    user_id: str | None
