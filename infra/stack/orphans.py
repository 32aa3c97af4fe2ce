"""Processes that outlived a killed supervisor: found by the mark in their environment."""

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from infra.stack.program import MARK, NAMED, SupervisedProcess

STOP_TIMEOUT_S = 60
SERVERS = ("kafka", "postgres", "valkey")


def find(home: Path) -> list[psutil.Process]:
    """List every process of this hall, the supervisor's included."""
    found = (_marked(process, str(home)) for process in psutil.process_iter())
    return [process for process in found if process and process.pid != os.getpid()]


def programs(home: Path) -> list[SupervisedProcess]:
    """Say which programs of this hall still run, when nobody supervises them; the oldest first."""
    oldest: dict[str, SupervisedProcess] = {}
    for process in sorted(find(home), key=psutil.Process.create_time):
        name = _name(process)
        if name and name not in oldest:
            uptime = int(time.time() - process.create_time())
            oldest[name] = SupervisedProcess(name, "", "UNSUPERVISED", process.pid, uptime)
    return list(oldest.values())


def make_way(processes: Iterable[psutil.Process]) -> None:
    """Stop all for somebody who waits for a start: only servers are given time.

    Our own processes may die at any moment, since what they have answered is in the log.
    """
    rest = list(processes)
    for process in rest:
        if _name(process) not in SERVERS:
            _signal(process, signal.SIGKILL)
    stop(rest)


def stop(processes: Iterable[psutil.Process]) -> None:
    """Stop what uses the servers first, then the servers, then by force whatever is left."""
    rest = list(processes)
    servers = [process for process in rest if _name(process) in SERVERS]
    for group in ([process for process in rest if process not in servers], servers):
        for process in group:
            # PostgreSQL: the fast shutdown, which does not wait for its clients to leave.
            _signal(process, signal.SIGINT if _name(process) == "postgres" else signal.SIGTERM)
        psutil.wait_procs(group, timeout=STOP_TIMEOUT_S)
    for process in rest:
        if process.is_running():
            process.kill()
    psutil.wait_procs(rest, timeout=STOP_TIMEOUT_S)


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _name(process: psutil.Process) -> str:
    return str(_environment(process).get(NAMED, ""))


def _marked(process: psutil.Process, home: str) -> psutil.Process | None:
    return process if _environment(process).get(MARK) == home else None


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return {}
