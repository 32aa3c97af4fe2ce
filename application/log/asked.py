"""A command that somebody waits for."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

from application.ports.commands import Verdict
from domain.aggregate import Command
from domain.events import Metadata

Done = Callable[[Verdict], None]


class Asked(NamedTuple):
    """A command, and whom to answer."""

    command: Command
    command_id: str
    metadata: Metadata
    done: Done


Absent = Callable[[Asked, Sequence[int], float], None]
"""Is told of a command for an aggregate that may be at these offsets of the snapshots, and of the
time; has it executed again once it has looked."""


def nothing_is_evicted(asked: Asked, offsets: Sequence[int], monotonic: float) -> NoReturn:
    """Take no command: for a shard of which nothing is evicted."""
    raise NotImplementedError(f"{asked.command.aggregate_id!r} cannot be brought back.")
