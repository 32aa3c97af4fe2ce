"""What HTTP asks of the read models. Each query may raise `ReadModelMissing`."""

from collections.abc import AsyncGenerator, Sequence
from datetime import date, timedelta
from typing import Protocol

from domain.events import Position
from domain.player_events.scores import Period
from projections.games.game_records import BoardRecord, GameRecord, MoveRecord, UserRecord
from projections.games.standings import Leaderboard, RankedEntry
from projections.player_events.activity_queries import Activity, Funnel, Retention
from projections.player_events.days import Days
from projections.player_events.dead_letters import DeadLetterPage, Wanted
from projections.player_events.event_archive import ArchivedEvent, Page
from projections.player_events.exported_events import Format, Selection
from projections.player_events.leaderboard_queries import Ranking
from projections.player_events.player_statistics import PlayerStatistics
from projections.waitroom.queue import QueueOverview, QueuePlace


class ReadModel(Protocol):
    """A read model that can say whether it has got as far as an event."""

    async def wait_for(self, position: Position, timeout: float) -> bool:  # noqa: ASYNC109
        """Wait until the event shows; False when `timeout` seconds have gone by."""
        ...


class QueueQueries(ReadModel, Protocol):
    """Waiting rooms and the sessions in them."""

    async def session(self, session_id: str) -> QueuePlace | None:
        """A session's place in line; None when there is no such session."""
        ...

    async def overview(self, event_id: str) -> QueueOverview | None:
        """A room and its counts; None when it was never opened."""
        ...


class GameQueries(ReadModel, Protocol):
    """Games, their moves and their players."""

    async def game(self, game_id: str) -> GameRecord | None:
        """A game as it stands; None when there is none."""
        ...

    async def moves(self, game_id: str) -> Sequence[MoveRecord]:
        """A game's moves in order; empty when there is no such game."""
        ...

    async def board(self, game_id: str, move: int) -> BoardRecord | None:
        """The board after `move` moves; None when the game has not got there."""
        ...

    async def player(self, user_id: str) -> UserRecord | None:
        """A player's record; None before the end of their first game."""
        ...


class StandingsQueries(ReadModel, Protocol):
    """Who plays best."""

    async def top(self, limit: int, offset: int = 0) -> Leaderboard:
        """The best players from `offset` on, and how many there are."""
        ...

    async def rank(self, user_id: str) -> RankedEntry | None:
        """A player's rank; None before the end of their first game."""
        ...


class EventQueries(ReadModel, Protocol):
    """Players' events."""

    async def event(self, event_id: str) -> ArchivedEvent | None:
        """An event; None when there is none."""
        ...

    async def of_player(self, player_id: str, limit: int, before: str | None = None) -> Page:
        """A player's events, the latest first; raises `ValueError` for a cursor that is none."""
        ...


class PlayerStatisticsQueries(ReadModel, Protocol):
    """What players did altogether."""

    async def stats(self, player_id: str) -> PlayerStatistics | None:
        """What a player did; None when they did nothing."""
        ...


class LeaderboardQueries(ReadModel, Protocol):
    """Who is best at which game."""

    async def board(self, game_id: str, period: Period, starts_on: date, limit: int) -> Ranking:
        """The best players of a board."""
        ...

    async def around(
        self, game_id: str, period: Period, starts_on: date, player_id: str, limit: int
    ) -> Ranking:
        """The places around a player; none if they are not on the board."""
        ...


class ActivityQueries(ReadModel, Protocol):
    """Who plays when."""

    async def activity(self, game_id: str, days: Days) -> Activity:
        """How many played on each day."""
        ...

    async def retention(self, game_id: str, cohorts: Days, days: int, today: date) -> Retention:
        """How many of each day's new players came back on each of so many days after it."""
        ...

    async def funnel(
        self, game_id: str, steps: Sequence[str], entered: Days, within: timedelta
    ) -> Funnel:
        """How many players got to each step, of those who took the first one on these days."""
        ...


class EventExport(Protocol):
    """Players' events as files."""

    def export(self, selection: Selection, format: Format) -> AsyncGenerator[bytes]:
        """The file of some events, in pieces."""
        ...


class DeadLetterQueries(Protocol):
    """Players' events that could not be taken."""

    async def page(
        self, wanted: Wanted, limit: int | None = None, before: str | None = None
    ) -> DeadLetterPage:
        """Some letters, the newest first; raises `ValueError` for a cursor that is none."""
        ...
