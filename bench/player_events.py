"""Players' events: how fast their consumers are rebuilt.

    .venv/bin/gamehall up --servers                   # in one terminal
    .venv/bin/python -m bench.player_events rebuild   # in another
    .venv/bin/python -m bench.player_events together

Fills two topics of its own with the same events: with ids that Gamehall minted, which nobody has
to look for, and with ids that clients gave, each of which may be a repeat. Then each consumer is
built from both, in turns, in a fresh database; beside them the projection runner of the
`eventsourcing` library counts the events of players, from its own store in PostgreSQL.

`together` builds all consumers at the same time, in one process and in a process each, in turns.
"""

import random
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from urllib.parse import urlsplit, urlunsplit

import msgspec
import psycopg
import redis
import rich_click as click
from confluent_kafka import Producer
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.utils import get_topic
from rich.console import Console
from rich.table import Table

from application.player_events.topics import PLAYER_EVENTS
from application.player_events.triage import SkipEvent
from application.rebuild import Batches, build
from application.triage import NoLetters
from bench.machine import machine
from bench.recorder import on_postgres
from bench.topics import topics
from domain.player_events.event import PlayerEvent
from infra.eventlog.partition import partition_for
from infra.kafka.clients import producer_config
from infra.migrations import upgrade
from infra.player_events.reader import PlayerEventReader
from interfaces.bootstrap.read_models import REBUILD_BATCH, store_of
from interfaces.bootstrap.workers import declared
from interfaces.garbage import collect_garbage_rarely
from interfaces.settings import Settings, load
from tests.read_models import OF_PLAYERS

PLAYERS = 10_000
GAMES = 10
MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
KINDS = (
    ("player_score", '{"score":%d,"level":"castle"}'),
    ("player_level_up", '{"level":%d,"experience":1200}'),
    ("quest_completed", '{"quest_id":"dragon","score":%d}'),
    ("session_started", '{"platform":"ios","version":"%d"}'),
    ("level_completed", '{"level_id":"castle","seconds":%d}'),
)
"""Two of five score."""

REDIS = {name: number for number, name in enumerate(OF_PLAYERS, 9)}
"""The database that each consumer has for itself in Redis."""

BATCHES = Batches(live=10_000, rebuild=REBUILD_BATCH)
LIBRARY = "eventsourcing, counting"


@click.group()
def main() -> None:
    """Measure what reads players' events."""


@main.command()
@click.option("--events", default=1_000_000, show_default=True)
@click.option("--library-events", default=10_000, show_default=True)
@click.option("--runs", default=3, show_default=True)
def rebuild(events: int, library_events: int, runs: int) -> None:
    """Events a second of each consumer, built from the beginning."""
    click.echo(machine())
    settings = load()
    collect_garbage_rarely()  # as workers do
    found: dict[str, list[float]] = {}
    with ExitStack() as held:
        minted, given = held.enter_context(filled(settings.kafka_bootstrap, events))
        subjects: dict[str, Callable[[], float]] = {}
        for name in OF_PLAYERS:
            subjects[f"{name}, minted ids"] = lambda n=name: built(settings, n, minted, events)
            subjects[f"{name}, clients' ids"] = lambda n=name: built(settings, n, given, events)
        subjects[LIBRARY] = lambda: by_the_library(settings, library_events)
        for _ in range(runs):
            for subject, measure in subjects.items():
                found.setdefault(subject, []).append(measure())
    Console().print(table(found, events))


@main.command()
@click.option("--events", default=200_000, show_default=True)
@click.option("--runs", default=3, show_default=True)
def together(events: int, runs: int) -> None:
    """Events a second of each consumer while all are built, in one process and in one each."""
    click.echo(machine())
    settings = load()
    spawned = partial(ProcessPoolExecutor, mp_context=get_context("spawn"))
    kinds: dict[str, Callable[[int], Executor]] = {
        "one process": ThreadPoolExecutor,
        "a process each": spawned,
    }
    with filled(settings.kafka_bootstrap, events) as (topic, _):
        for _ in range(runs):
            for kind, pool in kinds.items():
                with ExitStack() as held:
                    executor = held.enter_context(pool(len(OF_PLAYERS)))
                    apart = [held.enter_context(prepared(settings, n)) for n in OF_PLAYERS]
                    list(executor.map(ready, OF_PLAYERS))
                    start = time.perf_counter()
                    build_one = partial(folded, topic=topic, events=events)
                    rates = list(executor.map(build_one, apart, OF_PLAYERS))
                    seconds = time.perf_counter() - start
                told = zip(OF_PLAYERS, rates, strict=True)
                each = ", ".join(f"{name} {rate:,.0f}" for name, rate in told)
                click.echo(f"{kind}: all after {seconds:.1f} s; {each}")


def ready(_: str) -> None:
    """Be loaded, as workers are, before the time is taken."""
    collect_garbage_rarely()
    time.sleep(0.2)  # so that each of the pool has its turn


def table(found: dict[str, list[float]], events: int) -> Table:
    made = Table(
        title=f"{events:,} events of {PLAYERS:,} players", caption="median (least to most)"
    )
    made.add_column("consumer", no_wrap=True)
    for column in ("events a second", "times the library"):
        made.add_column(column, justify="right")
    library = statistics.median(found[LIBRARY])
    for subject, rates in found.items():
        median = statistics.median(rates)
        spread = f"{median:,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"
        made.add_row(subject, spread, f"{median / library:,.0f}")
    return made


# -- events ----------------------------------------------------------------------------------------


@contextmanager
def filled(kafka: str, events: int) -> Iterator[tuple[str, str]]:
    """Two topics with the same events of one day, with minted ids and with ids of clients."""
    names = tuple(f"bench-{uuid.uuid4().hex[:8]}-{kind}" for kind in ("minted", "given"))
    like = dict.fromkeys(names, "player.events.raw")
    with topics(kafka, like, PLAYER_EVENTS.partitions):
        producer = Producer(producer_config(kafka))
        for name, minted in zip(names, (True, False), strict=True):
            for each in some_events(events, minted=minted):
                partition = partition_for(each.player_id, PLAYER_EVENTS.partitions)
                value = msgspec.json.encode(each)
                while True:
                    try:
                        producer.produce(name, value, each.player_id, partition=partition)
                        break
                    except BufferError:
                        producer.poll(0.1)
            if producer.flush(60):
                raise click.ClickException("Kafka did not take all events within a minute.")
        yield names[0], names[1]


def some_events(count: int, *, minted: bool) -> Iterator[PlayerEvent]:
    """Events of one day, of players who play one game each."""
    chance, pause = random.Random(5), timedelta(days=1) / count
    for number in range(count):
        kind, data = KINDS[chance.randrange(len(KINDS))]
        player = chance.randrange(PLAYERS)
        at = MIDNIGHT + number * pause
        yield PlayerEvent(
            event_id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            event_type=kind,
            player_id=f"player-{player:05}",
            game_id=f"game-{player % GAMES}",
            timestamp=at,
            ingested_at=at,
            data=msgspec.Raw((data % chance.randrange(1_000)).encode()),
            minted=minted,
        )


# -- who reads them --------------------------------------------------------------------------------


def built(settings: Settings, name: str, topic: str, events: int) -> float:
    """Events a second of a first build, its swap and the filling of its cache included."""
    with prepared(settings, name) as apart:
        return folded(apart, name, topic, events)


@contextmanager
def prepared(settings: Settings, name: str) -> Iterator[Settings]:
    """A database of PostgreSQL, and one of Redis, in which a consumer finds nothing."""
    with ExitStack() as held:
        environment = held.enter_context(on_postgres(settings))
        apart = settings.model_copy(
            update={
                "postgres": dsn(environment),
                "redis": urlunsplit(urlsplit(settings.redis_url)._replace(path=f"/{REDIS[name]}")),
            }
        )
        upgrade(apart.postgres_dsn)
        client = held.enter_context(closing(redis.Redis.from_url(apart.redis_url)))
        held.callback(client.flushdb)
        yield apart


def folded(apart: Settings, name: str, topic: str, events: int) -> float:
    """Events a second of a first build in a place that is prepared."""
    with ExitStack() as held:
        store = store_of(apart, declared(name), held)
        reader = PlayerEventReader(apart.kafka_bootstrap, "bench", topic=topic)
        held.enter_context(closing(reader))
        start = time.perf_counter()
        made = build(reader, store, SkipEvent(NoLetters()), batches=BATCHES)
        seconds = time.perf_counter() - start
    if made.events != events:
        raise click.ClickException(f"{name} folded {made.events:,} events in place of {events:,}.")
    return events / seconds


def dsn(environment: dict[str, str]) -> str:
    password = environment["POSTGRES_PASSWORD"]
    user = environment["POSTGRES_USER"] + (f":{password}" if password else "")
    address = f"{environment['POSTGRES_HOST']}:{environment['POSTGRES_PORT']}"
    return f"postgresql://{user}@{address}/{environment['POSTGRES_DBNAME']}"


class Player(Aggregate):
    @event("Joined")
    def __init__(self, name: str) -> None:
        self.name = name

    @event("Scored")
    def score(self, points: int) -> None:
        pass


class Counts(PostgresTrackingRecorder):
    """How many events every player has; a row and the position in one transaction."""

    COUNT = """
        INSERT INTO player_counts AS known VALUES (%s, 1)
        ON CONFLICT (player_id) DO UPDATE SET total = known.total + 1
    """

    def count(self, player_id: str, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(self.COUNT, [player_id])


class Counting(Projection[Counts]):
    name = "counting"
    topics = (get_topic(Player.Scored),)  # type: ignore[attr-defined]

    def process_event(self, domain_event: object, tracking: Tracking) -> None:
        self.view.count(str(domain_event.originator_id), tracking)  # type: ignore[attr-defined]


def by_the_library(settings: Settings, events: int) -> float:
    """Events a second of the library's runner, on as many players as have a hundred each."""
    with on_postgres(settings) as environment:
        with closing(Application(environment)) as application:
            for number in range(events // 100):
                player = Player(f"player-{number:05}")
                for _ in range(100):
                    player.score(1)
                application.save(player)
        with psycopg.connect(dsn(environment)) as connection:
            connection.execute("CREATE TABLE player_counts (player_id text PRIMARY KEY, total int)")
        start = time.perf_counter()
        with ProjectionRunner(
            application_class=Application,
            projection_class=Counting,
            view_class=Counts,
            env=environment,
        ) as runner:
            runner.wait(events // 100 * 101, timeout=600)
        return events / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
