"""One worker, put together from what it is declared as."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from application.inbox import Inbox
from application.outbox import Outbox
from application.process_runner import Process, ProcessRunner
from domain.categories import CATEGORIES
from infra import relay
from infra.away import is_away
from infra.commands_client import CommandsClient
from infra.eventlog.snapshots import writer as checkpoint_writer
from infra.eventlog.snapshots.reader import SnapshotReader
from infra.inbox import InboxWorker
from infra.kafka.joint_fetch import JointFetches
from infra.postgres.database import Database
from infra.postgres.positions import PostgresPositions
from infra.postgres.processes import PostgresProcess
from infra.refused_commands import RefusedCommands
from infra.stack.workers import WorkerStates
from interfaces.bootstrap.consumers import skipped, skipping
from interfaces.bootstrap.log import log_reader
from interfaces.bootstrap.read_models import upkeep
from interfaces.bootstrap.workers import declared
from interfaces.settings import Settings
from interfaces.tokens import Tokens
from projections.read_model import ReadModel

__all__ = ["JointFetches", "WorkerStates", "is_away", "worker"]

Stopped = Callable[[], bool]
Work = Callable[[Stopped], None]


@dataclass(frozen=True, slots=True)
class Context:
    """What a worker is built with; what it holds is closed with `held`."""

    settings: Settings
    held: ExitStack
    stopped: Stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessManager:
    """A process manager that follows topics of the log; its name is that of its worker."""

    name: str
    topics: tuple[str, ...]
    build: Callable[[Settings], Process]


@contextmanager
def worker(
    settings: Settings, name: str, stopped: Stopped, fetches: JointFetches | None = None
) -> Iterator[Work]:
    """Build a worker, and close what it holds at the end of the block.

    Workers with the same `fetches` read together what they read at the same time.
    """
    with ExitStack() as held:
        context = Context(settings, held, stopped)
        match declared(name):
            case ReadModel() as model:
                yield upkeep(settings, model, held, fetches=fetches).projector().run
            case ProcessManager() as manager:
                yield _process(context, manager)
            case Inbox() as inbox:
                client, passed_over = _client(context, inbox.name), skipped(settings, inbox.name)
                group, bootstrap = settings.group_of(inbox.name), settings.kafka_bootstrap
                yield InboxWorker(bootstrap, inbox, group, client, passed_over).run
            case tuple() as outboxes:
                yield _relay(context, outboxes)
            case build:
                yield build(context)


def _process(context: Context, manager: ProcessManager) -> Work:
    settings, held = context.settings, context.held
    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    reader = log_reader(settings, manager.name, manager.topics, held)
    unskipped = skipping(settings, manager.name, reader)
    store = PostgresProcess(database, manager.name)
    client = _client(context, manager.name)
    refusals = RefusedCommands(settings.kafka_bootstrap, manager.name)
    process = manager.build(settings)
    return ProcessRunner(unskipped, process, store, client.execute, refusals).run


def _client(context: Context, name: str) -> CommandsClient:
    tokens = Tokens(context.settings.signing_secret(make=True))
    url = context.settings.base_url
    client = CommandsClient(url, lambda: tokens.issue(name, "process"), context.stopped)
    return context.held.enter_context(closing(client))


def checkpoints(context: Context) -> Work:
    """Build what writes checkpoints of shards that nobody owns for long."""
    settings, held = context.settings, context.held
    partitions = {category.topic: settings.log_partitions for category in CATEGORIES}
    reader = log_reader(settings, checkpoint_writer.NAME, list(partitions), held)
    snapshots = SnapshotReader(settings.kafka_bootstrap, CATEGORIES, partitions, context.stopped)
    writer = checkpoint_writer.CheckpointWriter(
        settings.kafka_bootstrap,
        CATEGORIES,
        reader,
        held.enter_context(closing(snapshots)),
        every_events=settings.checkpoint_events,
        every_seconds=settings.checkpoint_seconds,
    )
    return held.enter_context(closing(writer)).run


def _relay(context: Context, outboxes: Sequence[Outbox]) -> Work:
    settings, held = context.settings, context.held
    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    lock = held.enter_context(closing(relay.RelayLock(database)))
    reader = log_reader(settings, relay.NAME, [category.topic for category in CATEGORIES], held)
    unskipped = skipping(settings, relay.NAME, reader)
    positions = PostgresPositions(database, relay.NAME)
    telling = relay.Relay(settings.kafka_bootstrap, outboxes, unskipped, positions, lock)
    return held.enter_context(closing(telling)).run
