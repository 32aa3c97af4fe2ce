"""Reads what `leaderboards` keeps."""

from datetime import date
from typing import Any

import msgspec
from redis.asyncio import Redis

from domain.player_events.scores import BoardKey, Period
from projections.generations import RedisQueries
from projections.player_events.leaderboards import NAME
from projections.positions import Pool


class RankedPlayer(msgspec.Struct, frozen=True, kw_only=True):
    """A player's place on a board, from 1."""

    rank: int
    player_id: str
    score: int


class Leaderboard(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a board, and how many are on it altogether."""

    entries: list[RankedPlayer]
    total: int


SLICE = """
local live = redis.call('GET', KEYS[1])
if not live then return nil end
local board = live .. ':leaderboard:' .. ARGV[1]
local latest = redis.call('HGET', board .. ':starts', ARGV[2])
if latest and ARGV[3] < latest then return {'closed'} end
if latest ~= ARGV[3] then return {'none'} end
local key, limit = board .. ':' .. ARGV[2], tonumber(ARGV[4])
local total, start = redis.call('ZCARD', key), 0
local function better(score) return redis.call('ZCOUNT', key, '(' .. score, '+inf') end
-- Who has the same score is listed by id, as sorted sets do when they are read from the lowest.
local function place(score)
    return total - better(score) - redis.call('ZCOUNT', key, score, score)
end
if ARGV[5] then
    local score = redis.call('ZSCORE', key, ARGV[5])
    if not score then return {'open', total, {}} end
    local index = better(score) + redis.call('ZRANK', key, ARGV[5]) - place(score)
    start = math.max(0, math.min(index - math.floor(limit / 2), total - limit))
end
local found = redis.call('ZREVRANGE', key, start, start + limit - 1, 'WITHSCORES')
local entries, i = {}, 2
while i <= #found do
    local score, count = found[i], 0
    while found[i] == score do count = count + 1; i = i + 2 end
    local above = better(score)
    local first = place(score) + math.max(0, start - above)
    for _, player in ipairs(redis.call('ZRANGE', key, first, first + count - 1)) do
        entries[#entries + 1] = {above + 1, player, score}
    end
end
return {'open', total, entries}
"""

CLOSED = """
    WITH ranked AS (
        SELECT rank() OVER (ORDER BY score DESC) AS rank, player_id, score,
            row_number() OVER (ORDER BY score DESC, player_id) - 1 AS index,
            count(*) OVER () AS total
        FROM leaderboard_scores
        WHERE game_id = %(game)s AND period = %(period)s AND starts_on = %(on)s
    ), slice AS (
        SELECT CASE WHEN %(player)s::text IS NULL THEN 0 ELSE (
            SELECT greatest(0, least(index - %(limit)s / 2, total - %(limit)s))
            FROM ranked WHERE player_id = %(player)s
        ) END AS start
    )
    SELECT rank, player_id, score, total FROM ranked, slice
    WHERE index >= start AND index < start + %(limit)s ORDER BY index
"""

HOW_MANY = """
    SELECT count(*) FROM leaderboard_scores
    WHERE game_id = %(game)s AND period = %(period)s AND starts_on = %(on)s
"""


class LeaderboardQueries(RedisQueries):
    """Reads live boards: the latest of each game from Redis, closed ones from PostgreSQL.

    `redis` decodes its responses. Raises `ReadModelMissing`. A board on which nobody scored is
    empty.
    """

    name = NAME

    def __init__(self, redis: "Redis", pool: Pool) -> None:
        super().__init__(redis)
        self._slice = self._script(SLICE)
        self._pool = pool

    async def board(self, game_id: str, period: Period, starts_on: date, limit: int) -> Leaderboard:
        """The best `limit` players of a board."""
        return await self._read(BoardKey(game_id, period, starts_on), limit)

    async def around(
        self, game_id: str, period: Period, starts_on: date, player_id: str, limit: int
    ) -> Leaderboard:
        """`limit` places of a board with a player in their midst; none if they are not on it."""
        return await self._read(BoardKey(game_id, period, starts_on), limit, player_id)

    async def _read(self, board: BoardKey, limit: int, player_id: str | None = None) -> Leaderboard:
        game_id, period, starts_on = board
        asked: list[Any] = [game_id, period, starts_on.isoformat(), limit]
        if player_id is not None:
            asked.append(player_id)
        answer: list[Any] = await self._query(self._slice, *asked)
        match answer:
            case ["open", total, entries]:
                return Leaderboard(entries=[_entry(*each) for each in entries], total=total)
            case ["closed"]:
                return await self._closed(board, limit, player_id)
        return Leaderboard(entries=[], total=0)

    async def _closed(self, board: BoardKey, limit: int, player_id: str | None) -> Leaderboard:
        asked = {
            "game": board.game_id,
            "period": board.period,
            "on": board.starts_on,
            "limit": limit,
            "player": player_id,
        }
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(CLOSED, asked)).fetchall()
            if not rows:
                counted = await (await connection.execute(HOW_MANY, asked)).fetchone()
                return Leaderboard(entries=[], total=counted[0] if counted else 0)
        return Leaderboard(entries=[_entry(*row[:3]) for row in rows], total=rows[0][3])


def _entry(rank: int, player_id: str, score: str | int) -> RankedPlayer:
    # Redis writes large scores as doubles.
    return RankedPlayer(rank=rank, player_id=player_id, score=int(float(score)))
