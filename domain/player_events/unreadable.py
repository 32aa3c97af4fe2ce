"""What stands in the topic of players' events and is none."""

from typing import NamedTuple

from domain.events import Position
from domain.player_events.event import TOPIC


class UnreadableRecord(NamedTuple):
    """A record that could not be read as a `PlayerEvent`, and why."""

    partition: int
    offset: int
    key: str
    value: bytes | None
    reason: str

    @property
    def position(self) -> Position:
        """Its place."""
        return Position(TOPIC, self.partition, self.offset)
