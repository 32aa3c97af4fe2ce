"""What corrects players' events: records of Gamehall's own, which stand among them by player.

A correction changes what was recorded before it; whoever folds the events counts that player again
from the archive, without what is voided and with what was replaced. Later corrections go on from
there, so an order of a player's corrections is all that matters, and repeating one changes nothing.
"""

from datetime import datetime

import msgspec

from domain.personal import OpenText, PersonId, ThingId
from domain.player_events.event import PlayerEvent

RESERVED = "gamehall."
"""What the types of events begin with that only Gamehall itself writes."""

VOIDED = f"{RESERVED}player_voided"
RESTORED = f"{RESERVED}player_restored"
REPLACED = f"{RESERVED}event_replaced"
ERASED = f"{RESERVED}player_erased"

GAME = "gamehall"
"""What stands in the place of a game, since a correction is of none."""


class PlayerVoided(msgspec.Struct, frozen=True, kw_only=True):
    """The player's events from `since` until before `until` count on no board and in no statistics.

    They are kept. Other families know nothing of it: a game that was won stays won.
    """

    since: datetime
    until: datetime
    by: PersonId
    reason: OpenText = ""

    def covers(self, happened_at: datetime) -> bool:
        """Whether an event of this time is voided."""
        return self.since <= happened_at < self.until


class PlayerRestored(msgspec.Struct, frozen=True, kw_only=True):
    """What the void with this `event_id` took away counts again."""

    void: ThingId
    by: PersonId


class EventReplaced(msgspec.Struct, frozen=True, kw_only=True):
    """The event stands in the place of the one of its player with its id and time of ingestion.

    Where the archive has none, the event is added.
    """

    event: PlayerEvent
    by: PersonId


class PlayerErased(msgspec.Struct, frozen=True, kw_only=True):
    """Whatever was said of the player before, and in this partition, is forgotten.

    That something happened stays, and of its data the numbers that are counted (`COUNTED`). There
    is one in each partition, since not everybody who writes to the topic keeps to Kafka's own way
    to choose one.
    """

    by: PersonId


Correction = PlayerVoided | PlayerRestored | EventReplaced | PlayerErased

SHAPES: dict[str, type[Correction]] = {
    VOIDED: PlayerVoided,
    RESTORED: PlayerRestored,
    REPLACED: EventReplaced,
    ERASED: PlayerErased,
}
CORRECTIONS = frozenset(SHAPES)

_names = {shape: name for name, shape in SHAPES.items()}
_decoders = {name: msgspec.json.Decoder(shape) for name, shape in SHAPES.items()}


def correction_of(event: PlayerEvent) -> Correction:
    """What a record of a type in `CORRECTIONS` says; raises `msgspec.ValidationError`."""
    return _decoders[event.event_type].decode(event.data)


def replacement(correction: PlayerEvent) -> PlayerEvent:
    """The event that a record of the type `REPLACED` puts in place, standing where that stands."""
    said = correction_of(correction)
    assert isinstance(said, EventReplaced)
    return msgspec.structs.replace(
        said.event, partition=correction.partition, offset=correction.offset
    )


def correcting(player_id: str, said: Correction, *, event_id: str, at: datetime) -> PlayerEvent:
    """The record of a correction; `event_id` is a new UUID, `at` is now."""
    return PlayerEvent(
        event_id=event_id,
        event_type=_names[type(said)],
        player_id=player_id,
        game_id=GAME,
        timestamp=at,
        ingested_at=at,
        data=msgspec.Raw(msgspec.json.encode(said)),
    )


def replacing(event: PlayerEvent, *, by: str, event_id: str, at: datetime) -> PlayerEvent:
    """The record that puts an event in its own place, or in that of what it was before."""
    placeless = msgspec.structs.replace(event, partition=-1, offset=-1)  # not written
    said = EventReplaced(event=placeless, by=by)
    return correcting(event.player_id, said, event_id=event_id, at=at)
