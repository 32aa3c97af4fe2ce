"""A player's event, as it stands in the topic `player.events.raw`."""

from datetime import datetime
from typing import Annotated

import msgspec

from domain.events import Position
from domain.keys import KEY_PATTERN

TOPIC = "player.events.raw"
"""Keyed by `player_id`, so that the events of one player keep their order."""

Name = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=100, extra_json_schema={"pattern": KEY_PATTERN}),
]
"""What event types, players and games are called. The pattern is for readers of the schema: with a
hundred thousand names a second, whoever takes them in looks at the characters of all at once."""

Timestamp = Annotated[datetime, msgspec.Meta(tz=True)]


def nothing() -> msgspec.Raw:
    """The data of an event that has none."""
    return msgspec.Raw(b"{}")


class PlayerEvent(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """What a player did, at `timestamp` by the game's clock.

    `event_id` is a UUID in its canonical form. `minted` says that Gamehall made it for this record
    alone, so no other record has it; ids that came from outside may come again. `data` is JSON.

    `partition` and `offset` are where it was found in the topic; they are not written.
    """

    event_id: str
    event_type: Name
    player_id: Name
    game_id: Name
    timestamp: Timestamp
    ingested_at: Timestamp
    data: msgspec.Raw = msgspec.field(default_factory=nothing)
    minted: bool = False
    partition: int = -1
    offset: int = -1

    @property
    def position(self) -> Position:
        """Its place; the sequence numbers of this topic are its offsets."""
        return Position(TOPIC, self.partition, self.offset)

    @property
    def happened_at(self) -> datetime:
        """The time that counts for periods: a clock that is ahead does not reach the future."""
        return min(self.timestamp, self.ingested_at)
