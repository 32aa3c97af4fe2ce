"""Workers: read models that follow the log, and processes that act on it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

from confluent_kafka import KafkaException
from redis import exceptions as redis

from application.games import matchmaking
from application.inbox import Inbox
from application.process_runner import ProcessRunner
from domain.categories import CATEGORIES, GAMES
from domain.games.board import Board
from domain.games.bot import choose_column
from domain.games.events import BotLevel
from infra import relay
from infra.commands_client import CommandsClient
from infra.eventlog.snapshots import writer as checkpoints
from infra.eventlog.snapshots.reader import SnapshotReader
from infra.inbox import InboxWorker
from infra.kafka.topics import KafkaAway
from infra.postgres.database import TRANSIENT, Database
from infra.postgres.positions import PostgresPositions
from interfaces.bootstrap import PROJECTIONS
from interfaces.bootstrap.read_models import log_reader, read_model
from interfaces.bootstrap.topics import INBOXES, OUTBOXES
from interfaces.settings import Settings
from interfaces.tokens import Tokens

PASSING: tuple[type[Exception], ...] = (
    *TRANSIENT,
    redis.ConnectionError,
    redis.TimeoutError,
    redis.BusyLoadingError,
    KafkaException,
    KafkaAway,
)
"""Errors that say a server is away; they are worth another attempt."""

BY_NAME = {inbox.name: inbox for inbox in INBOXES}

Stopped = Callable[[], bool]
Work = Callable[[Stopped], None]


@contextmanager
def worker(settings: Settings, name: str, stopped: Stopped) -> Iterator[Work]:
    """Build a worker, and close what it holds at the end of the block."""
    with ExitStack() as held:
        if name in PROJECTIONS:
            yield read_model(settings, name, held).projector().run
        elif name == "matchmaking":
            yield _matchmaking(settings, held, stopped)
        elif name in BY_NAME:
            yield _inbox(settings, BY_NAME[name], held, stopped)
        elif name == checkpoints.NAME:
            yield _checkpoints(settings, held, stopped)
        else:
            yield _relay(settings, held)


def _client(settings: Settings, name: str, held: ExitStack, stopped: Stopped) -> CommandsClient:
    tokens = Tokens(settings.signing_secret())
    client = CommandsClient(settings.base_url, lambda: tokens.issue(name, "service"), stopped)
    return held.enter_context(closing(client))


def _matchmaking(settings: Settings, held: ExitStack, stopped: Stopped) -> Work:
    process = matchmaking.MatchmakingProcess(
        move_seconds=settings.move_seconds, choose=_choose_within(settings.bot_seconds)
    )
    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    positions = PostgresPositions(database, matchmaking.NAME)
    reader = log_reader(settings, matchmaking.NAME, [GAMES.topic], held)
    client = _client(settings, matchmaking.NAME, held, stopped)
    return ProcessRunner(reader, process, positions, client.execute).run


def _choose_within(seconds: float) -> matchmaking.Choose:
    def choose(board: Board, level: BotLevel) -> int:
        end = time.monotonic() + seconds
        return choose_column(board, level, out_of_time=lambda: time.monotonic() > end)

    return choose


def _inbox(settings: Settings, inbox: Inbox, held: ExitStack, stopped: Stopped) -> Work:
    client = _client(settings, inbox.name, held, stopped)
    return InboxWorker(settings.kafka_bootstrap, inbox, client).run


def _checkpoints(settings: Settings, held: ExitStack, stopped: Stopped) -> Work:
    partitions = {category.topic: settings.log_partitions for category in CATEGORIES}
    reader = log_reader(settings, checkpoints.NAME, list(partitions), held)
    snapshots = SnapshotReader(settings.kafka_bootstrap, CATEGORIES, partitions, stopped)
    writer = checkpoints.CheckpointWriter(
        settings.kafka_bootstrap,
        CATEGORIES,
        reader,
        held.enter_context(closing(snapshots)),
        every_events=settings.checkpoint_events,
        every_seconds=settings.checkpoint_seconds,
    )
    return held.enter_context(closing(writer)).run


def _relay(settings: Settings, held: ExitStack) -> Work:
    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    lock = held.enter_context(closing(relay.RelayLock(database)))
    reader = log_reader(settings, relay.NAME, [category.topic for category in CATEGORIES], held)
    positions = PostgresPositions(database, relay.NAME)
    telling = relay.Relay(settings.kafka_bootstrap, OUTBOXES, reader, positions, lock)
    return held.enter_context(closing(telling)).run
