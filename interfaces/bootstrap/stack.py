"""The stack: servers and services as a whole, started, stopped and looked at.

Imports stand inside the functions, so that `gamehall status` and `down` load no more than they use.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from interfaces import kept
from interfaces.bootstrap.workers import WORKERS, by_feature
from interfaces.setting_kinds import hide_password
from interfaces.settings import SERVICE, Settings

if TYPE_CHECKING:
    from infra.reach import Server
    from infra.stack.doctor import Check  # noqa: TC004  a name for the type checker
    from infra.stack.local_stack import LocalStack, OwnServices, Servers
    from infra.stack.logs import LogLine  # noqa: TC004  a name for the type checker
    from infra.stack.program import SupervisedProcess  # noqa: TC004  a name for the type checker
    from infra.stack.progress import ConsoleProgress

# For the command line, which imports no infrastructure, not even where types are checked.
__all__ = ["Check", "LogLine", "SupervisedProcess"]

GREETING_S = 0.8
"""How long servers may take to answer `gamehall doctor`: with the start of Python, it says within
two seconds what is wrong, whatever is down."""

MAIL_GREETING_S = 5.0
"""How long a mail server may, which is often far away, and is asked more than once."""

LOOK_INTERVAL_S = 0.2
"""Between looks at logs that are followed."""

GIVE_WAY = ("nice", "-n", "10")
"""Workers leave the processor to the API, which people wait for; they then read larger batches."""


def start(settings: Settings, *, apis: int = 1, servers_only: bool = False) -> Callable[[], bool]:
    """Start everything; requests are answered when this returns.

    The answer waits for the end, and says whether somebody asked for it.
    """
    from infra.stack.progress import ConsoleProgress

    kept.kept(settings.password_file)  # before anybody asks where the servers are
    progress = ConsoleProgress()
    services = None if servers_only else _services(settings, apis)
    return _hall(settings, progress).start(services, lambda: _prepare_servers(settings, progress))


def stop(settings: Settings) -> int:
    """Stop everything and give the number of processes there were."""
    from infra.stack.progress import ConsoleProgress

    return _hall(settings, ConsoleProgress()).stop()


def _hall(settings: Settings, progress: "ConsoleProgress") -> "LocalStack":
    from infra.stack.local_stack import LocalStack

    return LocalStack(_servers(settings), progress)


def _prepare_servers(settings: Settings, progress: "ConsoleProgress") -> None:
    """Bring the schema and the topics to what this version needs."""
    from infra.migrations import upgrade
    from interfaces.bootstrap import topics

    upgrade(settings.postgres_dsn)
    topics.create(settings)
    if warning := topics.warning(settings):
        progress.say(f"Warning: {warning}")


def processes(settings: Settings) -> "list[SupervisedProcess]":
    """Say how every process of the hall is, and each worker of one that several share.

    Also of those whose supervisor was killed.
    """
    from infra.stack import orphans, workers
    from infra.stack.supervise import Supervisor

    found = Supervisor(settings.home).processes() or orphans.programs(settings.home)
    return list(workers.each(settings.home, found))


def logs(settings: Settings, name: str | None, lines: int, *, follow: bool) -> "Iterator[LogLine]":
    """Give the last lines that each program wrote, or the one of this name; then on and on."""
    from infra.stack import logs, workers

    opened = logs.opened(settings.home / "logs", name, workers.hosts(settings.home))
    yield from logs.last(opened, lines)
    if follow:
        yield from logs.follow(opened, partial(time.sleep, LOOK_INTERVAL_S))


def examine(settings: Settings) -> "list[Check]":
    """Check everything that the hall stands on."""
    from infra.reach import greet
    from interfaces.bootstrap.reach import servers

    greeted = greet(servers(settings), GREETING_S)
    mailed = greet(mail_server(settings), MAIL_GREETING_S)
    # While they answer, what is asked behind them is loaded, which takes about as long.
    from infra.stack.doctor import Settled, examine
    from interfaces.bootstrap.topics import declared

    settled = Settled(
        home=settings.home,
        jars=settings.jar_folder if settings.kafka_port else None,
        servers={**servers(settings), **mail_server(settings)},
        bootstrap=settings.kafka_bootstrap,
        dsn=settings.postgres_dsn,
        topics=declared(settings.log_partitions),
        replication_factor=settings.replication_factor,
        workers=tuple(WORKERS),
        leeway_s=settings.clock_leeway_seconds,
    )
    return examine(settled, {**greeted(), **mailed()})


def mail_server(settings: Settings) -> "Mapping[str, Server]":
    """Where mails are brought, by the name of its setting, if there is any."""
    from infra.reach import Server

    url = settings.smtp_url or settings.sink_url
    if url is None:
        return {}
    name = "mail server" if settings.smtp_url else "sink of mails"
    greeting = partial(_greet_mail, url)
    return {"smtp_url": Server(name, hide_password(url), "GAMEHALL_SMTP_URL", greeting)}


def _greet_mail(url: str, seconds: float) -> None:
    from infra.mail import smtp  # while others answer

    smtp.greet(url, seconds)


def psql(settings: Settings) -> tuple[list[str], dict[str, str]]:
    """The command that opens the database of the read models, and its environment besides ours."""
    from infra.stack.psql import client

    return client(settings.postgres_dsn)


def _servers(settings: Settings) -> "Servers":
    from infra.stack.local_stack import Servers

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
        sink_port=settings.sink_port,
        password_file=settings.password_file,
        user=SERVICE,
        password=kept.read(settings.password_file),
    )


def _services(settings: Settings, apis: int) -> "OwnServices":
    from infra.stack.local_stack import OwnServices
    from infra.stack.program import Program, ProgramGroup

    command = sys.executable, "-m", "interfaces.cli"
    own_ports = [settings.own_port + number for number in range(apis)]
    processes = tuple(
        Program(
            f"api-{number}" if apis > 1 else "api",
            ("env", f"GAMEHALL_PEER_PORT={port}", *command, "api"),
        )
        for number, port in enumerate(own_ports, 1)
    )
    workers = tuple(
        Program(called, (*GIVE_WAY, *command, "worker", *names))
        for called, names in _worker_programs(settings.workers_apart)
    )
    return OwnServices(
        groups=(ProgramGroup("api", 2, processes), ProgramGroup("workers", 3, workers)),
        host=settings.host,
        ports=(settings.port, *own_ports),
        url=f"http://{settings.host}:{settings.port}",
    )


def _worker_programs(apart: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What the processes of workers are called, and who is in each."""
    from infra.stack.workers import program_of

    together = {name: (name,) for name in WORKERS} if apart else by_feature()
    for feature, names in together.items():
        alone = len(names) == 1
        yield program_of(names[0]) if alone else f"workers-{feature.replace('_', '-')}", names
