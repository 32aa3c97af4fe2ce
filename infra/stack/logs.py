"""The logs of a hall's programs: files in its home, which the supervisor rotates."""

import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from infra.errors import SetupError
from infra.stack.workers import program_of


class LogLine(NamedTuple):
    """What a program wrote, without the end of the line."""

    program: str
    text: str


WORKER = re.compile(r'"worker": "([^"]+)"')
"""Whose line it is, in the log of a process that several workers share."""


class LogFile:
    """One log, read from its last lines on; only the lines of one program, where one is named.

    What a program writes that is no line of one of its workers is for all of them.
    """

    def __init__(self, path: Path, only: str | None = None) -> None:
        self._only = only
        self._path = path
        self._file = path.open(errors="replace")
        self._begun = ""

    def last(self, lines: int) -> Iterator[str]:
        """Read up to the end, and give the last so many lines."""
        yield from deque(self._whole_lines(), lines)

    def new(self) -> Iterator[str]:
        """Give what was written since; also where the file has been put aside and begun anew."""
        yield from self._whole_lines()
        if self._is_another():
            self._file.close()
            self._file = self._path.open(errors="replace")
            yield from self._whole_lines()

    def _whole_lines(self) -> Iterator[str]:
        for piece in self._file:
            self._begun += piece
            if piece.endswith("\n"):
                line, self._begun = self._begun.rstrip("\n"), ""
                if self._only is None or _writer(line, self._only) == self._only:
                    yield line

    def _is_another(self) -> bool:
        there, read = self._path, os.fstat(self._file.fileno())
        return there.exists() and not os.path.samestat(there.stat(), read)


Logs = Mapping[str, LogFile]


def opened(folder: Path, name: str | None, hosts: Mapping[str, str]) -> Logs:
    """Open the log of one program, or of all; `hosts` say in whose log others write.

    Raises `SetupError` where there is none.
    """
    found = {path.stem: path for path in sorted(folder.glob("*.log"))}
    if not found:
        raise SetupError(f"There are no logs in {folder} yet; start the hall with `gamehall up`.")
    if name is None:
        return {each: LogFile(path) for each, path in found.items()}
    path = found.get(hosts.get(name, name))
    if path is None:
        known = ", ".join([*found, *hosts])
        raise SetupError(f"There is no log of {name} in {folder}, but of {known}.")
    return {name: LogFile(path, name if name in hosts else None)}


def last(logs: Logs, lines: int) -> Iterator[LogLine]:
    """Give the last lines of each log, one log after the other."""
    for program, log in logs.items():
        yield from (LogLine(_writer(text, program), text) for text in log.last(lines))


def follow(logs: Logs, pause: Callable[[], object]) -> Iterator[LogLine]:
    """Give what is written from now on, for ever; `pause` is called before each look."""
    while True:
        pause()
        for program, log in logs.items():
            yield from (LogLine(_writer(text, program), text) for text in log.new())


def _writer(line: str, program: str) -> str:
    """The program that a line is of: a worker that shares a process says its name in each."""
    found = WORKER.search(line)
    return program_of(found[1]) if found else program
