"""The composition root: the only place that builds infrastructure and hands it to interfaces.

Imports stand inside the functions, so that a command loads only what it uses.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from infra.stack.errors import Refused
from infra.stack.signals import interruptible
from interfaces.settings import Settings

if TYPE_CHECKING:
    from infra.stack.doctor import Check
    from infra.stack.hall import Hall, Servers, Services
    from infra.stack.supervise import Process
    from infra.topics import Record

__all__ = ["Refused", "interruptible"]  # for the command line, which imports no infrastructure

WORKERS: tuple[str, ...] = (
    "queue",
    "checkout",
    "matchmaking",
    "game-records",
    "leaderboards",
    "relay",
)


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

    def program(name: str, *arguments: str) -> Program:
        return Program(name, (sys.executable, "-m", "interfaces.cli", *arguments))

    workers = tuple(program(f"worker-{name}", "worker", name) for name in WORKERS)
    return Services(
        groups=(Group("api", 2, (program("api", "api"),)), Group("workers", 3, workers)),
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
