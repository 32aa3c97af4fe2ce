"""Workers that share a process: their supervisor sees the process, and this file of it the rest."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock

import msgspec

from infra.stack.permissions import own_folder, write
from infra.stack.program import MARK, NAMED, SupervisedProcess

FOLDER = "workers"


def program_of(worker: str) -> str:
    """What a worker is called among the programs of a hall."""
    return f"worker-{worker}"


class WorkerState(msgspec.Struct, frozen=True, kw_only=True):
    """A worker: RUNNING or, after a failure, in BACKOFF; since when; how often it began anew."""

    state: str
    since: float
    restarts: int = 0


class Workers(msgspec.Struct, frozen=True, kw_only=True):
    """The workers of one process, by name."""

    pid: int
    workers: Mapping[str, WorkerState]


class WorkerStates:
    """Tells how the workers of this process are, for `gamehall status`, if it is supervised.

    Each worker tells of itself, from its own thread.
    """

    def __init__(self, names: Sequence[str]) -> None:
        home, program = os.environ.get(MARK), os.environ.get(NAMED)
        self._file = _file(Path(home), program) if home and program else None
        now = time.time()
        self._states = {name: WorkerState(state="STARTING", since=now) for name in names}
        self._lock = Lock()
        self._write()

    def begins(self, name: str) -> None:
        """A worker starts, or starts again."""
        anew = self._states[name].state == "BACKOFF"
        self._tell(name, "RUNNING", self._states[name].restarts + anew)

    def failed(self, name: str) -> None:
        """A worker has failed and pauses."""
        self._tell(name, "BACKOFF", self._states[name].restarts)

    def _tell(self, name: str, state: str, restarts: int) -> None:
        with self._lock:
            self._states[name] = WorkerState(state=state, since=time.time(), restarts=restarts)
            self._write()

    def _write(self) -> None:
        told = Workers(pid=os.getpid(), workers=self._states)
        if self._file:
            with suppress(OSError):  # a full disk is nothing that a worker would have to end for
                own_folder(self._file.parent)
                beside = self._file.with_suffix(".new")
                write(beside, msgspec.json.encode(told).decode())
                beside.replace(self._file)


def forget(home: Path) -> None:
    """Take away what was told in a hall that has ended."""
    shutil.rmtree(home / FOLDER, ignore_errors=True)


def each(home: Path, processes: Sequence[SupervisedProcess]) -> Iterator[SupervisedProcess]:
    """Name every worker in place of a process that several share."""
    for process in processes:
        told = _told(_file(home, process.name))
        yield from _workers(process, told) if told else (process,)


def hosts(home: Path) -> Mapping[str, str]:
    """The program that each worker has shared with others, by what the worker is called."""
    files = sorted((home / FOLDER).glob("*.json"))
    found = {file.stem: told for file in files if (told := _told(file))}
    return {program_of(name): program for program, told in found.items() for name in told.workers}


def _workers(process: SupervisedProcess, told: Workers) -> Iterator[SupervisedProcess]:
    for name, worker in told.workers.items():
        shown = replace(process, name=program_of(name))
        if told.pid == process.pid and process.running:
            uptime = int(time.time() - worker.since)
            shown = replace(shown, state=worker.state, uptime=uptime, restarts=worker.restarts)
        yield shown


def _file(home: Path, program: str) -> Path:
    return home / FOLDER / f"{program}.json"


def _told(file: Path) -> Workers | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Workers)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
