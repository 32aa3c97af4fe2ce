"""A guest's events as an account's: copies that come out the same however often they are made."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import msgspec

from domain.player_events.corrections import PlayerVoided, correcting
from domain.player_events.event import PlayerEvent

FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""Between these is all that a guest has done and will be said to have done."""


def copy_of(event: PlayerEvent, into: str) -> PlayerEvent:
    """The event as the account's, with its own times.

    It has one id for each event of one id and time of ingestion, so it counts once.
    """
    taken = event.ingested_at.astimezone(UTC).isoformat()
    return msgspec.structs.replace(
        event,
        event_id=_id("event", into, event.player_id, event.event_id, taken),
        player_id=into,
        minted=False,
        partition=-1,
        offset=-1,
    )


def void_id(guest: str, into: str) -> str:
    """What the void is called that a merge leaves behind; there is one."""
    return _id("void", into, guest)


def void_of(guest: str, into: str, *, by: str, at: datetime) -> PlayerEvent:
    """The record by which nothing of a guest counts any more, nor ever will.

    It is archived as often as it is said, since somebody may have taken it back in between.
    """
    said = PlayerVoided(since=FIRST, until=LAST, by=by, reason=f"merged into {into}")
    void = correcting(guest, said, event_id=void_id(guest, into), at=at)
    return msgspec.structs.replace(void, minted=True)


def _id(*names: str) -> str:
    """No name has a slash."""
    return str(uuid5(NAMESPACE_URL, f"urn:gamehall:merged:{'/'.join(names)}"))
