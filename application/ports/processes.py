"""Process managers: where it is kept what they remember, and how far they have come."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from application.ports.reading import Checkpoint


class StoredState(NamedTuple):
    """What is stored of a state: entries of one kind, in JSON by key.

    As they were written, their number was `size`, and the offsets at which the process stood added
    up to `offsets`. An offset never goes back, so a sum that is the same means the same offsets.
    """

    kind: str
    offsets: int
    size: int
    entries: Mapping[str, str]


class StateChanges(NamedTuple):
    """What makes a stored state one that stands at `offsets` and has `size` entries.

    An entry of None is to go. What `is_whole` takes the place of all that is stored.
    """

    kind: str
    offsets: int
    size: int
    entries: Mapping[str, bytes | None]
    is_whole: bool


class Standing(NamedTuple):
    """Where a process stands, and what it remembers; None where nothing is stored of that."""

    checkpoints: Sequence[Checkpoint]
    state: StoredState | None


class ProcessStore(Protocol):
    """Where a process manager has got to, and its state there; written as one."""

    def load(self) -> Standing:
        """Where it stood last; at the very first start, nowhere."""

    def save(self, checkpoints: Sequence[Checkpoint], changes: StateChanges | None) -> None:
        """Everything before these has had its effects; a state without changes is left as it was.

        Raises `PositionConflict` where another process has stored a state meanwhile, and then
        nothing has changed.
        """
