"""Players' events: where they go, and what is asked of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta

from application.player_events.ports import FailedEvent
from application.ports.commands import Unavailable
from application.ports.limits import Limited
from domain.events import Position
from domain.player_events.event import TOPIC, PlayerEvent
from domain.player_events.scores import FOREVER, Period, score_of, starts_of
from interfaces.http.platform.bodies import BATCH_LIMIT_BYTES
from projections.days import Days
from projections.player_events.activity_queries import (
    ActiveGames,
    Activity,
    Funnel,
    FunnelStep,
    Retention,
)
from projections.player_events.event_archive import ArchivedEvent, EventPage
from projections.player_events.exported_events import WRITERS, Format, Selection
from projections.player_events.leaderboard_queries import (
    Leaderboard,
    ListedBoard,
    ListedBoards,
    RankedPlayer,
)
from projections.player_events.player_statistics import PlayerStatistics
from projections.projection import InvalidCursor
from tests.player_events.plain import Plain, games_of


class FakePlayerEvents:
    """Appends to lists; `refuse` makes it answer what Kafka makes the real one answer."""

    def __init__(self) -> None:
        self.events: list[PlayerEvent] = []
        self.failed: list[FailedEvent] = []
        self.traces: list[bytes | None] = []
        self.refuse: Unavailable | None = None
        self.largest = BATCH_LIMIT_BYTES
        """Beyond that there is no room."""

    @contextmanager
    def reserve(self, size: int) -> Iterator[None]:
        if size > self.largest:
            raise Unavailable("Many events wait for Kafka already; come back in a moment.", 1.0)
        yield

    def append(
        self,
        events: Sequence[PlayerEvent],
        failed: Sequence[FailedEvent] = (),
        traceparent: bytes | None = None,
    ) -> asyncio.Future[Position | None]:
        if self.refuse:
            raise self.refuse
        self.events += events
        self.failed += failed
        self.traces.append(traceparent)
        arrived: asyncio.Future[Position | None] = asyncio.get_running_loop().create_future()
        arrived.set_result(Position(TOPIC, 0, len(self.events) - 1) if events else None)
        return arrived


class FakeLimits:
    """Admits everybody until `refuse` says otherwise."""

    def __init__(self) -> None:
        self.admitted: list[tuple[str, int]] = []
        self.refuse: Limited | None = None

    async def admit(self, key: str, cost: int = 1) -> None:
        if self.refuse:
            raise self.refuse
        self.admitted.append((key, cost))


class FakePlayerQueries:
    """Everything that is asked about players' events, from those that were appended."""

    def __init__(self, told: FakePlayerEvents) -> None:
        self.told = told
        self.selected = Selection()

    async def wait_for(self, position: Position, timeout: float) -> bool:  # noqa: ASYNC109
        return position.seq < len(self.told.events)

    async def event(self, event_id: str) -> ArchivedEvent | None:
        return next((_archived(e) for e in self.told.events if e.event_id == event_id), None)

    async def of_player(self, player_id: str, limit: int, before: str | None = None) -> EventPage:
        if before is not None and not before.isdigit():
            raise InvalidCursor(f"{before!r} is no place.")
        own = [_archived(e) for e in reversed(self.told.events) if e.player_id == player_id]
        start = int(before or 0)
        end = start + limit
        return EventPage(events=own[start:end], before=str(end) if end < len(own) else None)

    async def stats(self, player_id: str) -> PlayerStatistics | None:
        own = [e for e in self.told.events if e.player_id == player_id]
        if not own:
            return None
        return PlayerStatistics(
            player_id=player_id,
            total_events=len(own),
            last_event=max(e.timestamp for e in own),
            event_breakdown=dict(Counter(e.event_type for e in own)),
        )

    async def board(self, game_id: str, period: Period, starts_on: date, limit: int) -> Leaderboard:
        scores: Counter[str] = Counter()
        for event in self.told.events:
            day, points = event.happened_at.date(), score_of(event)
            if points and event.game_id == game_id and starts_of(day)[period] == starts_on:
                scores[event.player_id] += points
        ranked = enumerate(scores.most_common(limit), 1)
        entries = [RankedPlayer(rank=r, player_id=p, score=s) for r, (p, s) in ranked]
        return Leaderboard(entries=entries, total=len(scores))

    async def boards(self, limit: int, before: str | None = None) -> ListedBoards:
        if before is not None and not before.isdigit():
            raise InvalidCursor(f"{before!r} is no place.")
        days: dict[str, date] = {}
        for event in filter(score_of, self.told.events):
            day = event.happened_at.date()
            days[event.game_id] = max(day, days.get(event.game_id, day))
        listed = [
            ListedBoard(
                game_id=game,
                last_day=days[game],
                players=(await self.board(game, "alltime", FOREVER, 1)).total,
            )
            for game in sorted(days, key=lambda game: (-days[game].toordinal(), game))
        ]
        start = int(before or 0)
        end = start + limit
        return ListedBoards(
            leaderboards=listed[start:end], before=str(end) if end < len(listed) else None
        )

    async def around(
        self, game_id: str, period: Period, starts_on: date, player_id: str, limit: int
    ) -> Leaderboard:
        board = await self.board(game_id, period, starts_on, 1_000)
        entries = [entry for entry in board.entries if entry.player_id == player_id]
        return Leaderboard(entries=entries, total=board.total)

    async def games(self) -> ActiveGames:
        return ActiveGames(games=games_of(self.told.events))

    async def activity(self, game_id: str, days: Days) -> Activity:
        plain = Plain(self.told.events, game_id)
        return Activity(days=[plain.day(day) for day in _each(days)])

    async def retention(self, game_id: str, cohorts: Days, days: int, today: date) -> Retention:
        plain = Plain(self.told.events, game_id)
        return Retention(cohorts=[plain.cohort(day, days, today) for day in _each(cohorts)])

    async def funnel(
        self, game_id: str, steps: Sequence[str], entered: Days, within: timedelta
    ) -> Funnel:
        reached = Plain(self.told.events, game_id).funnel(steps, entered, within)
        pairs = zip(steps, reached, strict=True)
        return Funnel(steps=[FunnelStep(event_type=step, players=n) for step, n in pairs])

    async def export(self, selection: Selection, format: Format) -> AsyncGenerator[bytes]:
        self.selected = selection
        writer = WRITERS[format]()
        for event in self.told.events:
            yield writer.write([_archived(event)])
        yield writer.end()


def _each(days: Days) -> list[date]:
    return [days.first + timedelta(number) for number in range(days.total)]


def _archived(event: PlayerEvent) -> ArchivedEvent:
    fields = {name: getattr(event, name) for name in ArchivedEvent.__struct_fields__}
    return ArchivedEvent(**fields)
