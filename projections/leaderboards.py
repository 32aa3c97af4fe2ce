"""`leaderboards`: who scored most in each game, day, week and ever; PostgreSQL is the record.

- `leaderboard_scores`: every player's sum on every board.
- `leaderboards`: the best hundred of every board with their ranks. Who has the same score shares
  a rank, and the next one is as many further (1, 2, 2, 4); they are listed by id.
- `leaderboards_seen`: see `projections.seen_ids`. Events of types that do not score are passed
  over with their ids.
- Redis, behind the generation's name: `leaderboard:{game}:daily`, `…:weekly` and `…:alltime`,
  sorted sets of every player's score in the *latest* period of the game, and
  `leaderboard:{game}:starts`, a hash of the days on which those began.

Late-arrival rule: an event counts in the periods of its own time, so one that comes late changes
boards that are closed. Those are in PostgreSQL only; the first event of a later period empties the
set in Redis. An event without points puts nobody on a board.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg.rows import class_row
from redis.client import Pipeline

from domain.player_events.event import TOPIC, PlayerEvent
from domain.player_events.scores import SCORING, Board, Period, score_of, starts_of
from projections.projection import Table
from projections.seen_ids import SeenIds

NAME = "leaderboards"
BEST = 100
"""How many players of each board the table `leaderboards` holds."""

AT_ONCE = 2_000
"""Players that one script puts into Redis; Lua takes no more than 8,000 arguments."""


class Score(msgspec.Struct):
    """A row of `leaderboard_scores`."""

    game_id: str
    period: Period
    starts_on: date
    player_id: str
    score: int

    @property
    def board(self) -> Board:
        """The board it is on."""
        return Board(self.game_id, self.period, self.starts_on)


class Place(msgspec.Struct):
    """A row of `leaderboards`."""

    game_id: str
    player_id: str
    period: Period
    starts_on: date
    rank: int
    score: int

    @property
    def board(self) -> Board:
        """The board it is on."""
        return Board(self.game_id, self.period, self.starts_on)


class Leaderboards:
    """The projection; `apply` returns the scores as they have become, for the cache."""

    name = NAME
    topics = (TOPIC,)
    handles = (PlayerEvent,)
    tables = (
        Table("leaderboard_scores", ("game_id", "period", "starts_on", "player_id")),
        Table(
            "leaderboards",
            ("game_id", "player_id", "period", "starts_on"),
            written=("created_at", "updated_at"),
        ),
        Table("leaderboards_seen", ()),
    )

    def __init__(self) -> None:
        self._seen = SeenIds(NAME, "leaderboards_seen")

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[PlayerEvent]
    ) -> Sequence[Score]:
        """Add up the points of the events that are new."""
        scoring = [event for event in events if event.event_type in SCORING]
        points = points_of(self._seen.new(connection, scoring))
        if not points:
            return ()
        scores: list[Score] = _rows(connection, ADD, points, list[Score])
        _rank(connection, scores, fell={each.board for each in points if each.score < 0})
        return scores


def points_of(events: Sequence[PlayerEvent]) -> list[Score]:
    """What these events add to the scores of all boards; raises `msgspec.ValidationError`."""
    days: dict[tuple[str, str, date], int] = defaultdict(int)
    starts: dict[date, Mapping[Period, date]] = {}
    for event in events:
        if points := score_of(event):
            happened_at = event.happened_at.astimezone(UTC)
            day = happened_at.date()
            if day not in starts:
                starts[day] = starts_of(happened_at)
            days[event.game_id, event.player_id, day] += points
    sums: dict[tuple[str, Period, date, str], int] = defaultdict(int)
    for (game_id, player_id, day), points in days.items():
        for period, starts_on in starts[day].items():
            sums[game_id, period, starts_on, player_id] += points
    return [Score(*key, points) for key, points in sorted(sums.items())]


ADD = """
    WITH added AS (
        INSERT INTO leaderboard_scores AS known
        SELECT * FROM json_populate_recordset(NULL::leaderboard_scores, %s::json)
        ON CONFLICT (game_id, period, starts_on, player_id) DO UPDATE
        SET score = known.score + excluded.score
        RETURNING *
    )
    SELECT coalesce(json_agg(added), '[]')::text FROM added
"""


def _rows(connection: psycopg.Connection[Any], query: Any, given: Any, kind: Any) -> Any:
    """Rows for rows, both as JSON: arrays of columns took three times as long (measured)."""
    found = connection.execute(query, [msgspec.json.encode(given).decode()]).fetchone()
    assert found is not None
    return msgspec.json.decode(found[0], type=kind)


# -- the best hundred ------------------------------------------------------------------------------

WORST = """
    SELECT game_id, period, starts_on, min(best.score)
    FROM json_populate_recordset(NULL::leaderboards, %s::json)
    JOIN leaderboards AS best USING (game_id, period, starts_on)
    GROUP BY game_id, period, starts_on HAVING count(*) >= %s
"""

THE_BEST = """
    SELECT coalesce(json_agg(best), '[]')::text
    FROM json_populate_recordset(NULL::leaderboards, %s::json) AS given
    JOIN leaderboards AS best USING (game_id, period, starts_on)
"""

EVERYONE = """
    SELECT coalesce(json_agg(scores), '[]')::text
    FROM json_populate_recordset(NULL::leaderboards, %s::json) AS given
    JOIN leaderboard_scores AS scores USING (game_id, period, starts_on)
"""

DROP = """
    DELETE FROM leaderboards AS best
    USING json_populate_recordset(NULL::leaderboards, %s::json) AS gone
    WHERE (best.game_id, best.player_id, best.period, best.starts_on)
        = (gone.game_id, gone.player_id, gone.period, gone.starts_on)
"""

PUT = """
    INSERT INTO leaderboards (game_id, player_id, period, starts_on, rank, score)
    SELECT game_id, player_id, period, starts_on, rank, score
    FROM json_populate_recordset(NULL::leaderboards, %s::json)
    ON CONFLICT (game_id, player_id, period, starts_on) DO UPDATE
    SET rank = excluded.rank, score = excluded.score, updated_at = now()
"""


def _rank(connection: psycopg.Connection[Any], scores: Sequence[Score], fell: set[Board]) -> None:
    """Bring the best of the boards up to date on which these scores have changed.

    As long as scores grow, the best are among those that were and those that changed. On boards
    where one `fell`, somebody else may have come up.
    """
    better = _candidates(connection, scores) + [each for each in scores if each.board in fell]
    if not better:
        return
    before = _of_boards(connection, THE_BEST, {each.board for each in better}, list[Place])
    everyone = _of_boards(connection, EVERYONE, fell, list[Score])
    known: dict[Board, dict[str, int]] = defaultdict(dict)
    for each in (*before, *everyone, *better):
        known[each.board][each.player_id] = each.score
    after = [place for board, players in known.items() for place in ranked(board, players)]
    _replace(connection, before, after)


def _candidates(connection: psycopg.Connection[Any], scores: Sequence[Score]) -> list[Score]:
    """Those that may be among the best of their board."""
    boards = msgspec.json.encode([b._asdict() for b in {each.board for each in scores}]).decode()
    worst = {Board(*row[:3]): row[3] for row in connection.execute(WORST, [boards, BEST])}
    return [each for each in scores if each.score >= worst.get(each.board, each.score)]


def _of_boards(
    connection: psycopg.Connection[Any], query: Any, boards: set[Board], kind: Any
) -> Any:
    return _rows(connection, query, [board._asdict() for board in boards], kind) if boards else []


def ranked(board: Board, players: Mapping[str, int]) -> Iterator[Place]:
    """The best of a board, in order."""
    game_id, period, starts_on = board
    order = sorted(players.items(), key=lambda each: (-each[1], each[0]))[:BEST]
    rank, last = 0, None
    for place, (player_id, score) in enumerate(order, 1):
        rank, last = (rank if score == last else place), score
        yield Place(game_id, player_id, period, starts_on, rank, score)


def _replace(
    connection: psycopg.Connection[Any], before: Sequence[Place], after: Sequence[Place]
) -> None:
    old = {(each.board, each.player_id): each for each in before}
    new = {(each.board, each.player_id): each for each in after}
    if gone := [place for key, place in old.items() if key not in new]:
        connection.execute(DROP, [msgspec.json.encode(gone).decode()])
    if changed := [place for key, place in new.items() if place != old.get(key)]:
        connection.execute(PUT, [msgspec.json.encode(changed).decode()])


# -- the cache -------------------------------------------------------------------------------------

LATEST = """
    SELECT game_id, period, starts_on, player_id, score FROM leaderboard_scores
    JOIN (
        SELECT game_id, period, max(starts_on) AS starts_on FROM leaderboards GROUP BY 1, 2
    ) AS latest USING (game_id, period, starts_on)
"""

KEEP = """
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known and known > ARGV[2] then return end
if known and known < ARGV[2] then redis.call('DEL', KEYS[1]) end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[1], unpack(ARGV, 3))
"""


class LeaderboardsCache:
    """The answers in Redis: a fold of rows, each the last word on its player."""

    name = NAME
    topics = Leaderboards.topics
    handles = Leaderboards.handles

    def fold(self, rows: Sequence[Score]) -> "CachedScores":
        """What these rows do."""
        return CachedScores(rows)

    def rows(self, connection: psycopg.Connection[Any]) -> Iterator[Score]:
        """Every row of the record that is of the latest period of its game."""
        with connection.cursor(NAME, row_factory=class_row(Score)) as cursor:
            cursor.itersize = 5_000
            yield from cursor.execute(LATEST)


class CachedScores(NamedTuple):
    """Rows on their way to Redis."""

    rows: Sequence[Score]

    def write(self, pipeline: Pipeline, generation: str) -> None:
        """Queue the commands; a later period comes after those before it."""
        order = attrgetter("starts_on", "game_id", "period")
        for (starts_on, game_id, period), rows in groupby(sorted(self.rows, key=order), key=order):
            pairs = [(row.score, row.player_id) for row in rows]
            key = f"{generation}:leaderboard:{game_id}"
            for first in range(0, len(pairs), AT_ONCE):
                flat = [each for pair in pairs[first : first + AT_ONCE] for each in pair]
                keys = f"{key}:{period}", f"{key}:starts"
                pipeline.eval(KEEP, 2, *keys, period, starts_on.isoformat(), *flat)
