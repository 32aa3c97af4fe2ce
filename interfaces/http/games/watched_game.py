"""A game as one player watches it: events in, messages out."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from domain.events import DomainEvent
from domain.games.board import Board
from domain.games.commands import GameView
from domain.games.events import GameEnded, GameStarted, MovePlayed
from projections.games.game_records import GameRecord

Said = tuple[str, Any]
"""A message: its type and its payload."""


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """A game has begun."""

    game_id: str
    player1: str
    player2: str
    move_seconds: float


class Moved(msgspec.Struct, frozen=True, kw_only=True):
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


class Table:
    """Keeps up with one game, whatever is known first: its events, or its record.

    Events that come before anything is known wait; those the record shows already are dropped;
    one that does not follow (the record was behind) makes the table ask for the record again.
    """

    def __init__(self, game_id: str) -> None:
        self.game_id = game_id
        self.view: GameView | None = None
        self._waiting: list[MovePlayed | GameEnded] = []

    @property
    def is_over(self) -> bool:
        """Whether the game has ended, as far as its watcher has been told."""
        return self.view is not None and self.view.status == "finished"

    def show(self, record: GameRecord) -> list[Said]:
        """The record has been read: tell how the game stands, and what came after it.

        A record that is behind what was told already, or that the waiting events do not follow,
        is of no use.
        """
        view = _view(record)
        behind = self._waiting and _is_ahead(self._waiting[0], view)
        if self.view is not None or behind:
            return []
        self.view = view
        said: list[Said] = [("game_state", view)]
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
        if self.view is not None:  # the record was faster
            return [("game_started", started)]
        self.view = GameView(
            game_id=self.game_id,
            player1=event.player1,
            player2=event.player2,
            status="playing",
            moves=0,
            to_move=event.player1,
            board=Board.after([]).rows(),
        )
        return [("game_started", started), ("game_state", self.view)]

    def _go_on(self, event: MovePlayed | GameEnded) -> list[Said]:
        view = self.view
        if view is None or _is_ahead(event, view):
            self.view = None
            self._waiting.append(event)
            return []
        if view.status == "finished" or (
            isinstance(event, MovePlayed) and event.move <= view.moves
        ):
            return []
        said, self.view = _after(event, view)
        return [said, ("game_state", self.view)]


def _is_ahead(event: MovePlayed | GameEnded, view: GameView) -> bool:
    if isinstance(event, MovePlayed):
        return event.move > view.moves + 1
    return event.moves > view.moves


def _after(event: MovePlayed | GameEnded, view: GameView) -> tuple[Said, GameView]:
    """What to tell of an event, and how the game stands then."""
    if isinstance(event, MovePlayed):
        moved = Moved(
            game_id=view.game_id,
            player=event.player,
            column=event.column,
            row=event.row,
            move=event.move,
        )
        return ("move", moved), _with_disc(view, event)
    ended = Ended(
        game_id=view.game_id,
        result=event.result,
        winner=event.winner,
        duration=event.duration,
        moves=event.moves,
        line=event.line,
    )
    after = msgspec.structs.replace(
        view,
        status="finished",
        to_move=None,
        result=event.result,
        winner=event.winner,
        line=event.line,
    )
    return ("game_ended", ended), after


def _with_disc(view: GameView, event: MovePlayed) -> GameView:
    first = event.player == view.player1
    row = view.board[event.row]
    changed = row[: event.column] + ("1" if first else "2") + row[event.column + 1 :]
    board = [*view.board[: event.row], changed, *view.board[event.row + 1 :]]
    to_move = view.player2 if first else view.player1
    return msgspec.structs.replace(view, board=board, moves=event.move, to_move=to_move)


def _view(record: GameRecord) -> GameView:
    return msgspec.convert(msgspec.structs.asdict(record), GameView)


def playing(tables: Sequence[Table], user_id: str) -> Iterator[Table]:
    """The tables where a user has a game that goes on."""
    for table in tables:
        view = table.view
        if view is not None and not table.is_over and user_id in (view.player1, view.player2):
            yield table
