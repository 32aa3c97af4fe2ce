"""The machine that is measured on, and the processes of a hall on it."""

import os
import timeit
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain

import psutil

from infra.stack.supervise import Supervisor
from interfaces.settings import Settings

TURNS = 1_000_000


def machine() -> str:
    """How many cores there are, and how fast: on a calm machine a turn takes 15 to 30 ns."""
    turn_ns = 1e9 * min(timeit.repeat(f"for _ in range({TURNS}): pass", number=1)) / TURNS
    return f"{os.cpu_count()} cores; a turn of a plain loop takes {turn_ns:.0f} ns"


def programs(settings: Settings) -> Mapping[str, psutil.Process]:
    """The running programs of a hall, by name; workers that share a process are one."""
    found = Supervisor(settings.home).processes()
    return {each.name: psutil.Process(each.pid) for each in found if each.pid is not None}


def worked_s(program: psutil.Process) -> float:
    """The processor time of a program since its start, with that of its children, dead or alive."""
    family = [program, *program.children(recursive=True)]
    return sum(chain.from_iterable(map(_times, family)))


def _times(process: psutil.Process) -> tuple[float, ...]:
    with suppress(psutil.NoSuchProcess):
        return tuple(process.cpu_times()[:4])
    return ()


@contextmanager
def frozen(processes: Collection[psutil.Process]) -> Iterator[None]:
    """Let processes stand still for as long as the block takes."""
    for each in processes:
        each.suspend()
    try:
        yield
    finally:
        for each in processes:
            each.resume()
