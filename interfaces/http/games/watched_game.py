"""A game as one player watches it: events in, messages out, and never a step back."""

from typing import Any, NamedTuple

from domain.events import DomainEvent, Position, Recorded
from domain.games.board import Board
from domain.games.commands import GameLook, GameLookBack, GameView, Seek
from domain.games.events import GameEnded, GameStarted, MovePlayed, SeatHandedOver
from domain.games.view import Game


class Said(NamedTuple):
    """A message to a player: its type, its payload, where the log stands with it, whom it answers.

    `id` is that of the message which this is an answer to, if it had one.
    """

    type: str
    payload: Any
    position: Position | None = None
    id: str | None = None


TOLD: dict[type[DomainEvent], tuple[str, tuple[str, ...]]] = {
    GameStarted: ("game_started", ("player1", "player2", "move_seconds")),
    MovePlayed: ("move", ("player", "column", "row", "move")),
    GameEnded: ("game_ended", ("result", "winner", "duration", "moves", "line")),
}
"""What players hear of an event: the type of a message, and what its payload has of the event."""


class WatchedGame:
    """Keeps up with one game: from a look at it on, by its events.

    Guarantees: what is told of it never goes back, as every look and every event has its position,
    and what a look shows already is dropped. An event that does not follow makes the watcher look
    again. A move that ends the game is told with its end, and one state after both. Who counts
    moves is told each of them once and in order, also those that a state was faster than.
    """

    def __init__(self, game_id: str) -> None:
        self.game_id = game_id
        self.game: Game | None = None
        """How it stands, as far as its watcher has been told."""
        self.is_lost = False
        """Whether it has to be looked at before anything more can be told."""
        self.told: int | None = None
        """The number of the last move told, for who counts them; None for who takes what comes."""
        self.seats: list[Said] = []
        """What its watcher, who sits at this table, is to hear once the game can be moved in."""
        self._position: Position | None = None
        self._ending: tuple[Game, list[Said]] | None = None
        """The game after its last move, which is told with its end; that is on its way."""
        self._commands: dict[str, str | None] = {}

    @property
    def is_over(self) -> bool:
        """Whether the game has ended, as far as its watcher has been told."""
        return self.game is not None and self.game.result is not None

    def is_played_by(self, user_id: str) -> bool:
        """Whether a user has this game going on."""
        game = self.game
        return game is not None and not self.is_over and user_id in {game.player1, game.player2}

    # -- answers --------------------------------------------------------------------------------

    def expect(self, command_id: str, id: str | None) -> None:
        """The watcher has sent a command: the state that it leads to answers message `id`."""
        self._commands[command_id] = id

    def is_answered(self, command_id: str) -> bool:
        """Whether that state has been told."""
        return command_id not in self._commands

    def is_as_far_as(self, view: GameView) -> bool:
        """Whether its watcher has been told as much as this."""
        game = self.game
        if game is None or game.board.moves < view.moves:
            return False
        return self.is_over or view.status == "playing"

    def give_up(self, command_id: str) -> None:
        """The command is answered otherwise."""
        self._commands.pop(command_id, None)

    def answer(self, command_id: str, view: GameView, position: Position) -> list[Said]:
        """Who decides the game has answered a command: tell what is not told yet."""
        if self.is_answered(command_id):
            return []
        return self.tell(view, position, self._commands.pop(command_id))

    def tell(self, view: GameView, position: Position, id: str | None) -> list[Said]:
        """The game has been looked at for who has asked; not a look after which to follow it."""
        *said, state = self._show(view, position) or [self._state()]
        return [*said, *self._made(view, position), state._replace(id=id)]

    def state(self, id: str | None = None) -> list[Said]:
        """How it stands, for who has asked."""
        return [] if self.game is None else [self._state(id)]

    def sit(self, seek: Seek, position: Position, id: str | None = None) -> list[Said]:
        """Its watcher sits at this table: tell so, once the game can be moved in."""
        if id is not None or not self.seats:
            answered = [each for each in self.seats if each.id is not None]
            self.seats = [*answered, Said("seated", seek, position, id)]
        return [] if self.game is None else self._sit_down()

    # -- what is known --------------------------------------------------------------------------

    def show(self, view: GameView, position: Position) -> list[Said]:
        """The game has been looked at: tell how it stands, and before that what has been missed."""
        said, self.is_lost = self._show(view, position), False
        return [*said[:-1], *self._made(view, position), *said[-1:]]

    def take(self, recorded: Recorded) -> list[Said]:
        """An event has happened: tell it, if it is news."""
        event, position = recorded.event, recorded.position
        if isinstance(event, GameStarted) and self.game is None:
            return self._begin(event, position)
        if self._is_told(position):
            return self._count(event, position)
        if self.game is not None and isinstance(event, SeatHandedOver):
            self.game, self._position = self.game.after(event), position
            return [self._state()]
        return self._go_on(event, recorded) if isinstance(event, MovePlayed | GameEnded) else []

    def _begin(self, event: GameStarted, position: Position) -> list[Said]:
        self.game, self._position = Game.begun(event), position
        started = _told(event, position)
        return self._sit_down(started) if self.seats else [started, self._state()]

    def _go_on(self, event: MovePlayed | GameEnded, recorded: Recorded) -> list[Said]:
        game, told = self._ending or (self.game, [])
        self._ending = None
        if game is None or not _follows(event, game):
            self.is_lost = True
            return []
        game, told = game.after(event), [*told, _told(event, recorded.position)]
        if isinstance(event, MovePlayed) and game.is_decided:
            self._ending = game, told
            return []
        self.game, self._position = game, recorded.position
        self.told = None if self.told is None else game.board.moves
        return [*told, self._state(self._commands.pop(recorded.command_id, None))]

    def _count(self, event: DomainEvent, position: Position) -> list[Said]:
        """A state was faster than this event: who counts moves is told of one all the same."""
        if self.told is None or not isinstance(event, MovePlayed):
            return []
        self.is_lost = event.move > self.told + 1
        if event.move != self.told + 1:
            return []
        self.told = event.move
        return [_told(event, position)]

    def _made(self, view: GameView, position: Position) -> list[Said]:
        """What a look back tells to who counts moves, and has not been told these."""
        if self.told is None or not isinstance(view, GameLookBack):
            return []
        missed = [each for each in view.made if each.move > self.told]
        self.told += len(missed)
        return [_of(MovePlayed, view.game_id, each, position) for each in missed]

    def _show(self, view: GameView, position: Position) -> list[Said]:
        if self._is_told(position):
            return []
        known, self.game, self._position = self.game, _game(view), position
        self._ending = None  # the move that waits for its end is in what is shown, or comes again
        if known == self.game:
            return []
        started = isinstance(view, GameLook)
        return self._sit_down(
            *([_of(GameStarted, view.game_id, view, position)] if started else ())
        )

    def _is_told(self, position: Position) -> bool:
        return self._position is not None and position.seq <= self._position.seq

    def _state(self, id: str | None = None) -> Said:
        assert self.game is not None
        return Said("game_state", self.game.view, self._position, id)

    def _sit_down(self, *started: Said) -> list[Said]:
        """How it stands, and first of the seat, if there is one to tell of."""
        seats, self.seats = self.seats, []
        return [*seats, *(started if seats else ()), self._state()]


def _follows(event: MovePlayed | GameEnded, game: Game) -> bool:
    if isinstance(event, MovePlayed):
        return event.move == game.board.moves + 1
    return event.moves == game.board.moves


def _told(event: GameStarted | MovePlayed | GameEnded, position: Position) -> Said:
    return _of(type(event), event.originator_id, event, position)


def _of(event: type[DomainEvent], game_id: str, source: object, position: Position) -> Said:
    """What is told of such an event, by what knows as much of it."""
    kind, fields = TOLD[event]
    facts = {field: getattr(source, field) for field in fields}
    return Said(kind, {"game_id": game_id, **facts}, position)


def _game(view: GameView) -> Game:
    over = view.result, view.winner, view.line
    return Game(view.game_id, view.player1, view.player2, Board.of(view.board), *over)
