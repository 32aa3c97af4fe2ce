"""Reads what `player_activity` keeps: one statement a query, days of UTC."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from psycopg.rows import AsyncRowFactory, class_row, tuple_row

from projections.days import Days
from projections.player_events.player_activity import NAME
from projections.positions import PostgresQueries, Row, require


class ActiveGame(msgspec.Struct, frozen=True, kw_only=True):
    """A game that was played, and the last day on which it was."""

    game_id: str
    last_day: date


class ActiveGames(msgspec.Struct, frozen=True, kw_only=True):
    """Games that were played, in the order of their ids."""

    games: list[ActiveGame]


class DayOfGame(msgspec.Struct, frozen=True, kw_only=True):
    """Who played on a day, and in the 30 days that end with it.

    `mean_session_seconds` is of the sessions that ended on that day and told their length; null
    where none did.
    """

    day: date
    daily_active: int
    monthly_active: int
    new_players: int
    sessions: int
    mean_session_seconds: float | None


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """Every day of a range."""

    days: list[DayOfGame]


class Cohort(msgspec.Struct, frozen=True, kw_only=True):
    """The players whose first day it was, and how many of them came back 1, 2, … days later.

    Days that have not begun are left out.
    """

    day: date
    size: int
    returned: list[int]


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """The cohort of every day of a range."""

    cohorts: list[Cohort]


class FunnelStep(msgspec.Struct, frozen=True, kw_only=True):
    """How many players got as far as this step."""

    event_type: str
    players: int


class Funnel(msgspec.Struct, frozen=True, kw_only=True):
    """The steps in order."""

    steps: list[FunnelStep]


MOST_GAMES = 1_000

GAMES = """
    WITH RECURSIVE games AS (
        (SELECT game_id FROM active_players ORDER BY game_id LIMIT 1)
        UNION ALL
        SELECT (
            SELECT game_id FROM active_players
            WHERE game_id > games.game_id ORDER BY game_id LIMIT 1
        ) FROM games WHERE game_id IS NOT NULL
    )
    SELECT game_id, (
        SELECT max(day) FROM active_players WHERE active_players.game_id = games.game_id
    ) AS last_day
    FROM games WHERE game_id IS NOT NULL LIMIT %(most)s
"""
"""Two looks into the primary key for each game, however many players it has."""

ACTIVITY = """
    WITH days AS (
        SELECT generate_series(%(first)s::date, %(last)s::date, interval '1 day')::date AS day
    ), counting AS (
        SELECT day, least(day + 30, lead(day) OVER (PARTITION BY player_id ORDER BY day)) AS until
        FROM active_players
        WHERE game_id = %(game)s AND day BETWEEN %(first)s::date - 29 AND %(last)s
    ), active AS (
        SELECT day, until, count(*) AS players FROM counting GROUP BY day, until
    ), daily AS (
        SELECT day, sum(players)::bigint AS players FROM active GROUP BY day
    ), changes AS (
        SELECT day, players AS change FROM active
        UNION ALL SELECT until, -players FROM active
        UNION ALL SELECT day, 0 FROM days
    ), monthly AS (
        SELECT day, sum(sum(change)) OVER (ORDER BY day) AS players FROM changes GROUP BY day
    ), new AS (
        SELECT first_day AS day, count(*) AS players FROM player_first_days
        WHERE game_id = %(game)s AND first_day BETWEEN %(first)s AND %(last)s
        GROUP BY first_day
    ), sessions AS (
        SELECT day, started, milliseconds::float8 / 1000 / nullif(timed, 0) AS mean_seconds
        FROM daily_sessions WHERE game_id = %(game)s AND day BETWEEN %(first)s AND %(last)s
    )
    SELECT day,
        coalesce(daily.players, 0) AS daily_active,
        monthly.players::bigint AS monthly_active,
        coalesce(new.players, 0) AS new_players,
        coalesce(started, 0) AS sessions,
        mean_seconds AS mean_session_seconds
    FROM days JOIN monthly USING (day) LEFT JOIN daily USING (day) LEFT JOIN new USING (day)
    LEFT JOIN sessions USING (day)
    ORDER BY day
"""
"""A day of a player counts for the 30 days that begin with it, or until their next one: so each
player is counted once, and all days cost one pass."""

RETENTION = """
    SELECT first_day, active.day - first_day, count(*)
    FROM player_first_days JOIN active_players AS active USING (game_id, player_id)
    WHERE game_id = %(game)s AND first_day BETWEEN %(first)s AND %(last)s
        AND active.day BETWEEN first_day AND first_day + %(days)s
        AND active.day BETWEEN %(first)s AND %(last)s::date + %(days)s
    GROUP BY 1, 2
"""

FUNNEL = """
    WITH steps AS (
        SELECT * FROM unnest(%(steps)s::text[]) WITH ORDINALITY AS given (event_type, step)
    ), entered AS (
        SELECT player_id, happened_at AS entered_at FROM player_firsts
        WHERE game_id = %(game)s AND event_type = (%(steps)s::text[])[1]
            AND happened_at >= %(first)s::timestamp AT TIME ZONE 'UTC'
            AND happened_at < (%(last)s::date + 1)::timestamp AT TIME ZONE 'UTC'
    ), taken AS (
        SELECT player_id, step,
            row_number() OVER so_far = step
            AND happened_at = max(happened_at) OVER so_far
            AND happened_at <= entered_at + %(within)s AS in_order
        FROM entered JOIN player_firsts USING (player_id) JOIN steps USING (event_type)
        WHERE game_id = %(game)s
        WINDOW so_far AS (PARTITION BY player_id ORDER BY step)
    ), reached AS (
        SELECT step, bool_and(in_order) OVER (PARTITION BY player_id ORDER BY step) AS got_there
        FROM taken
    )
    SELECT event_type, count(*) FILTER (WHERE got_there) AS players
    FROM steps LEFT JOIN reached USING (step) GROUP BY step, event_type ORDER BY step
"""


class ActivityQueries(PostgresQueries):
    """Who plays when. A game that nobody played has zeros."""

    name = NAME

    async def games(self) -> ActiveGames:
        """The games that were played, at most `MOST_GAMES`, in the order of their ids."""
        rows = await self._select(GAMES, {"most": MOST_GAMES}, class_row(ActiveGame))
        return ActiveGames(games=rows)

    async def activity(self, game_id: str, days: Days) -> Activity:
        """How many played on each of these days."""
        asked = {"game": game_id, **days._asdict()}
        return Activity(days=await self._counted(ACTIVITY, asked, class_row(DayOfGame)))

    async def retention(self, game_id: str, cohorts: Days, days: int, today: date) -> Retention:
        """How many of each day's new players came back on each of so many days after it."""
        asked = {"game": game_id, "days": days, **cohorts._asdict()}
        rows = await self._counted(RETENTION, asked, tuple_row)
        counts = {(day, later): players for day, later, players in rows}
        found = []
        for number in range(cohorts.total):
            day = cohorts.first + timedelta(number)
            begun = range(1, min(days, (today - day).days) + 1)
            returned = [counts.get((day, later), 0) for later in begun]
            found.append(Cohort(day=day, size=counts.get((day, 0), 0), returned=returned))
        return Retention(cohorts=found)

    async def funnel(
        self, game_id: str, steps: Sequence[str], entered: Days, within: timedelta
    ) -> Funnel:
        """How many players got to each step, of those who took the first one on these days.

        A step is the first event of its type, which counts where it is not before the step before
        it, and not later than `within` after the first step.
        """
        asked = {"game": game_id, "steps": list(steps), "within": within, **entered._asdict()}
        return Funnel(steps=await self._counted(FUNNEL, asked, class_row(FunnelStep)))

    async def _counted(self, query: Any, asked: Any, rows: AsyncRowFactory[Row]) -> list[Row]:
        """Some rows, of which there are some even where nothing is known."""
        await require(self._pool, NAME)
        return await self._select(query, asked, rows)
