"""A process that the supervisor keeps alive: as it is told, and as it is found."""

import os
from dataclasses import dataclass
from pathlib import Path

MARK = "GAMEHALL_SUPERVISED"
"""In the environment of every process of a hall: its home."""

NAMED = "SUPERVISOR_PROCESS_NAME"
"""There as well: which program it is."""

JAVA_OPTIONS = "JDK_JAVA_OPTIONS"
"""Options for Java, as it finds them by itself."""

NEEDED = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", JAVA_OPTIONS)
"""What any program may need of an environment."""


def bare_environment() -> dict[str, str]:
    """Give what a server is told of our environment, where the hall's secrets may stand."""
    return {name: os.environ[name] for name in NEEDED if name in os.environ}


@dataclass(frozen=True, slots=True)
class Program:
    """A command with the folder it runs in and the way it wants to be stopped.

    One that is `bare` is told no more of our environment than `bare_environment`.
    """

    name: str
    command: tuple[str, ...]
    directory: Path | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    user: str | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class ProgramGroup:
    """Programs that start and stop together; lower priorities start first and stop last."""

    name: str
    priority: int
    programs: tuple[Program, ...]


@dataclass(frozen=True, slots=True)
class SupervisedProcess:
    """A process of a hall as it is now; UNSUPERVISED where its supervisor was killed."""

    name: str
    group: str
    state: str
    pid: int | None
    uptime: int
    restarts: int = 0  # of a worker beside others, within their process

    @property
    def running(self) -> bool:
        """Whether the process has come up and stays up."""
        return self.state == "RUNNING"

    @property
    def failing(self) -> bool:
        """Whether the process ended as soon as it was started."""
        return self.state in {"BACKOFF", "FATAL"}
