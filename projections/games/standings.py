"""`standings`: who won most; PostgreSQL is the record, Redis answers.

- `standings`, a row for each game, player and period: wins, draws, losses, score, and
  `reached_at`, when the player reached the score. Of two with one score, who reached it first
  ranks higher; within one second, the id decides.
  Of who has handed all games over (docs/adr/0035), the row stays with nothing in it, and is not
  shown: its times are those of all games that it ever counted, in whatever order that was.
- `standing_games`: the players of running games, bots left out; a game's end does not name
  them.
- Redis, behind the generation's name: `leaderboard:four-in-a-row:alltime`, a sorted set of
  players in order of rank, and `leaderboard:four-in-a-row:entries`, a hash of their rows as JSON.

It is a table of its own beside `users`, which belongs to `game-records`: each read model is
rebuilt and swapped alone, and a standing has a game and a period where a user has neither.

A row is the same in whatever order its games are counted, since a rebuild reads the shards of
the log in another order than the live worker did: sums, a maximum and a minimum.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg.rows import class_row
from redis.asyncio import Redis
from redis.client import Pipeline

from domain.events import Recorded
from domain.games.events import (
    GameEnded,
    GameOutcome,
    GameStarted,
    ResultHandedOver,
    SeatHandedOver,
)
from projections.games.hand_overs import HAND_OVERS, parts
from projections.generations import RedisQueries
from projections.people import TableSays
from projections.projection import Table

NAME = "standings"
GAME = "four-in-a-row"
PERIOD = "alltime"
HIGHEST_SCORE = 1 << 20
SECONDS_BITS = 32


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A player's row; `reached_at` is when the score was reached."""

    user_id: str
    score: int
    wins: int
    draws: int
    losses: int
    reached_at: datetime

    @property
    def is_empty(self) -> bool:
        """Whether it counts no game any more."""
        return not (self.wins or self.draws or self.losses)


class RankedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A row with its rank, from 1."""

    rank: int
    user_id: str
    score: int
    wins: int
    draws: int
    losses: int
    reached_at: datetime


class Standings(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the leaderboard, how many are on it altogether, and a player who was asked for."""

    entries: list[RankedEntry]
    total: int
    player: RankedEntry | None = None


class GameTally(NamedTuple):
    """How games ended for one player."""

    wins: int
    draws: int
    losses: int
    first_game_at: datetime
    last_win_at: datetime | None

    @classmethod
    def of(cls, outcome: GameOutcome, ended_at: datetime, games: int = 1) -> "GameTally":
        """One game, or one that is counted no more (-1)."""
        at = ended_at.replace(microsecond=0)
        won, drawn, lost = (games * (outcome == each) for each in ("won", "drawn", "lost"))
        return cls(won, drawn, lost, at, at if outcome == "won" else None)

    def plus(self, other: "GameTally") -> "GameTally":
        """Both together, in whichever order."""
        wins = [at for at in (self.last_win_at, other.last_win_at) if at is not None]
        return GameTally(
            self.wins + other.wins,
            self.draws + other.draws,
            self.losses + other.losses,
            min(self.first_game_at, other.first_game_at),
            max(wins, default=None),
        )


SEAT = """
    INSERT INTO standing_games (game_id, players)
    SELECT * FROM unnest(%s::text[], %s::text[])
"""

UNSEAT = "DELETE FROM standing_games WHERE game_id = ANY(%s) RETURNING game_id, players"

COUNT = f"""
    INSERT INTO standings
        (game_id, period, player_id, wins, draws, losses, first_game_at, last_win_at)
    SELECT '{GAME}', '{PERIOD}', new.*
    FROM unnest(%s::text[], %s::int[], %s::int[], %s::int[], %s::timestamptz[], %s::timestamptz[])
        AS new (player, wins, draws, losses, first_game_at, last_win_at)
    ORDER BY player
    ON CONFLICT (game_id, player_id, period) DO UPDATE
    SET wins = standings.wins + excluded.wins,
        draws = standings.draws + excluded.draws,
        losses = standings.losses + excluded.losses,
        first_game_at = least(standings.first_game_at, excluded.first_game_at),
        last_win_at = greatest(standings.last_win_at, excluded.last_win_at)
    RETURNING player_id AS user_id, score, wins, draws, losses, reached_at
"""  # noqa: S608  two constants of this module

RESEAT = """
    UPDATE standing_games SET players = (
        SELECT json_agg(CASE name WHEN %(previous)s THEN %(user_id)s ELSE name END ORDER BY n)::text
        FROM json_array_elements_text(players::json) WITH ORDINALITY AS seats (name, n)
    )
    WHERE game_id = %(game_id)s
"""

ALL = f"""
    SELECT player_id AS user_id, score, wins, draws, losses, reached_at
    FROM standings WHERE game_id = '{GAME}' AND period = '{PERIOD}'
        AND (wins, draws, losses) <> (0, 0, 0)
"""  # noqa: S608  two constants of this module


class StandingsRecord:
    """The projection; `apply` returns the rows as they have become, for the cache."""

    name = NAME
    handles = (GameStarted, GameEnded, *HAND_OVERS)
    tables = (
        Table(
            "standings",
            ("game_id", "player_id", "period"),
            says=TableSays(
                of=("player_id",),
                facts=(
                    *("game_id", "period", "wins", "draws", "losses", "score"),
                    *("first_game_at", "last_win_at", "reached_at"),
                ),
                stays="your score and rank, by your id: the ranks of others depend on it",
            ),
        ),
        Table(
            "standing_games",
            ("game_id",),
            says=TableSays(
                of=("players",),
                facts=("game_id",),
                instead="`games`, as long as a game runs",
            ),
        ),
    )

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[Recorded]
    ) -> Sequence[Entry]:
        """Count the games that ended, and those that were handed over."""
        rows: list[Entry] = []
        for handing, part in parts(events):
            rows += _hand_over(connection, part) if handing else self._play(connection, part)
        return rows

    def _play(
        self, connection: psycopg.Connection[Any], events: Sequence[Recorded]
    ) -> Sequence[Entry]:
        seated: dict[str, list[str]] = {}
        ended: dict[str, GameEnded] = {}
        for recorded in events:
            match recorded.event:
                case GameStarted() as event:
                    seated[event.originator_id] = _people(event)
                case GameEnded() as event:
                    ended[event.originator_id] = event
        players = _unseat(connection, [id for id in ended if id not in seated])
        players |= {id: seated.pop(id) for id in ended if id in seated}
        _seat(connection, seated)
        return _count(connection, _tally(ended, players))


def _people(game: GameStarted) -> list[str]:
    return [game.player1, game.player2] if game.bot_level is None else [game.player1]


def _seat(connection: psycopg.Connection[Any], seated: dict[str, list[str]]) -> None:
    if seated:
        # As JSON, because an array of arrays would have to be rectangular.
        players = [msgspec.json.encode(people).decode() for people in seated.values()]
        connection.execute(SEAT, [list(seated), players])


def _unseat(connection: psycopg.Connection[Any], games: list[str]) -> dict[str, list[str]]:
    if not games:
        return {}
    rows = connection.execute(UNSEAT, [games]).fetchall()
    return {game_id: msgspec.json.decode(players) for game_id, players in rows}


def _hand_over(connection: psycopg.Connection[Any], events: Sequence[Recorded]) -> Sequence[Entry]:
    """Let who took seats over sit there, and count for them how games went that are over."""
    tallies: dict[str, GameTally] = {}
    for recorded in events:
        match recorded.event:
            case SeatHandedOver(originator_id=game_id) as event:
                connection.execute(RESEAT, {"game_id": game_id, **event.facts()})
            case ResultHandedOver(outcome=str(outcome), ended_at=at) as event:
                _add(tallies, event.previous, GameTally.of(outcome, at, -1))
                _add(tallies, event.user_id, GameTally.of(outcome, at))
    return _count(connection, tallies)


def _add(tallies: dict[str, GameTally], player: str, tally: GameTally) -> None:
    known = tallies.get(player)
    tallies[player] = known.plus(tally) if known else tally


def _tally(ended: dict[str, GameEnded], players: dict[str, list[str]]) -> dict[str, GameTally]:
    tallies: dict[str, GameTally] = {}
    for game_id, event in ended.items():
        for player in players.get(game_id, ()):
            if outcome := event.outcome_for(player):
                _add(tallies, player, GameTally.of(outcome, event.timestamp))
    return tallies


def _count(connection: psycopg.Connection[Any], tallies: dict[str, GameTally]) -> Sequence[Entry]:
    if not tallies:
        return ()
    columns = [list(column) for column in zip(*tallies.values(), strict=True)]
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(COUNT, [list(tallies), *columns]).fetchall()


# -- the cache -------------------------------------------------------------------------------------


def rank_score(entry: Entry) -> int:
    """Orders players by rank, the best first; exact as a double."""
    return (HIGHEST_SCORE - entry.score << SECONDS_BITS) + int(entry.reached_at.timestamp())


class StandingsCache:
    """The answers in Redis: a fold of rows, each the last word on its player."""

    name = NAME
    handles = StandingsRecord.handles

    def fold(self, rows: Sequence[Entry]) -> "CachedEntries":
        """What these rows do."""
        return CachedEntries(rows)

    def rows(self, connection: psycopg.Connection[Any]) -> Iterator[Entry]:
        """Every row of the record."""
        with connection.cursor("standings", row_factory=class_row(Entry)) as cursor:
            yield from cursor.execute(ALL)


class CachedEntries(NamedTuple):
    """Rows on their way to Redis."""

    rows: Sequence[Entry]

    def write(self, pipeline: Pipeline, generation: str) -> None:
        """Queue the commands."""
        if not self.rows:
            return
        key = f"{generation}:leaderboard:{GAME}"
        last = {row.user_id: row for row in self.rows}
        if gone := [user for user, row in last.items() if row.is_empty]:
            pipeline.zrem(f"{key}:{PERIOD}", *gone)
            pipeline.hdel(f"{key}:entries", *gone)
        if shown := [row for row in last.values() if not row.is_empty]:
            pipeline.zadd(f"{key}:{PERIOD}", {row.user_id: rank_score(row) for row in shown})
            entries: dict[Any, Any] = {row.user_id: msgspec.json.encode(row) for row in shown}
            pipeline.hset(f"{key}:entries", mapping=entries)


TOP = f"""
local live = redis.call('GET', KEYS[1])
if not live then return nil end
local key = live .. ':leaderboard:{GAME}'
local players = redis.call('ZRANGE', key .. ':{PERIOD}', ARGV[1], ARGV[2])
if #players == 0 then return {{{{}}, redis.call('ZCARD', key .. ':{PERIOD}')}} end
return {{
    redis.call('HMGET', key .. ':entries', unpack(players)),
    redis.call('ZCARD', key .. ':{PERIOD}')
}}
"""

RANK = f"""
local live = redis.call('GET', KEYS[1])
if not live then return nil end
local key = live .. ':leaderboard:{GAME}'
local rank = redis.call('ZRANK', key .. ':{PERIOD}', ARGV[1])
if not rank then return {{}} end
return {{rank, redis.call('HGET', key .. ':entries', ARGV[1])}}
"""


class StandingsQueries(RedisQueries):
    """Reads the live leaderboard; `redis` decodes its responses. Raises `ReadModelMissing`."""

    name = NAME

    def __init__(self, redis: "Redis") -> None:
        super().__init__(redis)
        self._top = self._script(TOP)
        self._rank = self._script(RANK)

    async def top(self, limit: int, offset: int = 0) -> Standings:
        """The best players from `offset` on."""
        answer: list[Any] = await self._query(self._top, offset, offset + limit - 1)
        entries, total = answer
        ranked = [_ranked(offset + i + 1, entry) for i, entry in enumerate(entries)]
        return Standings(entries=ranked, total=total)

    async def rank(self, user_id: str) -> RankedEntry | None:
        """A player's rank, or None before the end of their first game."""
        answer: list[Any] = await self._query(self._rank, user_id)
        return _ranked(answer[0] + 1, answer[1]) if answer else None


def _ranked(rank: int, entry: str) -> RankedEntry:
    return msgspec.convert(msgspec.json.decode(entry) | {"rank": rank}, RankedEntry)
