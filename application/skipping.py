"""What an operator lets a consumer pass over is not there for it."""

from collections.abc import Collection

from application.ports.reading import Batch, LogReader
from domain.events import Position


class SkippingReader:
    """A `LogReader` that leaves out what is at some positions, and moves on past them.

    A rebuild and a comparison read through one as well, so that they come to the same.
    """

    def __init__(self, reader: LogReader, skipped: Collection[Position]) -> None:
        self._reader = reader
        self._skipped = frozenset(skipped)
        self.start = reader.start
        self.held = reader.held
        self.take_up = reader.take_up
        self.ends = reader.ends
        self.checkpoints = reader.checkpoints
        self.acknowledge = reader.acknowledge
        self.close = reader.close

    def read(self, limit: int, timeout: float) -> Batch:
        """See the port."""
        batch = self._reader.read(limit, timeout)
        kept = [event for event in batch.events if event.position not in self._skipped]
        return batch._replace(events=kept)
