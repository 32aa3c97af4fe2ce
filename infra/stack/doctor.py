"""What the hall stands on, looked at piece by piece, with the remedy for what is wrong."""

import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from application.topics import Topic
from infra import migrations
from infra.errors import SetupError
from infra.kafka import topics
from infra.stack import api, jars, kafka, postgres, valkey
from infra.stack.local_stack import Servers
from infra.stack.supervise import Supervisor

PYTHON = (3, 11)
FREE_BYTES = 2_000_000_000
UP = "Start the hall with `gamehall up`"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; the remedy is empty when it is well."""

    name: str
    finding: str
    remedy: str = ""

    @property
    def well(self) -> bool:
        """Whether nothing has to be done."""
        return not self.remedy


def examine(
    servers: Servers,
    url: str,
    workers: Sequence[str],
    wanted: Sequence[Topic],
    replication_factor: int,
) -> list[Check]:
    """Look at everything, from the machine up to the services."""
    return [
        _python(),
        _disk(servers.home),
        *([_jars(servers.jars)] if servers.kafka_port else []),
        _reachable("Kafka", kafka.answers(servers.kafka), "GAMEHALL_KAFKA"),
        _reachable("PostgreSQL", postgres.answers(servers.postgres), "GAMEHALL_POSTGRES"),
        _reachable("Valkey", valkey.answers(servers.redis), "GAMEHALL_REDIS"),
        _asked("migrations", lambda: _migrations(servers.postgres)),
        _asked("topics", lambda: _topics(servers.kafka, wanted)),
        _asked("log partitions", lambda: _partitions(servers.kafka, wanted)),
        _asked("replication", lambda: _replication(servers.kafka, wanted, replication_factor)),
        _api(url),
        _workers(servers.home, workers),
    ]


def _python() -> Check:
    version = platform.python_version()
    remedy = "" if sys.version_info >= PYTHON else "Install Python 3.11 and run `make run` again."
    return Check("python", f"version {version}", remedy)


def _disk(home: Path) -> Check:
    standing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(standing).free
    remedy = "" if free > FREE_BYTES else f"Free some space there: {FREE_BYTES / 1e9:.0f} GB do."
    return Check("disk", f"{free / 1e9:.1f} GB free at {standing}", remedy)


def _jars(folder: Path) -> Check:
    missing = jars.missing(folder)
    remedy = f"{UP}, which downloads them." if missing else ""
    return Check("kafka jars", f"{len(missing)} of {len(jars.pinned())} missing", remedy)


def _reachable(name: str, answers: bool, variable: str) -> Check:
    if answers:
        return Check(name, "answers")
    return Check(name, "does not answer", f"{UP}, or set {variable} to one that runs.")


def _asked(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except (SetupError, psycopg.Error):
        return Check(name, "unknown, since the server does not answer", f"{UP}.")


def _migrations(dsn: str) -> Check:
    missing = migrations.missing(dsn)
    if not missing:
        return Check("migrations", "at the newest revision")
    return Check("migrations", f"not at {', '.join(sorted(missing))}", f"{UP}: it applies them.")


def _topics(bootstrap: str, wanted: Iterable[Topic]) -> Check:
    missing = sorted({topic.name for topic in wanted} - set(topics.existing(bootstrap)))
    remedy = "Create them with `gamehall topics create`." if missing else ""
    return Check("topics", f"missing: {', '.join(missing) or 'none'}", remedy)


def _partitions(bootstrap: str, wanted: Iterable[Topic]) -> Check:
    different = topics.repartitioned(topics.existing(bootstrap), topics.logs_of(wanted))
    return Check("log partitions", "not as set" if different else "as set", different)


def _replication(bootstrap: str, wanted: Iterable[Topic], factor: int) -> Check:
    different = topics.replicated_otherwise(bootstrap, {topic.name for topic in wanted}, factor)
    return Check("replication", "not as set" if different else "as set", different)


def _api(url: str) -> Check:
    if api.answers(url):
        return Check("api", f"live at {url}")
    return Check("api", f"not live at {url}", f"{UP}, or alone with `gamehall api`.")


def _workers(home: Path, names: Iterable[str]) -> Check:
    running = {process.name for process in Supervisor(home).processes() if process.running}
    missing = [name for name in names if f"worker-{name}" not in running]
    if not missing:
        return Check("workers", "all running")
    alone = f"{UP}, or one alone with `gamehall worker {missing[0]}`."
    return Check("workers", f"not supervised here: {', '.join(missing)}", alone)
