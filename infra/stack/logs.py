"""The logs of a hall's programs: files in its home, which the supervisor rotates."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from infra.errors import SetupError


class LogLine(NamedTuple):
    """What a program wrote, without the end of the line."""

    program: str
    text: str


class LogFile:
    """One log, read from its last lines on."""

    def __init__(self, path: Path) -> None:
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
                yield self._begun.rstrip("\n")
                self._begun = ""

    def _is_another(self) -> bool:
        there, read = self._path, os.fstat(self._file.fileno())
        return there.exists() and not os.path.samestat(there.stat(), read)


Logs = Mapping[str, LogFile]


def opened(folder: Path, name: str | None) -> Logs:
    """Open the log of one program, or of all; raises `SetupError` where there is none."""
    found = {path.stem: path for path in sorted(folder.glob("*.log"))}
    if not found:
        raise SetupError(f"There are no logs in {folder} yet; start the hall with `gamehall up`.")
    if name is not None and name not in found:
        raise SetupError(f"There is no log of {name} in {folder}, but of {', '.join(found)}.")
    return {each: LogFile(path) for each, path in found.items() if name in {None, each}}


def last(logs: Logs, lines: int) -> Iterator[LogLine]:
    """Give the last lines of each log, one log after the other."""
    for program, log in logs.items():
        yield from (LogLine(program, text) for text in log.last(lines))


def follow(logs: Logs, pause: Callable[[], object]) -> Iterator[LogLine]:
    """Give what is written from now on, for ever; `pause` is called before each look."""
    while True:
        pause()
        for program, log in logs.items():
            yield from (LogLine(program, text) for text in log.new())
