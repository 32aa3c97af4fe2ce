"""`player-activity`: who played which game on which day, for the first time and at all.

- `active_players`: the days on which a player had any event in a game. Days are those of UTC, of
  the events' own times.
- `player_first_days`: the first of those days.
- `player_firsts`: when a player had an event of a type in a game for the first time.
- `daily_sessions`: how many sessions of a game began on a day; how many ended there and told their
  length (`timed`), and those lengths together.
- `player_activity_seen`: see `seen_ids`. Only events of sessions are counted, so only their ids are
  kept; the other tables are sets and minima, to which a repetition adds nothing.

Late-arrival rule: an event counts on the day of its own time, so one that comes late corrects days
and cohorts that are over. Lengths are whole milliseconds, whose sum does not depend on the order.
Gamehall's own records in the topic, whose types begin with `gamehall.`, are nothing that anybody
did.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, LiteralString

import msgspec
import psycopg

from domain.player_events.corrections import RESERVED
from domain.player_events.event import PlayerEvent
from domain.player_events.types import Seconds
from projections.people import TableSays
from projections.player_events.seen_ids import SeenIds, seen_table
from projections.projection import Table

NAME = "player-activity"
STARTED, ENDED = "session_started", "session_ended"


class ActivePlayer(msgspec.Struct, frozen=True, order=True):
    """A row of `active_players`."""

    game_id: str
    day: date
    player_id: str


class FirstTime(msgspec.Struct, frozen=True, order=True):
    """A row of `player_firsts`."""

    game_id: str
    event_type: str
    player_id: str
    happened_at: datetime


class DailySessions(msgspec.Struct):
    """A row of `daily_sessions`, or what is added to one."""

    game_id: str
    day: date
    started: int = 0
    timed: int = 0
    milliseconds: int = 0


ACTIVE = """
    WITH added AS (
        INSERT INTO active_players
        SELECT * FROM json_populate_recordset(NULL::active_players, %s::json)
        ON CONFLICT DO NOTHING
        RETURNING game_id, player_id, day
    )
    INSERT INTO player_first_days AS known (game_id, player_id, first_day)
    SELECT game_id, player_id, min(day) FROM added GROUP BY game_id, player_id
    ON CONFLICT (game_id, player_id) DO UPDATE SET first_day = excluded.first_day
    WHERE excluded.first_day < known.first_day
"""
"""A day that is known already has been looked at when it became so."""

FIRSTS = """
    INSERT INTO player_firsts
    SELECT given.* FROM json_populate_recordset(NULL::player_firsts, %s::json) AS given
    LEFT JOIN player_firsts AS known USING (game_id, event_type, player_id)
    WHERE known.happened_at IS NULL OR given.happened_at < known.happened_at
    ON CONFLICT (game_id, event_type, player_id) DO UPDATE SET happened_at = excluded.happened_at
"""
"""Compared before: ON CONFLICT would lock, and so write, each row that is known."""

SESSIONS = """
    INSERT INTO daily_sessions AS known
    SELECT * FROM json_populate_recordset(NULL::daily_sessions, %s::json)
    ON CONFLICT (game_id, day) DO UPDATE
    SET started = known.started + excluded.started, timed = known.timed + excluded.timed,
        milliseconds = known.milliseconds + excluded.milliseconds
"""


def counted(*facts: str) -> TableSays:
    """Of whom a row is, beside what it counts."""
    return TableSays(
        of=("player_id",), facts=facts, stays="on which days you played: it is counted how many did"
    )


class PlayerActivity:
    """The projection."""

    name = NAME
    handles = (PlayerEvent,)
    tables = (
        Table("active_players", ("game_id", "day", "player_id"), says=counted("game_id", "day")),
        Table(
            "player_first_days",
            ("game_id", "player_id"),
            says=counted("game_id", "first_day"),
        ),
        Table(
            "player_firsts",
            ("game_id", "event_type", "player_id"),
            says=counted("game_id", "event_type", "happened_at"),
        ),
        Table(
            "daily_sessions",
            ("game_id", "day"),
            says=TableSays(facts=("game_id", "day", "started", "timed", "milliseconds")),
        ),
        seen_table("player_activity_seen"),
    )

    def __init__(self) -> None:
        self._seen = SeenIds("player_activity_seen")

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[PlayerEvent]
    ) -> Sequence[Any]:
        """Write what these events make known; of what is known already, nothing."""
        done = [event for event in events if not event.event_type.startswith(RESERVED)]
        days, firsts = seen_in(done)
        sessions = [event for event in done if event.event_type in (STARTED, ENDED)]
        added = daily_sessions(self._seen.new(connection, sessions))
        with connection.pipeline():
            _put(connection, ACTIVE, sorted(days))
            _put(connection, FIRSTS, sorted(firsts))
            _put(connection, SESSIONS, added)
        return ()


def _put(
    connection: psycopg.Connection[Any], statement: LiteralString, rows: Sequence[msgspec.Struct]
) -> None:
    if rows:
        connection.execute(statement, [msgspec.json.encode(rows).decode()])


def seen_in(events: Iterable[PlayerEvent]) -> tuple[set[ActivePlayer], list[FirstTime]]:
    """Who was active when, and who did what first; for every event, so with few calls."""
    days: set[tuple[str, date, str]] = set()
    firsts: dict[tuple[str, str, str], datetime] = {}
    for event in events:
        game, player, at = event.game_id, event.player_id, event.timestamp
        if at > event.ingested_at:  # noqa: PLR1730  a call for every event
            at = event.ingested_at
        days.add((game, at.astimezone(UTC).date(), player))
        key = game, event.event_type, player
        known = firsts.get(key)
        if known is None or at < known:
            firsts[key] = at
    return {ActivePlayer(*day) for day in days}, [FirstTime(*key, at) for key, at in firsts.items()]


class _Ended(msgspec.Struct):
    seconds: Seconds | None = None


_ended: Callable[[bytes], _Ended] = msgspec.json.Decoder(_Ended).decode


def daily_sessions(events: Iterable[PlayerEvent]) -> list[DailySessions]:
    """What events of sessions add to each day; raises `msgspec.ValidationError` for their data."""
    found: dict[tuple[str, date], DailySessions] = {}
    for event in events:
        key = event.game_id, event.happened_at.astimezone(UTC).date()
        day = found.setdefault(key, DailySessions(*key))
        if event.event_type == STARTED:
            day.started += 1
        elif (seconds := _ended(event.data).seconds) is not None:
            day.timed += 1
            day.milliseconds += round(1_000 * seconds)
    return list(found.values())
