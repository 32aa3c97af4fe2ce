"""A command that somebody waits for."""

from collections.abc import Callable, Collection, Sequence
from typing import NoReturn

import msgspec

from application.ports.commands import Done, Envelope


class PendingCommand(msgspec.Struct, frozen=True, gc=False):
    """A command, and whom to answer."""

    envelope: Envelope
    done: Done


Absent = Callable[[PendingCommand, Sequence[int], float], None]
"""Is told of a command for an aggregate that may be at these offsets of the snapshots, and of the
time; has it executed again once it has looked."""

BringBack = Callable[[Collection[str]], None]
"""Is told the ids of aggregates that have changed since they were evicted; brings them back."""


def nothing_is_evicted(
    pending: PendingCommand, offsets: Sequence[int], monotonic: float
) -> NoReturn:
    """Take no command: for a shard of which nothing is evicted."""
    raise NotImplementedError(f"{pending.envelope.command.aggregate_id!r} cannot be brought back.")


def nobody_brings_back(ids: Collection[str]) -> None:
    """Take the ids, and bring nothing back: what happens to the aggregates goes on waiting."""
