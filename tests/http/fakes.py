"""The log and the read models in memory: real decisions, no server."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from application.log.shard import IdempotencyKeyReused
from application.player_events.ports import FailedEvent
from application.ports.commands import Answer, Done, Envelope, NotOwned, Unavailable
from application.ports.limits import Limited
from application.ports.reading import ShardId
from domain.aggregate import Aggregate, Command
from domain.categories import CATEGORIES
from domain.events import DomainEvent, Metadata, Position, Recorded
from domain.games.board import Board
from domain.games.commands import StartGame
from domain.games.events import GameEnded, GameStarted, MovePlayed, PlayersPaired
from domain.personal import Sealed
from domain.player_events.event import TOPIC, PlayerEvent
from domain.player_events.scores import Period, score_of, starts_of
from domain.refusals import Refusal
from domain.waitroom import Waitroom
from domain.waitroom.commands import LeaveWaitroom
from domain.waitroom.events import WaitroomJoined
from infra.subjects.keyring import Keyring
from interfaces.http.platform.bodies import BATCH_LIMIT_BYTES
from projections.games.game_records import BoardRecord, GameRecord, MoveRecord, UserRecord
from projections.games.standings import RankedEntry, Standings
from projections.player_events.activity_queries import (
    ActiveGames,
    Activity,
    Funnel,
    FunnelStep,
    Retention,
)
from projections.player_events.days import Days
from projections.player_events.event_archive import ArchivedEvent, EventPage
from projections.player_events.exported_events import WRITERS, Format, Selection
from projections.player_events.leaderboard_queries import Leaderboard, RankedPlayer
from projections.player_events.player_statistics import PlayerStatistics
from projections.projection import InvalidCursor
from projections.waitroom.queue import QueueOverview, QueuePlace
from tests.player_events.plain import Plain, games_of

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class FakeLog:
    """A log of one partition per topic that never forgets an answer; also the feed."""

    def __init__(self) -> None:
        self.aggregates: dict[str, Aggregate] = {}
        self.events: dict[str, list[Recorded]] = defaultdict(list)
        self.commands: list[Envelope] = []
        self.away = False
        self.silent = False
        self.owns_nothing = False
        self.stumbles_over = ""
        self.handed_over: list[ShardId] = []
        self._answers: dict[str, tuple[Answer, str | None]] = {}
        self._subscribers: dict[str, list[asyncio.Queue[Recorded | None]]] = defaultdict(list)

    async def execute(self, envelope: Envelope) -> Answer:
        return self._answer(envelope)

    async def leave(self) -> None:
        self.away = True

    async def hand_over(self, shards: Iterable[ShardId]) -> None:
        self.handed_over.extend(shards)

    def submit(self, envelope: Envelope, done: Done) -> None:
        if envelope.command_id == self.stumbles_over:
            raise ZeroDivisionError
        if self.silent:
            return
        if self.owns_nothing:
            done(NotOwned("The shard is being taken over."))
            return
        try:
            done(self._answer(envelope))
        except (Refusal, Unavailable) as error:
            done(error)

    def _answer(self, envelope: Envelope) -> Answer:
        command_id, metadata = envelope.command_id, envelope.metadata
        self.commands.append(envelope)
        if self.away:
            raise Unavailable("Kafka is away.", retry_after=2)
        if command_id in self._answers:
            answer, fingerprint = self._answers[command_id]
            if fingerprint != metadata.fingerprint:
                raise IdempotencyKeyReused("The key was used for another request.")
            reply = msgspec.Raw(msgspec.json.encode(answer.reply))
            return answer._replace(reply=reply, repeated=True)
        return self._decide(envelope.command, command_id, metadata)

    def _decide(self, command: Command, command_id: str, metadata: Metadata) -> Answer:
        category = next(each for each in CATEGORIES if type(command) in each.deciders)
        id = command.aggregate_id
        aggregate = self.aggregates.setdefault(
            f"{category.name}/{id}", category.deciders[type(command)](id)
        )
        reply = aggregate.decide(command, NOW)
        events = aggregate.collect_events()
        for event in events:
            self._publish(category.topic, event, command_id, metadata)
        answer = Answer(Position(category.topic, 0, len(self.events[category.topic]) - 1), reply)
        if events:
            self._answers[command_id] = answer, metadata.fingerprint
        self._react(events)
        return answer

    def _publish(self, topic: str, event: DomainEvent, command_id: str, metadata: Metadata) -> None:
        position = Position(topic, 0, len(self.events[topic]))
        recorded = Recorded(event, position, command_id, metadata)
        self.events[topic].append(recorded)
        for queue in self._subscribers[event.originator_id]:
            queue.put_nowait(recorded)

    def _react(self, events: Sequence[DomainEvent]) -> None:
        """Start the games of those who have met, as the matchmaking process does."""
        for event in events:
            if isinstance(event, PlayersPaired):
                start = StartGame(
                    game_id=event.game_id,
                    player1=event.player1,
                    player2=event.player2,
                    move_seconds=60,
                )
                self._decide(start, f"start-{event.game_id}", Metadata())

    async def subscribe(self, aggregate_id: str) -> AsyncIterator[Recorded]:
        queue: asyncio.Queue[Recorded | None] = asyncio.Queue()
        self._subscribers[aggregate_id].append(queue)
        try:
            while (recorded := await queue.get()) is not None:
                yield recorded
        finally:
            if queue in self._subscribers[aggregate_id]:
                self._subscribers[aggregate_id].remove(queue)

    def cut(self, aggregate_id: str) -> None:
        """End the subscriptions to an aggregate, as of readers that are behind."""
        for queue in self._subscribers.pop(aggregate_id, []):
            queue.put_nowait(None)

    def subscriptions(self, aggregate_id: str) -> int:
        return len(self._subscribers[aggregate_id])

    @property
    def told(self) -> "FakeTold":
        """The log as a reader of its shards sees it."""
        return FakeTold([recorded for topic in self.events.values() for recorded in topic])

    def of(self, aggregate_id: str) -> list[DomainEvent]:
        return [
            recorded.event
            for topic in self.events.values()
            for recorded in topic
            if recorded.event.originator_id == aggregate_id
        ]


class FakeTold(NamedTuple):
    """All that is in the log, which has one partition."""

    events: Sequence[Recorded]
    partitions: int = 1


class FakeReadModel:
    """Shows the log as it is, unless it is told to lag: then nothing ever shows."""

    def __init__(self, log: FakeLog) -> None:
        self.log = log
        self.lags = False

    async def wait_for(self, position: Position, timeout: float) -> bool:  # noqa: ASYNC109
        return not self.lags and len(self.log.events[position.topic]) > position.seq


class FakeSeals:
    """Real keys, on a topic in memory that holds every record at once."""

    def __init__(self) -> None:
        self.ring = Keyring()
        self.away = False

    async def seal(self, subject: str, text: str) -> Sealed:
        if self.away:
            raise Unavailable("Kafka is away.")
        if not self.ring.ids(subject):
            self.ring.receive(*self.ring.make(subject), 0)
        sealed = self.ring.seal(subject, text)
        assert sealed is not None
        return sealed

    def open(self, sealed: Sealed) -> str | None:
        return self.ring.open(sealed)

    def erase(self, subject: str) -> None:
        for key in self.ring.records_of(subject):
            self.ring.receive(key, None, 0)


class FakeQueue(FakeReadModel):
    """Waiting rooms, straight from the aggregates."""

    def __init__(self, log: FakeLog, seals: FakeSeals) -> None:
        super().__init__(log)
        self.seals = seals

    def _rooms(self) -> list[Waitroom]:
        return [each for each in self.log.aggregates.values() if isinstance(each, Waitroom)]

    async def session(self, session_id: str) -> QueuePlace | None:
        for room in self._rooms():
            if session := room._register.find(session_id):
                place = msgspec.to_builtins(room._place(session))
                ahead = max(place["position"] - 1, 0)
                shown = {"people_ahead": ahead, "display_name": self._name(session_id)}
                return msgspec.convert(place | shown, QueuePlace)
        return None

    def _name(self, session_id: str) -> str | None:
        for recorded in self.log.events["waitroom-log"]:
            event = recorded.event
            if isinstance(event, WaitroomJoined) and event.session_id == session_id:
                name = event.display_name
                return None if name is None else self.seals.open(name)
        return None

    async def overview(self, event_id: str) -> QueueOverview | None:
        for room in self._rooms():
            if room.id == event_id and room._room is not None:
                return QueueOverview(
                    event_id=event_id,
                    capacity=room._room.capacity,
                    checkout_seconds=room._room.checkout_seconds,
                    joined=len(room._register),
                    waiting=len(room._line),
                    ready=len(room._admitted),
                )
        return None


class FakeGames(FakeReadModel):
    """Games, folded from their events at every question."""

    async def game(self, game_id: str) -> GameRecord | None:
        events = self.log.of(game_id)
        started = next((each for each in events if isinstance(each, GameStarted)), None)
        if started is None:
            return None
        columns = [each.column for each in events if isinstance(each, MovePlayed)]
        ended = next((each for each in events if isinstance(each, GameEnded)), None)
        to_move = (started.player1, started.player2)[len(columns) % 2]
        return GameRecord(
            game_id=game_id,
            player1=started.player1,
            player2=started.player2,
            bot_level=started.bot_level,
            status="finished" if ended else "playing",
            moves=len(columns),
            to_move=None if ended else to_move,
            board=Board.after(columns).rows(),
            result=ended.result if ended else None,
            winner=ended.winner if ended else None,
            line=ended.line if ended else None,
            duration=ended.duration if ended else None,
            created_at=NOW,
            ended_at=NOW if ended else None,
        )

    async def moves(self, game_id: str) -> list[MoveRecord]:
        return [
            MoveRecord(
                move=each.move,
                player=each.player,
                column=each.column,
                row=each.row,
                timestamp=each.timestamp,
            )
            for each in self.log.of(game_id)
            if isinstance(each, MovePlayed)
        ]

    async def board(self, game_id: str, move: int) -> BoardRecord | None:
        columns = [each.column for each in await self.moves(game_id)]
        if await self.game(game_id) is None or move > len(columns):
            return None
        board = Board.after(columns[:move])
        return BoardRecord(game_id=game_id, move=move, board=board.rows(), line=None)

    async def player(self, user_id: str) -> UserRecord | None:
        if user_id != "ann":
            return None
        return UserRecord(
            user_id="ann",
            username="ann",
            games_played=1,
            wins=1,
            losses=0,
            draws=0,
            score=3,
        )


class FakeStandings(FakeReadModel):
    """One player, the best."""

    entries = (
        RankedEntry(rank=1, user_id="ann", score=3, wins=1, draws=0, losses=0, reached_at=NOW),
    )

    async def top(self, limit: int, offset: int = 0) -> Standings:
        return Standings(entries=list(self.entries[offset : offset + limit]), total=1)

    async def rank(self, user_id: str) -> RankedEntry | None:
        return next((each for each in self.entries if each.user_id == user_id), None)


async def leave(log: FakeLog, event_id: str, session_id: str) -> Any:
    """Somebody leaves, behind the API's back."""
    command = LeaveWaitroom(event_id=event_id, session_id=session_id)
    return await log.execute(Envelope(command_id=f"leave-{session_id}", command=command))


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
            if event.game_id == game_id and starts_of(event.happened_at)[period] == starts_on:
                scores[event.player_id] += score_of(event)
        ranked = enumerate(scores.most_common(limit), 1)
        entries = [RankedPlayer(rank=r, player_id=p, score=s) for r, (p, s) in ranked]
        return Leaderboard(entries=entries, total=len(scores))

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
