"""What the log says, to one who sees all that is committed at every moment."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from application.ports.reading import Checkpoint
from tests.eventlog.counter import COUNTERS
from tests.eventlog.simulation.broker import Entry
from tests.eventlog.simulation.code import Code


class Reign(NamedTuple):
    """An accepted claim: from `offset` on `owner` decides, on the events before `next_seq`."""

    owner: str
    epoch: int
    offset: int
    next_seq: int


class Truth:
    """Folds the committed records by the same rules as every reader of the log."""

    def __init__(self, code: Code) -> None:
        self._claim = code.Claim
        self._gate = code.Gate()
        self._codec = code.Codec(COUNTERS)
        self.offset = 0
        self.commits: list[Any] = []
        """The accepted commits that hold events."""
        self.reigns: list[Reign] = []

    def follow(self, committed: Sequence[Entry]) -> Sequence[Any]:
        """Read what has been committed since the last time; gives the new accepted commits."""
        before = len(self.commits)
        for entry in committed[self.offset :]:
            self._take(self._codec.decode(entry.value))
            self.offset += 1
        return self.commits[before:]

    def _take(self, record: Any) -> None:
        if isinstance(record, self._claim):
            if self._gate.claim(record.epoch, record.owner):
                self.reigns.append(
                    Reign(record.owner, record.epoch, self.offset, self._gate.next_seq)
                )
        elif (
            self._gate.commit(record.epoch, record.owner, record.seq, len(record.events))
            and record.events
        ):
            self.commits.append(record)

    @property
    def reached(self) -> Checkpoint:
        """How far the log has been read by now."""
        gate = self._gate
        return Checkpoint("counter-log", 0, self.offset, gate.epoch, gate.owner, gate.next_seq)

    def is_owner(self, owner: str, epoch: int) -> bool:
        """Whether nobody has taken the shard since this claim was accepted."""
        return (self._gate.owner, self._gate.epoch) == (owner, epoch)

    def reign(self, owner: str, epoch: int, next_offset: int) -> tuple[Reign, Reign | None] | None:
        """The reign that a process has read of up to `next_offset`, and the one after it."""
        for i in reversed(range(len(self.reigns))):
            reign = self.reigns[i]
            if (reign.owner, reign.epoch) == (owner, epoch) and reign.offset < next_offset:
                return reign, self.reigns[i + 1] if i + 1 < len(self.reigns) else None
        return None
