"""`leaderboards`: who scored most in each game, day, week and ever; PostgreSQL is the record.

- `leaderboard_scores`: every player's sum on every board.
- `leaderboards`: a view of it, the best hundred of every board with their ranks. Who has the same
  score shares a rank, and the next one is as many further (1, 2, 2, 4); they are listed by id.
  Nothing of it is stored: one score may move a hundred ranks, and to write those took ten times as
  long as the score (measured).
- `leaderboards_seen`, `leaderboards_voids`: see `seen_ids` and `corrections`. Events of types that
  do not score are passed over with their ids.
- Redis: see `leaderboards_cache`.

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

from domain.player_events.corrections import ERASED, REPLACED, replacement
from domain.player_events.event import PlayerEvent
from domain.player_events.scores import SCORING, BoardKey, Period, score_of, starts_of
from projections.people import TableSays
from projections.player_events.corrections import Corrections, parts, voids_table
from projections.player_events.seen_ids import SeenIds, seen_table
from projections.projection import Table

NAME = "leaderboards"


class Score(msgspec.Struct):
    """A row of `leaderboard_scores`."""

    game_id: str
    period: Period
    starts_on: date
    player_id: str
    score: int

    @property
    def board(self) -> BoardKey:
        """The board it is on."""
        return BoardKey(self.game_id, self.period, self.starts_on)


class Gone(NamedTuple):
    """What the cache is told of a player who is on a board no more."""

    board: BoardKey
    player_id: str


class Emptied(NamedTuple):
    """What the cache is told of a board that nobody is on any more."""

    board: BoardKey


Changed = Score | Gone | Emptied


class Leaderboards:
    """The projection; `apply` returns the scores as they have become, for the cache."""

    name = NAME
    handles = (PlayerEvent,)
    tables = (
        Table(
            "leaderboard_scores",
            ("game_id", "period", "starts_on", "player_id"),
            written=("created_at", "updated_at"),
            views=("leaderboards",),
            says=TableSays(
                of=("player_id",),
                facts=("game_id", "period", "starts_on", "score", "created_at", "updated_at"),
                stays="your scores, by your id: the ranks of others depend on them",
            ),
        ),
        seen_table("leaderboards_seen"),
        voids_table("leaderboards_voids"),
    )

    def __init__(self) -> None:
        self._seen = SeenIds("leaderboards_seen")
        self._corrections = Corrections("leaderboards_voids")

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[PlayerEvent]
    ) -> Sequence[Changed]:
        """Add up the points of the events that are new; those of who is corrected, again."""
        changes: list[Changed] = []
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
        return _added(connection, points)

    def _correct(
        self, connection: psycopg.Connection[Any], correction: PlayerEvent
    ) -> Iterator[Changed]:
        """What is gone, and what came in its place."""
        self._corrections.read(connection, correction)
        if correction.event_type == ERASED:
            return  # what is counted stays
        if correction.event_type == REPLACED:
            event = replacement(correction)
            self._seen.new(connection, [event] if event.event_type in SCORING else ())
        events = self._corrections.again(connection, correction)
        points = points_of(_readable(events, correction))
        before = _scores_of(connection, correction.player_id)
        connection.execute(DELETE, [correction.player_id])
        after = _added(connection, points)
        known = {each.board for each in before}
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
            at = event.timestamp
            if at > event.ingested_at:  # noqa: PLR1730  a call for every event
                at = event.ingested_at
            day = at.astimezone(UTC).date()
            if day not in starts:
                starts[day] = starts_of(day)
            days[event.game_id, event.player_id, day] += points
    sums: dict[tuple[str, Period, date, str], int] = defaultdict(int)
    for (game_id, player_id, day), points in sorted(days.items()):
        for period, starts_on in starts[day].items():
            sums[game_id, period, starts_on, player_id] += points
    return [Score(*key, points) for key, points in sums.items()]


ADD = """
    WITH added AS (
        INSERT INTO leaderboard_scores AS known (game_id, period, starts_on, player_id, score)
        SELECT game_id, period, starts_on, player_id, score
        FROM json_populate_recordset(NULL::leaderboard_scores, %s::json)
        ON CONFLICT (game_id, period, starts_on, player_id) DO UPDATE
        SET score = known.score + excluded.score, updated_at = now()
        RETURNING game_id, period, starts_on, player_id, score
    )
    SELECT coalesce(json_agg(added), '[]')::text FROM added
"""
"""Rows for rows, both as JSON: arrays of columns took three times as long (measured)."""


def _added(connection: psycopg.Connection[Any], points: Sequence[Score]) -> Sequence[Score]:
    """The scores as they are with these points."""
    if not points:
        return ()
    found = connection.execute(ADD, [msgspec.json.encode(points).decode()]).fetchone()
    assert found is not None
    return _scores(found[0])


_scores = msgspec.json.Decoder(list[Score]).decode


# -- corrections -----------------------------------------------------------------------------------

DELETE = "DELETE FROM leaderboard_scores WHERE player_id = %s"

SCORES_OF = """
    SELECT game_id, period, starts_on, player_id, score FROM leaderboard_scores
    WHERE player_id = %s
"""

LATEST_OF = """
    SELECT game_id, period, starts_on, player_id, score FROM leaderboard_scores
    WHERE game_id = %(game_id)s AND period = %(period)s AND starts_on = (
        SELECT max(starts_on) FROM leaderboard_scores
        WHERE game_id = %(game_id)s AND period = %(period)s
    )
"""

STAYS = """
    SELECT FROM leaderboard_scores
    WHERE game_id = %(game_id)s AND period = %(period)s AND starts_on = %(starts_on)s LIMIT 1
"""


def _scores_of(connection: psycopg.Connection[Any], player_id: str) -> Sequence[Score]:
    with connection.cursor(row_factory=class_row(Score)) as cursor:
        return cursor.execute(SCORES_OF, [player_id]).fetchall()


def _moved_back(
    connection: psycopg.Connection[Any], boards: Iterable[BoardKey]
) -> Iterator[Emptied | Score]:
    """Where a board has lost its last player, the one before it is the latest of its game."""
    with connection.cursor(row_factory=class_row(Score)) as cursor:
        for board in boards:
            if connection.execute(STAYS, board._asdict()).fetchone() is None:
                yield Emptied(board)
                yield from cursor.execute(LATEST_OF, board._asdict()).fetchall()
