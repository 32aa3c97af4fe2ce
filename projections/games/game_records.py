"""`game-records`: what happened in every game, in PostgreSQL.

- `game_analytics`: every event of every game; `id` is made of the event's place in the log, so
  that it comes out the same whenever the log is folded.
- `games`: every game; `moves` holds the columns as digits, in order, which is enough to know the
  board at any move.
- `game_stats`: every finished game that counts; one that was left before both had moved does not.
- `games_handed_over`: the seats at games that are over which were handed over (docs/adr/0035). Who
  took one over stands in `games` in the place of who had it, in whatever order shards are read.
- `users`: everyone who finished such a game; bots are no users. A user's name is the id until there
  are profiles. The score is three for a win, as PostgreSQL computes it from `wins`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
import psycopg
from psycopg.rows import class_row, tuple_row

from domain.events import DomainEvent, Recorded
from domain.games.board import Board
from domain.games.events import (
    BotLevel,
    GameEnded,
    GameStarted,
    MovePlayed,
    Result,
)
from domain.games.view import Game
from projections.games.hand_overs import HAND_OVERS, parts
from projections.games.handed_games import ADD_UP, hand_over, seat_again
from projections.people import TableSays
from projections.positions import PostgresQueries
from projections.projection import Table

NAME = "game-records"
PARTITION_BITS = 12
OF_TWO = "your games and how they ended, by your id: each is its opponent's too"

PUBLIC_NAMES: dict[type[DomainEvent], str] = {
    GameStarted: "game_started",
    MovePlayed: "move",
    GameEnded: "game_ended",
}
"""What the public topic calls the events, and `game_analytics` therefore too."""


class GameRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A game. `to_move`, `board` and `line` follow from its moves."""

    game_id: str
    player1: str
    player2: str
    bot_level: BotLevel | None
    status: Literal["playing", "finished"]
    moves: int
    to_move: str | None
    board: list[str]
    result: Result | None
    winner: str | None
    line: list[tuple[int, int]] | None
    duration: float | None
    created_at: datetime
    ended_at: datetime | None


class GamePage(msgspec.Struct, frozen=True, kw_only=True):
    """Some games, those that began last first; `before` asks for the next ones, None at the end."""

    games: list[GameRecord]
    before: str | None


class MoveRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One move: `column` from the left, `row` from the top, `move` from 1."""

    move: int
    player: str
    column: int
    row: int
    timestamp: datetime


class BoardRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The board after `move` moves: six rows from the top, of `.`, `1` and `2`."""

    game_id: str
    move: int
    board: list[str]
    line: list[tuple[int, int]] | None


class UserRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A user and how their games went."""

    user_id: str
    username: str
    games_played: int
    wins: int
    losses: int
    draws: int
    score: int


class GameRecords:
    """The projection."""

    name = NAME
    handles: tuple[type[DomainEvent], ...] = (*PUBLIC_NAMES, *HAND_OVERS)
    tables = (
        Table(
            "game_analytics",
            ("id",),
            says=TableSays(
                of=("player",),
                facts=("id", "position", "event_type", "game_id", "column", "timestamp", "payload"),
                instead="the events of `game-log`, which are the same",
            ),
        ),
        Table(
            "games",
            ("id",),
            says=TableSays(
                of=("player1_id", "player2_id", "winner_id"),
                facts=(
                    *("id", "bot_level", "status", "result", "moves", "duration"),
                    *("created_at", "ended_at"),
                ),
                stays=OF_TWO,
            ),
        ),
        Table(
            "game_stats",
            ("game_id",),
            says=TableSays(
                of=("player1", "player2", "winner"),
                facts=("game_id", "duration", "moves", "created_at"),
                stays=OF_TWO,
                instead="`games`, which holds the same",
            ),
        ),
        Table(
            "games_handed_over",
            ("game_id", "previous"),
            says=TableSays(of=("previous", "user_id"), facts=("game_id",), stays=OF_TWO),
        ),
        Table(
            "users",
            ("id",),
            says=TableSays(
                of=("id", "username"),
                facts=("games_played", "wins", "losses", "draws", "score"),
                stays="how many games you played and won: those of others count on them",
            ),
        ),
    )

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[Recorded]
    ) -> Sequence[Any]:
        """Fold events into the tables, with one statement for each kind of change."""
        for handing, part in parts(events):
            if handing:
                for recorded in part:
                    hand_over(connection, recorded.event)
                continue
            batch = GameChanges()
            for recorded in part:
                batch.take(recorded)
            batch.write(connection)
        return ()


START = """
    INSERT INTO games (id, player1_id, player2_id, bot_level, moves, created_at, status)
    SELECT *, 'playing'
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
"""

MOVE = """
    UPDATE games SET moves = games.moves || new.moves
    FROM unnest(%s::text[], %s::text[]) AS new (id, moves) WHERE games.id = new.id
"""

END = """
    UPDATE games
    SET status = 'finished', result = ended.result, winner_id = ended.winner,
        duration = ended.duration, ended_at = ended.at
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::float8[], %s::timestamptz[])
        AS ended (id, result, winner, duration, at)
    WHERE games.id = ended.id
"""

COUNT_GAMES = """
    INSERT INTO game_stats (game_id, player1, player2, winner, duration, moves, created_at)
    SELECT id, player1_id, player2_id, winner_id, duration, length(moves), ended_at
    FROM games WHERE id = ANY(%s)
"""

COUNT_PLAYERS = f"""
    INSERT INTO users (id, username, games_played, wins, losses, draws)
    SELECT player, player, count(*),
        count(*) FILTER (WHERE won),
        count(*) FILTER (WHERE winner_id IS NOT NULL AND NOT won),
        count(*) FILTER (WHERE winner_id IS NULL)
    FROM games, unnest(
        CASE WHEN bot_level IS NULL THEN ARRAY[player1_id, player2_id] ELSE ARRAY[player1_id] END
    ) WITH ORDINALITY AS seat (player, n),
    LATERAL (SELECT winner_id = player AND (n = 1 OR player1_id <> player2_id)) AS said (won)
    WHERE games.id = ANY(%s)
    GROUP BY player ORDER BY player
    {ADD_UP}
"""  # noqa: S608  constants
"""Whoever took both seats over, of two guests who were merged at once, has won one and lost one."""

ANALYSE = """
    COPY game_analytics (id, position, event_type, game_id, player, "column", timestamp, payload)
    FROM STDIN
"""


class GameChanges:
    """What some events do to the tables."""

    def __init__(self) -> None:
        self.started: dict[str, GameStarted] = {}
        self.moves: dict[str, str] = {}
        self.ended: dict[str, GameEnded] = {}
        self.analytics: list[tuple[object, ...]] = []

    def take(self, recorded: Recorded) -> None:
        """Fold one more event in."""
        event = recorded.event
        match event:
            case GameStarted():
                self.started[event.originator_id] = event
                self._analyse(recorded, None, None)
            case MovePlayed():
                game = event.originator_id
                self.moves[game] = f"{self.moves.get(game, '')}{event.column}"
                self._analyse(recorded, event.player, event.column)
            case GameEnded():
                self.ended[event.originator_id] = event
                self._analyse(recorded, event.winner, None)

    def _analyse(self, recorded: Recorded, player: str | None, column: int | None) -> None:
        event, position = recorded.event, recorded.position
        self.analytics.append(
            (
                position.seq << PARTITION_BITS | position.partition,
                str(position),
                PUBLIC_NAMES[type(event)],
                event.originator_id,
                player,
                column,
                event.timestamp,
                msgspec.json.encode(event).decode(),
            )
        )

    def write(self, connection: psycopg.Connection[Any]) -> None:
        """Write them; moves of new games come with the game."""
        if self.started:
            self._write_started(connection)
        if later := {id: moves for id, moves in self.moves.items() if id not in self.started}:
            connection.execute(MOVE, [list(later), list(later.values())])
        if self.ended:
            self._write_ended(connection)
        if self.analytics:
            with connection.cursor() as cursor, cursor.copy(ANALYSE) as copy:
                for row in self.analytics:
                    copy.write_row(row)

    def _write_started(self, connection: psycopg.Connection[Any]) -> None:
        games = self.started.values()
        columns = [
            list(self.started),
            [game.player1 for game in games],
            [game.player2 for game in games],
            [game.bot_level for game in games],
            [self.moves.get(id, "") for id in self.started],
            [game.timestamp for game in games],
        ]
        connection.execute(START, columns)
        seat_again(connection, list(self.started))

    def _write_ended(self, connection: psycopg.Connection[Any]) -> None:
        games, ids = self.ended.values(), list(self.ended)
        counted = [game_id for game_id, game in self.ended.items() if game.counts]
        columns = [
            ids,
            [game.result for game in games],
            [game.winner for game in games],
            [game.duration for game in games],
            [game.timestamp for game in games],
        ]
        connection.execute(END, columns)
        seat_again(connection, ids)
        connection.execute(COUNT_GAMES, [counted])
        connection.execute(COUNT_PLAYERS, [counted])


GAME_COLUMNS = """
    id, player1_id, player2_id, bot_level, moves, result, winner_id, duration, created_at, ended_at
"""

GAME = f"SELECT {GAME_COLUMNS} FROM games WHERE id = %s"  # noqa: S608  a constant of this module


def _listed(player: str) -> str:
    """Games in the order of a list, of a player at one side of the board, or of all."""
    return f"""(
        SELECT {GAME_COLUMNS} FROM games
        WHERE {player} AND (%(status)s::text IS NULL OR status = %(status)s)
            AND (%(before)s::text IS NULL OR (created_at, id) < (
                SELECT created_at, id FROM games WHERE id = %(before)s))
        ORDER BY created_at DESC, id DESC LIMIT %(limit)s
    )"""  # noqa: S608  constants of this module


GAMES = _listed("true")
# Each half by its own index; none is in both.
GAMES_OF = f"""
    {_listed("player1_id = %(player)s")}
    UNION ALL {_listed("player2_id = %(player)s AND player1_id <> player2_id")}
    ORDER BY created_at DESC, id DESC LIMIT %(limit)s
"""

MOVES = """
    SELECT move, CASE move %% 2 WHEN 1 THEN player1_id ELSE player2_id END AS player, "column",
        (payload ->> 'row')::int AS row, timestamp
    FROM games, game_analytics AS event, LATERAL (SELECT (payload ->> 'move')::int) AS said (move)
    WHERE games.id = %s AND game_id = games.id AND event_type = 'move' ORDER BY event.id
"""
"""Turns alternate, so who moved is who has the seat, also where it was handed over."""

USER = """
    SELECT id AS user_id, username, games_played, wins, losses, draws, score
    FROM users WHERE id = %s
"""

SEATS_OF = """
    SELECT id FROM games
    WHERE (player1_id = %(player)s AND player2_id <> %(but_with)s)
        OR (player2_id = %(player)s AND player1_id <> %(but_with)s)
    ORDER BY created_at, id LIMIT %(limit)s
"""

BOARD = "SELECT moves FROM games WHERE id = %s AND length(moves) >= %s"


class GameQueries(PostgresQueries):
    """Games, their moves and their players."""

    name = NAME

    async def game(self, game_id: str) -> GameRecord | None:
        """A game as it stands, or None when there is none."""
        found = await self._select(GAME, [game_id], tuple_row)
        return _game(*found[0]) if found else None

    async def games(
        self,
        limit: int,
        *,
        player: str | None = None,
        status: str | None = None,
        before: str | None = None,
    ) -> GamePage:
        """Games, those that began last first: of all, or of a player; running, finished, or both.

        From the one after the game `before` on.
        """
        asked = {"limit": limit + 1, "player": player, "status": status, "before": before}
        query = GAMES if player is None else GAMES_OF
        found = [_game(*row) for row in await self._select(query, asked, tuple_row)]
        more = len(found) > limit
        return GamePage(games=found[:limit], before=found[limit - 1].game_id if more else None)

    async def seats_of(self, player: str, but_with: str, limit: int) -> list[str]:
        """The first games of a player that another one does not play in."""
        asked = {"player": player, "but_with": but_with, "limit": limit}
        return [id for (id,) in await self._select(SEATS_OF, asked, tuple_row)]

    async def moves(self, game_id: str) -> list[MoveRecord]:
        """A game's moves in order; empty when there are none, or no such game."""
        return await self._select(MOVES, [game_id], class_row(MoveRecord))

    async def board(self, game_id: str, move: int) -> BoardRecord | None:
        """The board after `move` moves; None when the game has not got there."""
        found = await self._select(BOARD, [game_id, move], tuple_row)
        if not found:
            return None
        board = Board.after(map(int, found[0][0][:move]))
        return BoardRecord(
            game_id=game_id, move=move, board=board.rows(), line=board.winning_line()
        )

    async def player(self, user_id: str) -> UserRecord | None:
        """A user's record, or None before the end of their first game."""
        found = await self._select(USER, [user_id], class_row(UserRecord))
        return found[0] if found else None


def _game(
    id: str,
    player1: str,
    player2: str,
    bot_level: BotLevel | None,
    moves: str,
    result: Result | None,
    winner: str | None,
    duration: float | None,
    created_at: datetime,
    ended_at: datetime | None,
) -> GameRecord:
    board = Board.after(map(int, moves))
    game = Game(id, player1, player2, board, result, winner, board.winning_line())
    return GameRecord(
        **msgspec.structs.asdict(game.view),
        bot_level=bot_level,
        duration=duration,
        created_at=created_at,
        ended_at=ended_at,
    )
