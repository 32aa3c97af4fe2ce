"""One process that the supervisor keeps alive."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Program:
    """A command with the folder it runs in and the way it wants to be stopped."""

    name: str
    command: tuple[str, ...]
    directory: Path | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    user: str | None = None


@dataclass(frozen=True, slots=True)
class ProgramGroup:
    """Programs that start and stop together; lower priorities start first and stop last."""

    name: str
    priority: int
    programs: tuple[Program, ...]
