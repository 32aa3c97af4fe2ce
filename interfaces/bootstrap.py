"""The composition root: the only place that builds infrastructure and hands it to interfaces.

Imports stand inside the functions, so that a command loads only what it uses.
"""

import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing, contextmanager
from socket import gethostname
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from infra.stack.errors import Refused
from infra.stack.signals import interruptible
from interfaces.settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from application.ports import ProjectionStore
    from application.readmodel import ReadModel
    from domain.events import Recorded
    from domain.games.board import Board
    from domain.games.events import BotLevel
    from infra.commands_client import CommandsClient
    from infra.eventlog.log import KafkaLog
    from infra.eventlog.reader import KafkaLogReader
    from infra.stack.doctor import Check  # noqa: TC004  a name for the type checker
    from infra.stack.hall import Hall, Servers, Services
    from infra.stack.supervise import Process  # noqa: TC004  a name for the type checker
    from infra.topics import Record
    from interfaces.http.services import Check as ApiCheck
    from interfaces.http.services import Services as ApiServices
    from projections.positions import Pool

# For the command line, which imports no infrastructure, not even where types are checked.
__all__ = ["Check", "Process", "Refused", "interruptible"]

WORKERS: tuple[str, ...] = (
    "queue",
    "checkout",
    "matchmaking",
    "game-records",
    "leaderboards",
    "relay",
)


GIVE_WAY = ("nice", "-n", "10")
"""Workers leave the processor to the API, which people wait for; they then read larger batches."""


# -- processes -------------------------------------------------------------------------------------


def run_api(settings: Settings) -> None:
    """Serve HTTP and WebSocket until told to stop."""
    from interfaces.http.serve import serve

    serve(settings)


def run_worker(settings: Settings, name: str) -> None:
    """Run one worker until told to stop."""
    from interfaces.worker import run

    run(settings, name)


# -- the stack -------------------------------------------------------------------------------------


def hall(settings: Settings) -> "Hall":
    """Build what starts and stops the servers and services of the settings' home."""
    from infra.stack.hall import Hall
    from infra.stack.progress import Progress

    return Hall(_servers(settings), Progress())


def start_hall(settings: Settings, *, servers_only: bool = False) -> "Callable[[], int]":
    """Start everything; requests are answered when this returns. The answer waits for the end."""
    services = None if servers_only else _services(settings)
    return hall(settings).start(services, lambda: prepare_servers(settings))


def stop_hall(settings: Settings) -> int:
    """Stop everything and give the number of processes there were."""
    return hall(settings).stop()


def prepare_servers(settings: Settings) -> None:
    """Bring the schema and the topics to what this version needs."""
    from infra.migrations import upgrade

    upgrade(settings.postgres_dsn)
    create_topics(settings)


def processes(settings: Settings) -> "list[Process]":
    """Say how every process of the hall is."""
    from infra.stack.supervise import Supervisor

    return Supervisor(settings.home).processes()


def examine(settings: Settings) -> "list[Check]":
    """Check everything that the hall stands on."""
    from infra.stack.doctor import examine
    from infra.topics import wanted

    topics = wanted(settings.log_partitions, settings.replication_factor)
    return examine(_servers(settings), settings.base_url, WORKERS, [each.name for each in topics])


def _servers(settings: Settings) -> "Servers":
    from infra.stack.hall import Servers

    return Servers(
        home=settings.home,
        jars=settings.jar_folder,
        kafka=settings.kafka_bootstrap,
        kafka_port=settings.kafka_port,
        controller_port=settings.controller_port,
        postgres=settings.postgres_dsn,
        postgres_port=settings.postgres_port,
        redis=settings.redis_url,
        redis_port=settings.redis_port,
    )


def _services(settings: Settings) -> "Services":
    from infra.stack.hall import Services
    from infra.stack.program import Group, Program

    command = sys.executable, "-m", "interfaces.cli"
    api = Program("api", (*command, "api"))
    workers = tuple(
        Program(f"worker-{name}", (*GIVE_WAY, *command, "worker", name)) for name in WORKERS
    )
    return Services(
        groups=(Group("api", 2, (api,)), Group("workers", 3, workers)),
        host=settings.host,
        port=settings.port,
        url=f"http://{settings.host}:{settings.port}",
    )


# -- topics ----------------------------------------------------------------------------------------


def create_topics(settings: Settings) -> list[str]:
    """Create the topics that are missing and give their names."""
    from infra import topics

    wanted = topics.wanted(settings.log_partitions, settings.replication_factor)
    return topics.create(settings.kafka_bootstrap, wanted, settings.replication_factor)


def list_topics(settings: Settings) -> dict[str, int]:
    """Give the partition count of every topic."""
    from infra import topics

    return topics.existing(settings.kafka_bootstrap)


def describe_topic(settings: Settings, name: str) -> dict[str, Any]:
    """Tell a topic's settings and where its partitions end."""
    from infra import topics

    return topics.describe(settings.kafka_bootstrap, name)


def produce(
    settings: Settings, topic: str, records: Iterable[tuple[str | None, str]]
) -> list[tuple[int, int]]:
    """Append records of key and value; give the partition and offset of each."""
    from infra import topics

    return topics.produce(settings.kafka_bootstrap, topic, records)


def consume(
    settings: Settings, topic: str, *, limit: int | None, follow: bool
) -> "Iterator[Record]":
    """Read a topic from its beginning."""
    from infra import topics

    return topics.consume(settings.kafka_bootstrap, topic, limit=limit, follow=follow)


# -- the API ---------------------------------------------------------------------------------------


POSTGRES_CONNECTIONS = 8
"""Of the API; queries take a millisecond, and PostgreSQL has connections for all processes."""


@asynccontextmanager
async def api(settings: Settings) -> "AsyncGenerator[ApiServices]":
    """Build what HTTP stands on; at the end of the block the log decides nothing any more."""
    from domain.categories import CATEGORIES
    from infra.eventlog.log import KafkaLog
    from interfaces.http.services import Services
    from interfaces.tokens import Tokens
    from projections.game_records import GameQueries
    from projections.leaderboards import LeaderboardQueries
    from projections.waitroom import QueueQueries

    async with AsyncExitStack() as held:
        redis, pool = await _read_models(settings, held)
        log = KafkaLog(
            settings.kafka_bootstrap,
            CATEGORIES,
            {category.topic: settings.log_partitions for category in CATEGORIES},
            owner=f"{gethostname()}-{uuid4().hex}",
            url=settings.base_url,
        )
        await log.start()
        held.push_async_callback(log.stop)
        yield Services(
            log=log,
            feed=log,
            queue=QueueQueries(redis),
            games=GameQueries(pool),
            leaderboard=LeaderboardQueries(redis),
            tokens=Tokens(settings.signing_secret()),
            bot_after=settings.bot_after,
            allowed_origins=frozenset({settings.base_url, *settings.allowed_origins}),
            checks=_checks(log, redis, pool),
        )


async def _read_models(settings: Settings, held: AsyncExitStack) -> "tuple[Redis, Pool]":
    """Connect to where read models lie; one that is away does not keep the API from starting."""
    from psycopg_pool import AsyncConnectionPool
    from redis.asyncio import Redis

    redis = Redis.from_url(
        settings.redis_url, decode_responses=True, socket_connect_timeout=1, socket_timeout=5
    )
    held.push_async_callback(redis.aclose)
    pool: Pool = AsyncConnectionPool(
        settings.postgres_dsn, min_size=1, max_size=POSTGRES_CONNECTIONS, timeout=2, open=False
    )
    await pool.open(wait=False)
    held.push_async_callback(pool.close)
    return redis, pool


def _checks(log: "KafkaLog", redis: "Redis", pool: "Pool") -> "dict[str, ApiCheck]":
    from infra.eventlog.shard import Role

    async def owns_its_shards() -> str | None:
        missing = sum(shard.role is not Role.OWNER for shard in log.shards)
        return f"{missing} of {len(log.shards)} shards are not owned yet" if missing else None

    async def answers_kafka() -> str | None:
        await log.ends()
        return None

    async def answers_redis() -> str | None:
        await redis.ping()
        return None

    async def answers_postgres() -> str | None:
        async with pool.connection() as connection:
            await connection.execute("SELECT 1")
        return None

    return {
        "log": owns_its_shards,
        "kafka": answers_kafka,
        "redis": answers_redis,
        "postgres": answers_postgres,
    }


# -- read models and processes ---------------------------------------------------------------------

BOT_SECONDS = 0.2
"""How long a bot may think; a hard one uses all of it in the opening."""

MOVE_SECONDS = 60.0
"""How long a player may think before the game is lost."""

PROJECTIONS: tuple[str, ...] = ("queue", "game-records", "leaderboards")


def passing_errors() -> tuple[type[Exception], ...]:
    """Give the errors that say a server is away; they are worth another attempt."""
    from confluent_kafka import KafkaException
    from redis import exceptions as redis

    from infra.postgres import TRANSIENT

    away = redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError
    return (*TRANSIENT, *away, KafkaException)


@contextmanager
def worker(
    settings: Settings, name: str, stopped: "Callable[[], bool]"
) -> "Iterator[Callable[[Callable[[], bool]], None]]":
    """Build a worker, and close what it holds at the end of the block."""
    with ExitStack() as held:
        if name in PROJECTIONS:
            yield read_model(settings, name, held).projecting().run
        elif name == "matchmaking":
            yield _matchmaking(settings, held, stopped)
        elif name == "checkout":
            yield _checkout(settings, held, stopped)
        else:
            yield _relay(settings, held)


def read_model(settings: Settings, name: str, held: ExitStack) -> "ReadModel":
    """Build the parts of one projection; what they hold is closed with `held`."""
    from application.readmodel import ReadModel
    from infra.deadletters import DeadLetterTopic, unreadable

    store, topics = projection_store(settings, name, held)
    reader = _reader(settings, name, topics, held)
    letters = DeadLetterTopic(settings.kafka_bootstrap, name)
    return ReadModel(name, reader, store, letters, unreadable)


def projection_store(
    settings: Settings, name: str, held: ExitStack
) -> "tuple[ProjectionStore, Sequence[str]]":
    """Build the store of a projection, and name the topics that it reads."""
    from infra.cached import CachedStore
    from infra.postgres import Database, PostgresStore
    from infra.redis import RedisStore, connect
    from projections.game_records import GameRecords
    from projections.leaderboards import LeaderboardCache, Leaderboards
    from projections.waitroom import Queue

    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    redis = held.enter_context(closing(connect(settings.redis_url)))
    if name == Queue.name:
        return RedisStore(redis, Queue()), Queue.topics
    if name == GameRecords.name:
        return PostgresStore(database, GameRecords()), GameRecords.topics
    record, cache = PostgresStore(database, Leaderboards()), RedisStore(redis, LeaderboardCache())
    return CachedStore(database, record, cache, LeaderboardCache()), Leaderboards.topics


def _reader(
    settings: Settings, name: str, topics: "Sequence[str]", held: ExitStack
) -> "KafkaLogReader":
    from domain.categories import CATEGORIES
    from infra.eventlog.reader import KafkaLogReader

    categories = [category for category in CATEGORIES if category.topic in topics]
    partitions = dict.fromkeys(topics, settings.log_partitions)
    reader = KafkaLogReader(
        settings.kafka_bootstrap, categories, partitions, group=f"gamehall-{name}"
    )
    return held.enter_context(closing(reader))


def _client(
    settings: Settings, name: str, held: ExitStack, stopped: "Callable[[], bool]"
) -> "CommandsClient":
    from infra.commands_client import CommandsClient
    from interfaces.tokens import Tokens

    tokens = Tokens(settings.signing_secret())
    client = CommandsClient(settings.base_url, lambda: tokens.issue(name, "service"), stopped)
    return held.enter_context(closing(client))


def _matchmaking(
    settings: Settings, held: ExitStack, stopped: "Callable[[], bool]"
) -> "Callable[[Callable[[], bool]], None]":
    from application.processes.matchmaking import NAME, MatchmakingProcess
    from application.processing import Processing
    from domain.categories import GAMES
    from infra.postgres import Database, PostgresPositions

    process = MatchmakingProcess(move_seconds=MOVE_SECONDS, choose=_choose)
    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    reader = _reader(settings, NAME, [GAMES.topic], held)
    client = _client(settings, NAME, held, stopped)
    return Processing(reader, process, PostgresPositions(database, NAME), client.execute).run


def _choose(board: "Board", level: "BotLevel") -> int:
    from domain.games.bot import choose_column

    end = time.monotonic() + BOT_SECONDS
    return choose_column(board, level, out_of_time=lambda: time.monotonic() > end)


def _checkout(
    settings: Settings, held: ExitStack, stopped: "Callable[[], bool]"
) -> "Callable[[Callable[[], bool]], None]":
    from application.processes.checkout import NAME
    from infra.checkout import Checkout
    from infra.deadletters import DeadLetterTopic

    client = _client(settings, NAME, held, stopped)
    letters = DeadLetterTopic(settings.kafka_bootstrap, NAME)
    return Checkout(settings.kafka_bootstrap, client, letters).run


def _relay(settings: Settings, held: ExitStack) -> "Callable[[Callable[[], bool]], None]":
    from application.processes.relay import NAME
    from domain.categories import CATEGORIES
    from infra.postgres import Database, PostgresPositions
    from infra.relay import Relay, RelayLock

    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    lock = held.enter_context(closing(RelayLock(database)))
    reader = _reader(settings, NAME, [category.topic for category in CATEGORIES], held)
    positions = PostgresPositions(database, NAME)
    relay = Relay(settings.kafka_bootstrap, reader, positions, lock)
    return held.enter_context(closing(relay)).run


def events(settings: Settings, topic: str, aggregate_id: str) -> "Iterator[Recorded]":
    """Read the accepted events of one aggregate up to the end of the log now."""
    from domain.categories import CATEGORIES
    from infra.eventlog.partition import partition_for

    if topic not in {category.topic for category in CATEGORIES}:
        raise Refused(f"{topic} is no log; the logs are {', '.join(c.topic for c in CATEGORIES)}.")
    shard = topic, partition_for(aggregate_id, settings.log_partitions)
    with ExitStack() as held:
        reader = _reader(settings, "events", [topic], held)
        reader.start(())
        end, offset = reader.ends()[shard], 0
        while offset < end:
            batch = reader.read(5_000, 0.5)
            yield from (each for each in batch.events if each.event.originator_id == aggregate_id)
            offset = {c[:2]: c.offset for c in batch.checkpoints}.get(shard, offset)
