"""What the hall stands on, looked at piece by piece, with the remedy for what is wrong."""

import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from application.topics import Topic
from infra import clocks, migrations
from infra.kafka import topics
from infra.reach import Heard, Server, begin
from infra.stack import jars, workers
from infra.stack.supervise import Supervisor

PYTHON = (3, 11)
FREE_BYTES = 2_000_000_000
BEHIND_S = 0.5
"""How long servers that answer may take to tell what they hold."""
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


@dataclass(frozen=True, slots=True)
class Examined:
    """A server, and what is looked at behind it once it answers, by name."""

    server: Server
    behind: Mapping[str, Callable[[], Check]]

    def look(self) -> list[Check]:
        """Look behind it; raises one of `reach.ERRORS` where it does not answer any more."""
        return [check() for check in self.behind.values()]

    def well(self) -> Check:
        """Say that it answers."""
        return Check(self.server.name, f"answers at {self.server.address}")

    def away(self, problem: str) -> list[Check]:
        """Say that it does not, and what nobody knows therefore."""
        name, address, variable, _ = self.server
        finding = f"does not answer at {address} ({problem})"
        unknown = f"unknown, since {name} does not answer"
        return [
            Check(name, finding, f"{UP}, or correct {variable}."),
            *(Check(each, unknown, f"{UP}.") for each in self.behind),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What there should be, as the settings have it; `jars` is None where Kafka is another's."""

    home: Path
    jars: Path | None
    servers: Mapping[str, Server]
    bootstrap: str
    dsn: str
    topics: Sequence[Topic]
    replication_factor: int
    workers: Sequence[str]
    leeway_s: float


def examine(settled: Settled, greeted: Mapping[str, Heard[Any]]) -> list[Check]:
    """Look at everything, from the machine up to the services, once servers have been greeted."""
    pieces = {
        name: Examined(each, _behind(settled, name)) for name, each in settled.servers.items()
    }
    there = {name: pieces[name].look for name, answer in greeted.items() if not answer.problem}
    answers = {**greeted, **begin(there, BEHIND_S)()}
    return [
        _python(),
        _disk(settled.home),
        *([_jars(settled.jars)] if settled.jars else []),
        *(check for name, piece in pieces.items() for check in _found(piece, answers[name])),
        _workers(settled.home, settled.workers),
    ]


def _found(piece: Examined, answer: Heard[list[Check]]) -> list[Check]:
    return piece.away(answer.problem) if answer.problem else [piece.well(), *(answer.told or ())]


def _behind(settled: Settled, name: str) -> Mapping[str, Callable[[], Check]]:
    greet = settled.servers[name].greet
    of_kafka = settled.bootstrap, settled.topics
    match name:
        case "kafka":
            return {
                "topics": lambda: _topics(*of_kafka),
                "log partitions": lambda: _partitions(*of_kafka),
                "replication": lambda: _replication(*of_kafka, settled.replication_factor),
            }
        case "postgres":
            return {
                "migrations": lambda: _migrations(settled.dsn),
                "clock of PostgreSQL": lambda: clock("PostgreSQL", greet, settled.leeway_s),
            }
        case "api":
            return {"clock of the API": lambda: clock("the API", greet, settled.leeway_s)}
    return {}


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


def clock(whose: str, tell: Callable[[float], float], leeway_s: float) -> Check:
    """Compare a clock with the one here; `tell` asks for the time in seconds since 1970."""
    there, here = tell(BEHIND_S), time.time()
    if abs(there - here) <= leeway_s + clocks.RESOLUTION_S:
        return Check(f"clock of {whose}", "as here")
    return Check(
        f"clock of {whose}",
        clocks.compared(there, here),
        "Set the clocks of both machines (`timedatectl set-ntp true`): tokens and deadlines are"
        f" right only where they differ by less than GAMEHALL_CLOCK_LEEWAY_SECONDS={leeway_s:g}.",
    )


def _workers(home: Path, names: Iterable[str]) -> Check:
    there = {each.name: each for each in workers.each(home, Supervisor(home).processes())}
    found = {name: there.get(workers.program_of(name)) for name in names}
    failing = [name for name, process in found.items() if process and process.failing]
    if failing:
        why = f"See `gamehall logs {workers.program_of(failing[0])}`."
        return Check("workers", f"failing: {', '.join(failing)}", why)
    missing = [name for name, process in found.items() if not (process and process.running)]
    if not missing:
        return Check("workers", "all running")
    alone = f"{UP}, or one alone with `gamehall worker {missing[0]}`."
    return Check("workers", f"not supervised here: {', '.join(missing)}", alone)
