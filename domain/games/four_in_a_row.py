"""A game of four in a row: 7 columns, 6 rows, four discs in a line win."""

from datetime import datetime, timedelta

import msgspec

from domain.aggregate import Aggregate, decides, evolves
from domain.games.board import COLUMNS, ROWS, Board, Cell, has_column
from domain.games.bots import BOT_NAMES, bot_name
from domain.games.commands import (
    ConfirmMoves,
    ForfeitOverdueMove,
    GameLook,
    GameLookBack,
    GameView,
    HandOverSeat,
    LookAtGame,
    LookBackAtGame,
    MakeMove,
    MoveMade,
    Resign,
    SeatLook,
    StartGame,
)
from domain.games.events import GameEnded, GameStarted, MovePlayed, Result, SeatHandedOver
from domain.games.refusals import (
    BotMisnamed,
    ColumnFull,
    GameOver,
    GameStartedDifferently,
    GameUnknown,
    NameReserved,
    NoSuchColumn,
    NotAPlayer,
    NotThatMove,
    NotYourTurn,
    SameOpponent,
)
from domain.games.states import GameState
from domain.games.view import Game
from domain.snapshot import Snapshot

MOVES_THAT_COUNT = 2
"""One of each player. Who leaves before that may never have come, and a win without a move would be
given away."""


class FourInARow(Aggregate):
    """A game of four in a row, from its start to its one end; its stream key is the `game_id`.

    Guarantees: `player1` begins and turns alternate, a bot's included; exactly one `GameEnded`,
    and nothing after it; every command that is not refused is answered with a `GameView`. A move
    after the deadline still counts until the forfeit is decided: a late owner costs nobody a game.
    """

    states = (GameState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._started: GameStarted | None = None
        self._game: Game | None = None
        self._columns = ""
        self._moved_at: datetime | None = None
        self._ended: GameEnded | None = None

    @decides(StartGame)
    def start(self, command: StartGame, _now: datetime) -> GameView:
        """Begin; the same players again change nothing, whatever the clock they bring.

        Nor do they where somebody else has a seat of theirs by now.
        """
        if self._started is None:
            _check_seats(command)
            self._record(
                GameStarted,
                player1=command.player1,
                player2=command.player2,
                bot_level=command.bot_level,
                move_seconds=command.move_seconds,
            )
        elif _seats(self._started) != _seats(command):
            raise GameStartedDifferently(self.id, self._started.player1, self._started.player2)
        return self._known().view

    @decides(MakeMove)
    def move(self, command: MakeMove, now: datetime) -> GameView:
        """Drop a disc, which may end the game; one that was dropped before stays as it is."""
        if self._is_repeated(command):
            return self._known().view
        board = self._check_move(command).board
        self._record(
            MovePlayed,
            player=command.player,
            column=command.column,
            row=board.landing_row(command.column),
            move=board.moves + 1,
        )
        board = self._known().board
        if line := board.winning_line():
            self._end("win", command.player, now, line)
        elif board.is_full:
            self._end("draw", None, now)
        return self._known().view

    @decides(Resign)
    def resign(self, command: Resign, now: datetime) -> GameView:
        """Give up, in turn or not; the other one wins, if both have moved."""
        self._check_player(command.player)
        self._end("resignation", self._winner_without(command.player), now)
        return self._known().view

    @decides(ForfeitOverdueMove)
    def forfeit(self, _command: ForfeitOverdueMove, now: datetime) -> GameView:
        """End a game whose move is overdue, as giving up does; does nothing where it is not."""
        game = self._known()
        if self.deadline is not None and now >= self.deadline:
            self._end("timeout", self._winner_without(game.to_move or ""), now)
        return self._known().view

    @decides(HandOverSeat)
    def hand_over(self, command: HandOverSeat, _now: datetime) -> SeatLook:
        """Seat another person in a player's place; who plays in it already changes nothing.

        Nor does anything happen to a game that is over: it is told how that went. Raises
        `GameUnknown` and `NameReserved`.
        """
        game = self._known()
        for each in BOT_NAMES.intersection((command.player, command.to)):
            raise NameReserved(each)
        seats = (game.player1, game.player2)
        if command.player not in seats or command.to in seats:
            return SeatLook(status="as-it-was")
        if self._ended is not None:
            outcome = self._ended.outcome_for(command.player)
            return SeatLook(status="over", outcome=outcome, ended_at=self._ended.timestamp)
        self._record(SeatHandedOver, previous=command.player, user_id=command.to)
        return SeatLook(status="handed-over")

    @decides(LookAtGame)
    def look(self, _command: LookAtGame, now: datetime) -> GameLook:
        """Tell how it stands."""
        view = msgspec.structs.asdict(self._known().view)
        assert self._started is not None
        left = None if self.deadline is None else (self.deadline - now).total_seconds()
        return GameLook(
            **view,
            move_seconds=self._started.move_seconds,
            seconds_left=left,
            last_column=int(self._columns[-1]) if self._columns else None,
        )

    @decides(LookBackAtGame)
    def look_back(self, command: LookBackAtGame, now: datetime) -> GameLookBack:
        """Tell how it stands, and what was played since."""
        look = self.look(LookAtGame(game_id=command.game_id), now)
        return GameLookBack(**msgspec.structs.asdict(look), made=self._made()[command.after :])

    @decides(ConfirmMoves)
    def confirm(self, command: ConfirmMoves, now: datetime) -> GameLookBack:
        """The same."""
        return self.look_back(command, now)

    def _made(self) -> list[MoveMade]:
        """Every move; who has a seat by now has made the moves of it."""
        game, board, made = self._known(), Board(), list[MoveMade]()
        for number, column in enumerate(map(int, self._columns), 1):
            player, row = (game.player2, game.player1)[number % 2], board.landing_row(column)
            made.append(MoveMade(player=player, column=column, row=row, move=number))
            board = board.play(column)
        return made

    @property
    def view(self) -> GameView | None:
        """The game as people see it."""
        return None if self._game is None else self._game.view

    @property
    def deadline(self) -> datetime | None:
        """When the move clock of who is to move runs out."""
        if self._started is None or self._moved_at is None or self._ended is not None:
            return None
        return self._moved_at + timedelta(seconds=self._started.move_seconds)

    def on_deadline(self) -> ForfeitOverdueMove:
        """Let the game end without who is to move."""
        return ForfeitOverdueMove(game_id=self.id)

    @property
    def finished(self) -> bool:
        """Whether the game is over."""
        return self._ended is not None

    def state(self) -> GameState:
        """The whole game."""
        game = self._known()
        assert self._started is not None
        return GameState(
            started=self._started,
            players=(game.player1, game.player2),
            moves=self._columns,
            moved_at=self._moved_at,
            ended=self._ended,
        )

    def _restore(self, snapshot: Snapshot) -> None:
        game = snapshot.state
        assert isinstance(game, GameState)
        self._started, self._ended, self._columns = game.started, game.ended, game.moves
        board = Board.after(map(int, game.moves))
        begun = Game(snapshot.originator_id, *game.players, board)
        self._game = begun if game.ended is None else begun.after(game.ended)
        self._moved_at = game.moved_at

    @evolves(GameStarted)
    def _on_started(self, event: GameStarted) -> None:
        self._started = event
        self._game = Game.begun(event)
        self._moved_at = event.timestamp

    @evolves(MovePlayed)
    def _on_played(self, event: MovePlayed) -> None:
        self._game = self._known().after(event)
        self._columns += f"{event.column}"
        self._moved_at = event.timestamp

    @evolves(SeatHandedOver)
    def _on_handed_over(self, event: SeatHandedOver) -> None:
        self._game = self._known().after(event)

    @evolves(GameEnded)
    def _on_ended(self, event: GameEnded) -> None:
        self._game = self._known().after(event)
        self._ended = event

    def _known(self) -> Game:
        if self._game is None:
            raise GameUnknown(self.id)
        return self._game

    def _is_repeated(self, command: MakeMove) -> bool:
        """Whether this very move has been made; refuses a number that is of another one."""
        number, game = command.number, self._known()
        if number is None or number == len(self._columns) + 1:
            return False
        made = 1 <= number <= len(self._columns)
        mover = (game.player2, game.player1)[number % 2]
        if not (
            made and (mover, self._columns[number - 1]) == (command.player, f"{command.column}")
        ):
            raise NotThatMove(number, len(self._columns) + 1)
        return True

    def _check_player(self, player: str) -> Game:
        game = self._known()
        if player not in (game.player1, game.player2):
            raise NotAPlayer(self.id, player)
        if self._ended is not None:
            raise GameOver(self.id, self._ended.result, self._ended.moves)
        return game

    def _check_move(self, command: MakeMove) -> Game:
        game = self._check_player(command.player)
        if game.to_move is not None and command.player != game.to_move:
            raise NotYourTurn(command.player, game.to_move, game.board.moves + 1)
        if not has_column(command.column):
            raise NoSuchColumn(command.column, COLUMNS - 1)
        if not game.board.has_room(command.column):
            raise ColumnFull(command.column, ROWS)
        return game

    def _winner_without(self, player: str) -> str | None:
        """Who wins when this player leaves: the opponent, or nobody before both have moved."""
        game = self._known()
        if game.board.moves < MOVES_THAT_COUNT:
            return None
        return game.player2 if player == game.player1 else game.player1

    def _end(
        self, result: Result, winner: str | None, now: datetime, line: list[Cell] | None = None
    ) -> None:
        assert self._started is not None
        duration = (now - self._started.timestamp).total_seconds()
        self._record(
            GameEnded,
            result=result,
            winner=winner,
            # The clock of a new owner may be behind that of the one before it.
            duration=max(0.0, duration),
            moves=self._known().board.moves,
            line=line,
        )


def _seats(game: StartGame | GameStarted) -> tuple[str, str, str | None]:
    return game.player1, game.player2, game.bot_level


def _check_seats(command: StartGame) -> None:
    if command.player1 == command.player2:
        raise SameOpponent(command.player1)
    if command.bot_level and command.player2 != bot_name(command.bot_level):
        raise BotMisnamed(command.bot_level, bot_name(command.bot_level), command.player2)
    people = (command.player1,) if command.bot_level else (command.player1, command.player2)
    for each in BOT_NAMES.intersection(people):
        raise NameReserved(each)
