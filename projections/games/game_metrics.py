"""`game-metrics`: four in a row by the hour and by the day, in PostgreSQL.

- `game_metrics`: a row for each hour, and each day, in which a game began or ended. Counts and sums
  alone, which come out the same in whatever order games are folded; queries work out the means.
  `change` is a number that grows with each change of any row, for who follows them.
- `game_metrics_winners`: how many games a person won in a window; bots are nobody.
- `game_metrics_running`: who sits at a game that goes on, which its end does not tell.

Windows are those of UTC, by the events' own times and no clock, so what is folded late corrects a
window that is over. A game is `started` where it began, and everything else of it counts where it
ended. One that was left before both had moved is `abandoned`, and counts as nothing else. A bot
never begins, so only games between people tell what it is worth to move first.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import msgspec
import psycopg
from psycopg.rows import dict_row

from domain.events import Recorded
from domain.games.events import GameEnded, GameStarted, Result, SeatHandedOver
from projections.days import Days
from projections.games.hand_overs import parts
from projections.people import TableSays
from projections.positions import PostgresQueries
from projections.projection import Table

NAME = "game-metrics"
MOST_WINNERS = 3

Per = Literal["hour", "day"]
Window = tuple[Per, datetime]

OF_RESULT: Mapping[Result, str] = {
    "win": "wins",
    "draw": "draws",
    "resignation": "resignations",
    "timeout": "timeouts",
}
COUNTED = ("started", "finished", "abandoned", "with_bot", *OF_RESULT.values())
OF_PEOPLE = ("first_wins", "second_wins")
COUNTS = (*COUNTED, *OF_PEOPLE, "milliseconds", "moves")


class WindowWinner(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who won in a window, and how many games."""

    user_id: str
    wins: int


class GameWindow(msgspec.Struct, frozen=True, kw_only=True):
    """An hour or a day of UTC, from `starts_at` on.

    Games are `started` where they began, and count for the rest where they ended. `finished` are
    those that count: `with_bot` against a bot, and by how they ended `wins` (four in a row),
    `draws`, `resignations` and `timeouts`; the means are theirs. `abandoned` ones were left before
    both had moved.

    Of games between people, who moved first won `first_wins`, and who moved second `second_wins`.
    `first_move_advantage` is the difference as a share of these games, from -1 to 1. `winners` are
    the three who won most, without bots. What there is no game for is null.
    """

    per: Per
    starts_at: datetime
    started: int
    finished: int
    abandoned: int
    with_bot: int
    wins: int
    draws: int
    resignations: int
    timeouts: int
    mean_duration_seconds: float | None
    mean_moves: float | None
    first_wins: int
    second_wins: int
    first_move_advantage: float | None
    winners: list[WindowWinner]


class GameMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """The windows of a range in which a game began or ended, the first one first."""

    windows: list[GameWindow]


# -- the fold --------------------------------------------------------------------------------------


class Seats(NamedTuple):
    """Who moves first at a game, and whether the other one is a bot."""

    player1: str
    with_bot: bool


def windows_of(at: datetime) -> tuple[Window, ...]:
    """The windows that a moment lies in."""
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return ("hour", hour), ("day", hour.replace(hour=0))


def counts_of(ended: GameEnded, seats: Seats) -> Counter[str]:
    """What a game adds to the windows in which it ended."""
    if not ended.counts:
        return Counter(abandoned=1)
    counts = Counter(
        finished=1,
        with_bot=int(seats.with_bot),
        milliseconds=round(1_000 * ended.duration),
        moves=ended.moves,
    )
    counts[OF_RESULT[ended.result]] += 1
    if ended.winner is not None and not seats.with_bot:
        counts["first_wins" if ended.winner == seats.player1 else "second_wins"] += 1
    return counts


class MetricChanges:
    """What some events do to the tables: who sat down, which games ended, what windows get."""

    def __init__(self, events: Iterable[Recorded]) -> None:
        self.seated: dict[str, Seats] = {}
        self.ended: dict[str, GameEnded] = {}
        self.windows: defaultdict[Window, Counter[str]] = defaultdict(Counter)
        self.winners: Counter[tuple[Window, str]] = Counter()
        for recorded in events:
            match recorded.event:
                case GameStarted() as event:
                    seats = Seats(event.player1, event.bot_level is not None)
                    self.seated[event.originator_id] = seats
                    self._add(event.timestamp, Counter(started=1))
                case GameEnded() as event:
                    self.ended[event.originator_id] = event

    def earlier(self) -> list[str]:
        """The games that ended, and had begun before these events."""
        return [game_id for game_id in self.ended if game_id not in self.seated]

    def running(self) -> dict[str, Seats]:
        """The games that began, and go on."""
        return {id: seats for id, seats in self.seated.items() if id not in self.ended}

    def count(self, earlier: Mapping[str, Seats]) -> None:
        """Count the games that ended; `earlier` are the seats of those that had begun before."""
        seated = self.seated | dict(earlier)
        for game_id, event in self.ended.items():
            if seats := seated.get(game_id):
                self._add(event.timestamp, counts_of(event, seats))
                self._add_winner(event, seats)

    def _add(self, at: datetime, counts: Counter[str]) -> None:
        for window in windows_of(at):
            self.windows[window].update(counts)

    def _add_winner(self, event: GameEnded, seats: Seats) -> None:
        winner = event.winner
        if winner is not None and (winner == seats.player1 or not seats.with_bot):
            for window in windows_of(event.timestamp):
                self.winners[window, winner] += 1


SEAT = """
    INSERT INTO game_metrics_running (game_id, player1, with_bot)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::boolean[])
"""

UNSEAT = """
    DELETE FROM game_metrics_running WHERE game_id = ANY(%s) RETURNING game_id, player1, with_bot
"""

RESEAT = """
    UPDATE game_metrics_running SET player1 = %(user_id)s
    WHERE game_id = %(game_id)s AND player1 = %(previous)s
"""

ADD = f"""
    INSERT INTO game_metrics AS known (per, starts_at, {", ".join(COUNTS)})
    SELECT per, starts_at, {", ".join(COUNTS)}
    FROM json_populate_recordset(NULL::game_metrics, %s::json)
    ON CONFLICT (per, starts_at) DO UPDATE
    SET change = excluded.change,
        {", ".join(f"{name} = known.{name} + excluded.{name}" for name in COUNTS)}
"""  # noqa: S608  constants of this module

ADD_WINNERS = """
    INSERT INTO game_metrics_winners AS known (per, starts_at, player_id, wins)
    SELECT per, starts_at, player_id, wins
    FROM json_populate_recordset(NULL::game_metrics_winners, %s::json)
    ON CONFLICT (per, starts_at, player_id) DO UPDATE SET wins = known.wins + excluded.wins
"""


class GameMetricsRecord:
    """The projection."""

    name = NAME
    handles = (GameStarted, GameEnded, SeatHandedOver)
    tables = (
        Table(
            "game_metrics",
            ("per", "starts_at"),
            written=("change",),
            says=TableSays(facts=("per", "starts_at", *COUNTS, "change")),
        ),
        Table(
            "game_metrics_winners",
            ("per", "starts_at", "player_id"),
            says=TableSays(
                of=("player_id",),
                facts=("per", "starts_at", "wins"),
                stays="how many games you won, where it is counted who won most",
            ),
        ),
        Table(
            "game_metrics_running",
            ("game_id",),
            says=TableSays(
                of=("player1",),
                facts=("game_id", "with_bot"),
                instead="`games`, as long as a game runs",
            ),
        ),
    )

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[Recorded]
    ) -> Sequence[Any]:
        """Count the games that began and ended."""
        for handing, part in parts(events):
            if not handing:
                self._count(connection, part)
                continue
            for recorded in part:
                match recorded.event:
                    case SeatHandedOver(originator_id=game_id) as event:
                        connection.execute(RESEAT, {"game_id": game_id, **event.facts()})
        return ()

    def _count(self, connection: psycopg.Connection[Any], events: Sequence[Recorded]) -> None:
        changes = MetricChanges(events)
        earlier = changes.earlier()
        rows = connection.execute(UNSEAT, [earlier]).fetchall() if earlier else []
        changes.count({game_id: Seats(*seats) for game_id, *seats in rows})
        if running := changes.running():
            columns = [list(column) for column in zip(*running.values(), strict=True)]
            connection.execute(SEAT, [list(running), *columns])
        _write(connection, changes)


def _write(connection: psycopg.Connection[Any], changes: MetricChanges) -> None:
    windows = [
        {"per": per, "starts_at": at, **{name: counts[name] for name in COUNTS}}
        for (per, at), counts in changes.windows.items()
    ]
    winners = [
        {"per": per, "starts_at": at, "player_id": player, "wins": wins}
        for ((per, at), player), wins in changes.winners.items()
    ]
    for statement, rows in ((ADD, windows), (ADD_WINNERS, winners)):
        if rows:
            connection.execute(statement, [msgspec.json.encode(rows).decode()])


# -- queries ---------------------------------------------------------------------------------------

SHOWN = f"""
    per, starts_at, {", ".join((*COUNTED, *OF_PEOPLE))},
    milliseconds::float8 / 1000 / nullif(finished, 0) AS mean_duration_seconds,
    moves::float8 / nullif(finished, 0) AS mean_moves,
    (first_wins - second_wins)::float8 / nullif(finished - with_bot, 0) AS first_move_advantage,
    (
        SELECT coalesce(json_agg(best), '[]') FROM (
            SELECT player_id AS user_id, won.wins FROM game_metrics_winners AS won
            WHERE won.per = game_metrics.per AND won.starts_at = game_metrics.starts_at
            ORDER BY won.wins DESC, player_id LIMIT {MOST_WINNERS}
        ) AS best
    ) AS winners
"""  # noqa: S608  constants of this module

RANGE = f"""
    SELECT {SHOWN} FROM game_metrics
    WHERE per = %(per)s AND starts_at >= %(first)s::timestamp AT TIME ZONE 'UTC'
        AND starts_at < (%(last)s::date + 1)::timestamp AT TIME ZONE 'UTC'
    ORDER BY starts_at
"""  # noqa: S608  constants of this module

CHANGED = f"""
    SELECT generation, change, {SHOWN} FROM game_metrics, (
        SELECT generation FROM projection_positions WHERE projection = '{NAME}' LIMIT 1
    ) AS live
    WHERE change > %s OR generation <> %s ORDER BY change
"""  # noqa: S608  constants of this module


class GameMetricsQueries(PostgresQueries):
    """Games by the hour and by the day."""

    name = NAME

    async def windows(self, per: Per, days: Days) -> GameMetrics:
        """The windows of these days."""
        rows = await self._select(RANGE, {"per": per, **days._asdict()}, dict_row)
        return GameMetrics(windows=[_window(row) for row in rows])


class LastChange(NamedTuple):
    """Up to which change somebody has seen the windows, and of which generation."""

    generation: str = ""
    number: int = 0


def changed_windows(
    connection: psycopg.Connection[Any], since: LastChange
) -> list[tuple[LastChange, GameWindow]]:
    """The windows that have changed since, in that order; of another generation, all there are."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(CHANGED, [since.number, since.generation]).fetchall()
    return [(LastChange(row["generation"], row["change"]), _window(row)) for row in rows]


def _window(row: dict[str, Any]) -> GameWindow:
    # PostgreSQL tells times in its own zone, and windows are those of UTC.
    return msgspec.convert(row | {"starts_at": row["starts_at"].astimezone(UTC)}, GameWindow)
