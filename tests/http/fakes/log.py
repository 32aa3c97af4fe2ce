"""The log in memory: real decisions, no server."""

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from application.accounts.names import NamesProcess
from application.feed.process import FeedProcess
from application.games.matchmaking import MatchmakingProcess
from application.log.shard import IdempotencyKeyReused
from application.lounges.visits import VisitsProcess
from application.ports.commands import Answer, Done, Envelope, NotOwned, Unavailable
from application.ports.reading import ShardId
from application.process_runner import Process
from domain.aggregate import Aggregate, Command
from domain.categories import CATEGORIES
from domain.events import DomainEvent, Metadata, Position, Recorded
from domain.games.board import COLUMNS, Board
from domain.games.events import BotLevel
from domain.refusals import Refusal
from interfaces.bootstrap.feed.process import feeds
from tests.http.fakes.feed import FakeFeed

MANY = 1_000
"""Duties, each of which may lead to others."""

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class FakeLog:
    """A log of one partition per topic that never forgets an answer; also the feed.

    What follows from what happens, processes do at once, or by `matchmake`.
    """

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
        self.feed = FakeFeed()
        self.feeds = [self.feed]
        self.matchmaker_rests = False
        self.now = NOW
        matchmaker = MatchmakingProcess(move_seconds=60, choose=_first_free)
        self._processes: Sequence[Process] = (matchmaker, NamesProcess(), VisitsProcess())
        self._duties: deque[Envelope] = deque()
        self.feeds_people = False
        self._feeder = FeedProcess(feeds())

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
        reply = aggregate.decide(command, self.now)
        events = aggregate.collect_events()
        news = [self._publish(category.topic, event, command_id, metadata) for event in events]
        answer = Answer(Position(category.topic, 0, len(self.events[category.topic]) - 1), reply)
        if events:
            self._answers[command_id] = answer, metadata.fingerprint
        for recorded in news:
            self._react(recorded)
        return answer

    def _publish(
        self, topic: str, event: DomainEvent, command_id: str, metadata: Metadata
    ) -> Recorded:
        position = Position(topic, 0, len(self.events[topic]))
        recorded = Recorded(event, position, command_id, metadata)
        self.events[topic].append(recorded)
        for feed in self.feeds:
            feed.publish(recorded)
        return recorded

    def _react(self, recorded: Recorded) -> None:
        """Let processes do what follows, unless they rest."""
        for process in self._processes:
            self._duties.extend(process.react(recorded))
        if self.feeds_people:
            for duty in self._feeder.react(recorded):
                self._decide(duty.command, duty.command_id, duty.metadata)
        if not self.matchmaker_rests:
            self.matchmake()

    def matchmake(self, most: int | None = None) -> None:
        """Processes do what there is to do, as their workers would; or so much of it."""
        for _ in range(MANY if most is None else most):
            if not self._duties:
                return
            duty = self._duties.popleft()
            try:
                self._decide(duty.command, duty.command_id, duty.metadata)
            except Refusal:
                for process in self._processes:
                    self._duties.extend(process.after_refusal(duty))

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and everything happen that is due by then."""
        self.now += timedelta(seconds=seconds)
        for aggregate in list(self.aggregates.values()):
            if aggregate.deadline is not None and aggregate.deadline <= self.now:
                self._decide(aggregate.on_deadline(), f"due:{len(self.commands)}", Metadata())

    def subscribe(self, aggregate_id: str) -> AsyncIterator[Recorded]:
        return self.feed.subscribe(aggregate_id)

    def cut(self, aggregate_id: str) -> None:
        self.feed.cut(aggregate_id)

    def subscriptions(self, aggregate_id: str) -> int:
        return self.feed.subscriptions(aggregate_id)

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


def _first_free(board: Board, _level: BotLevel) -> int:
    return next(column for column in range(COLUMNS) if board.has_room(column))


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
