"""The leaderboards in Redis, folded from rows of PostgreSQL.

Behind the generation's name: `leaderboard:{game}:daily`, `…:weekly` and `…:alltime`, sorted sets of
every player's score in the *latest* period of the game, and `leaderboard:{game}:starts`, a hash of
the days on which those began. `boards`: a sorted set of the games that have a leaderboard, those in
which anybody scored last first; by the number of that day, below zero.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, cast

import psycopg
from psycopg.rows import class_row
from redis.client import Pipeline

from projections.player_events.leaderboards import NAME, Changed, Emptied, Gone, Leaderboards, Score

SCRIPT_PLAYERS = 2_000
"""Players that one script puts into Redis; Lua takes no more than 8,000 arguments."""

LATEST = """
    SELECT game_id, period, starts_on, player_id, score FROM leaderboard_scores
    JOIN (
        SELECT game_id, period, max(starts_on) AS starts_on FROM leaderboard_scores GROUP BY 1, 2
    ) AS latest USING (game_id, period, starts_on)
"""

KEEP = """
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known and known > ARGV[2] then return end
if known and known < ARGV[2] then redis.call('DEL', KEYS[1]) end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[1], unpack(ARGV, 3))
"""

REMOVE = """
if redis.call('HGET', KEYS[2], ARGV[1]) == ARGV[2] then redis.call('ZREM', KEYS[1], ARGV[3]) end
"""

EMPTY = """
if redis.call('HGET', KEYS[2], ARGV[1]) == ARGV[2] then
    redis.call('DEL', KEYS[1])
    redis.call('HDEL', KEYS[2], ARGV[1])
end
"""


class LeaderboardsCache:
    """The answers in Redis: a fold of rows, each the last word on its player."""

    name = NAME
    handles = Leaderboards.handles

    def fold(self, rows: Sequence[Changed]) -> "CachedScores":
        """What these changes do."""
        return CachedScores(rows)

    def rows(self, connection: psycopg.Connection[Any]) -> Iterator[Score]:
        """Every row of the record that is of the latest period of its game."""
        with connection.cursor(NAME, row_factory=class_row(Score)) as cursor:
            cursor.itersize = 5_000
            yield from cursor.execute(LATEST)


class CachedScores(NamedTuple):
    """Rows on their way to Redis."""

    changes: Sequence[Changed]

    def write(self, pipeline: Pipeline, generation: str) -> None:
        """Queue the commands."""
        for adding, run in groupby(self.changes, lambda change: isinstance(change, Score)):
            if adding:
                self._add(pipeline, generation, cast("Iterator[Score]", run))
            else:
                self._take_away(pipeline, generation, cast("Iterator[Gone | Emptied]", run))

    def _take_away(
        self, pipeline: Pipeline, generation: str, changes: Iterable[Gone | Emptied]
    ) -> None:
        for change in changes:
            game_id, period, starts_on = change.board
            key = f"{generation}:leaderboard:{game_id}"
            keys = f"{key}:{period}", f"{key}:starts"
            if isinstance(change, Emptied):
                pipeline.eval(EMPTY, 2, *keys, period, starts_on.isoformat())
                if period == "daily":
                    pipeline.zrem(f"{generation}:boards", game_id)  # a day before puts it back
            else:
                whom = change.player_id
                pipeline.eval(REMOVE, 2, *keys, period, starts_on.isoformat(), whom)

    def _add(self, pipeline: Pipeline, generation: str, scores: Iterable[Score]) -> None:
        """A later period comes after those before it."""
        order = attrgetter("starts_on", "game_id", "period")
        scores = sorted(scores, key=order)
        days = {
            each.game_id: -each.starts_on.toordinal() for each in scores if each.period == "daily"
        }
        if days:
            pipeline.zadd(f"{generation}:boards", days, lt=True)
        for (starts_on, game_id, period), rows in groupby(scores, key=order):
            pairs = [(row.score, row.player_id) for row in rows]
            key = f"{generation}:leaderboard:{game_id}"
            for first in range(0, len(pairs), SCRIPT_PLAYERS):
                flat = [each for pair in pairs[first : first + SCRIPT_PLAYERS] for each in pair]
                keys = f"{key}:{period}", f"{key}:starts"
                pipeline.eval(KEEP, 2, *keys, period, starts_on.isoformat(), *flat)
