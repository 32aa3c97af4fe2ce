"""`leaderboards`: who scored most in each game, day, week and ever; PostgreSQL is the record.

- `leaderboard_scores`: every player's sum on every board.
- `leaderboards`: the best hundred of every board with their ranks. Who has the same score shares
  a rank, and the next one is as many further (1, 2, 2, 4); they are listed by id.
- `leaderboards_seen`, `leaderboards_voids`: see `projections.seen_ids` and
  `projections.corrections`. Events of types that do not score are passed over with their ids.
- Redis: see `projections.leaderboards_cache`.

Late-arrival rule: an event counts in the periods of its own time, so one that comes late changes
boards that are closed. Those are in PostgreSQL only; the first event of a later period empties the
set in Redis. An event without points puts nobody on a board.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg.rows import class_row

from domain.player_events.corrections import REPLACED, replacement
from domain.player_events.event import TOPIC, PlayerEvent
from domain.player_events.scores import SCORING, Board, Period, score_of, starts_of
from projections.corrections import Corrections, parts
from projections.projection import Table
from projections.seen_ids import SeenIds

NAME = "leaderboards"
BEST = 100
"""How many players of each board the table `leaderboards` holds."""


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


class Gone(NamedTuple):
    """What the cache is told of a player who is on a board no more."""

    board: Board
    player_id: str


class Emptied(NamedTuple):
    """What the cache is told of a board that nobody is on any more."""

    board: Board


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


Change = Score | Gone | Emptied


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
        Table("leaderboards_voids", ("event_id",)),
    )

    def __init__(self) -> None:
        self._seen = SeenIds("leaderboards_seen")
        self._corrections = Corrections("leaderboards_voids")

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[PlayerEvent]
    ) -> Sequence[Change]:
        """Add up the points of the events that are new; those of who is corrected, again."""
        changes: list[Change] = []
        for correcting, part in parts(events):
            if correcting:
                for correction in part:
                    changes += self._correct(connection, correction)
            else:
                changes += self._add(connection, part)
        return changes

    def _add(
        self, connection: psycopg.Connection[Any], events: Sequence[PlayerEvent]
    ) -> Sequence[Score]:
        scoring = [event for event in events if event.event_type in SCORING]
        new = self._seen.new(connection, scoring)
        points = points_of(self._corrections.counting(connection, new))
        if not points:
            return ()
        scores: list[Score] = _rows(connection, ADD, points, list[Score])
        _rank(connection, scores, fell={each.board for each in points if each.score < 0})
        return scores

    def _correct(
        self, connection: psycopg.Connection[Any], correction: PlayerEvent
    ) -> Iterator[Change]:
        """What is gone, and what came in its place."""
        self._corrections.read(connection, correction)
        if correction.event_type == REPLACED:
            event = replacement(correction)
            self._seen.new(connection, [event] if event.event_type in SCORING else ())
        events = self._corrections.again(connection, correction)
        points = points_of(_readable(events, correction))
        before = _scores_of(connection, correction.player_id)
        connection.execute(DELETE, [correction.player_id])
        after: list[Score] = _rows(connection, ADD, points, list[Score]) if points else []
        known = {each.board for each in before}
        _rank(connection, after, fell=known)
        yield from (Gone(board, correction.player_id) for board in known)
        yield from _moved_back(connection, known - {each.board for each in after})
        yield from after


def _readable(events: Iterable[PlayerEvent], correction: PlayerEvent) -> Iterator[PlayerEvent]:
    """Those that can be counted: what cannot is among the dead letters, unless it has just come."""
    for event in events:
        try:
            score_of(event)
        except msgspec.ValidationError:
            if event.offset == correction.offset:
                raise
        else:
            yield event


def points_of(events: Iterable[PlayerEvent]) -> list[Score]:
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

BEST_NOW = f"""
    SELECT coalesce(json_agg(scores), '[]')::text
    FROM json_populate_recordset(NULL::leaderboards, %s::json) AS given
    CROSS JOIN LATERAL (
        SELECT * FROM leaderboard_scores AS known
        WHERE (known.game_id, known.period, known.starts_on)
            = (given.game_id, given.period, given.starts_on)
        ORDER BY score DESC, player_id LIMIT {BEST}
    ) AS scores
"""  # noqa: S608  a constant of this module

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
    better = [each for each in _candidates(connection, scores) if each.board not in fell]
    boards = {each.board for each in better} | fell
    if not boards:
        return
    before: list[Place] = _of_boards(connection, THE_BEST, boards, list[Place])
    best_now: list[Score] = _of_boards(connection, BEST_NOW, fell, list[Score])
    known: dict[Board, dict[str, int]] = defaultdict(dict)
    kept: list[Place | Score] = [place for place in before if place.board not in fell]
    for each in (*kept, *best_now, *better):
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


# -- corrections -----------------------------------------------------------------------------------

DELETE = "DELETE FROM leaderboard_scores WHERE player_id = %s"

SCORES_OF = """
    SELECT game_id, period, starts_on, player_id, score FROM leaderboard_scores
    WHERE player_id = %s
"""

LATEST_OF = """
    SELECT game_id, period, starts_on, player_id, score FROM leaderboard_scores
    WHERE game_id = %(game_id)s AND period = %(period)s AND starts_on = (
        SELECT max(starts_on) FROM leaderboards
        WHERE game_id = %(game_id)s AND period = %(period)s
    )
"""

STAYS = """
    SELECT FROM leaderboards
    WHERE game_id = %(game_id)s AND period = %(period)s AND starts_on = %(starts_on)s LIMIT 1
"""


def _scores_of(connection: psycopg.Connection[Any], player_id: str) -> Sequence[Score]:
    with connection.cursor(row_factory=class_row(Score)) as cursor:
        return cursor.execute(SCORES_OF, [player_id]).fetchall()


def _moved_back(
    connection: psycopg.Connection[Any], boards: Iterable[Board]
) -> Iterator[Emptied | Score]:
    """Where a board has lost its last player, the one before it is the latest of its game."""
    with connection.cursor(row_factory=class_row(Score)) as cursor:
        for board in boards:
            if connection.execute(STAYS, board._asdict()).fetchone() is None:
                yield Emptied(board)
                yield from cursor.execute(LATEST_OF, board._asdict()).fetchall()
