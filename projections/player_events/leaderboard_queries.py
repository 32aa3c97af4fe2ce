"""Reads what `leaderboards` keeps."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from redis.asyncio import Redis

from domain.player_events.scores import BoardKey, Period
from projections.generations import FOLLOWING, RedisQueries
from projections.player_events.leaderboards import NAME
from projections.positions import Pool
from projections.projection import InvalidCursor


class RankedPlayer(msgspec.Struct, frozen=True, kw_only=True):
    """A player's place on a board, from 1."""

    rank: int
    player_id: str
    score: int


class Leaderboard(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a board, and how many are on it altogether."""

    entries: list[RankedPlayer]
    total: int


class ListedBoard(msgspec.Struct, frozen=True, kw_only=True):
    """A game with a leaderboard: the last day on which anybody scored, and how many ever did."""

    game_id: str
    last_day: date
    players: int


class ListedBoards(msgspec.Struct, frozen=True, kw_only=True):
    """Games, those played last first, and what to ask for the next ones with; None at the end."""

    leaderboards: list[ListedBoard]
    before: str | None


LIST = f"""{FOLLOWING}
local live = redis.call('GET', KEYS[1])
if not live then return nil end
local key, limit, start = live .. ':boards', tonumber(ARGV[1]), 0
if ARGV[3] then start = following(key, ARGV[2], ARGV[3]) end
local found, games = redis.call('ZRANGE', key, start, start + limit, 'WITHSCORES'), {{}}
for i = 1, math.min(#found, 2 * limit), 2 do
    local players = redis.call('ZCARD', live .. ':leaderboard:' .. found[i] .. ':alltime')
    games[#games + 1] = {{found[i], found[i + 1], players}}
end
return {{games, #found > 2 * limit and 1 or 0}}
"""

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
        self._list = self._script(LIST)
        self._pool = pool

    async def boards(self, limit: int, before: str | None = None) -> ListedBoards:
        """The games that have a leaderboard, those of the last day first, from a cursor on.

        A day's come by their ids. Of 10,000 games a hundred take 0.6 ms, a thousand 4 (measured).
        Raises `InvalidCursor`.
        """
        games, more = await self._query(self._list, limit, *_place_in(before))
        assert isinstance(games, list)
        listed = [
            ListedBoard(game_id=game, last_day=date.fromordinal(-int(day)), players=players)
            for game, day, players in games
        ]
        last = f"{listed[-1].last_day}/{listed[-1].game_id}" if more else None
        return ListedBoards(leaderboards=listed, before=last)

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


def _place_in(before: str | None) -> Sequence[str | int]:
    """Where a page of `boards` ended."""
    if before is None:
        return ()
    day, _, game_id = before.partition("/")
    try:
        return -msgspec.convert(day, date).toordinal(), game_id
    except msgspec.ValidationError:
        detail = (
            f"{before!r} is no place in a list of leaderboards; take `before` from the page before."
        )
        raise InvalidCursor(detail) from None


def _entry(rank: int, player_id: str, score: str | int) -> RankedPlayer:
    # Redis writes large scores as doubles.
    return RankedPlayer(rank=rank, player_id=player_id, score=int(float(score)))
