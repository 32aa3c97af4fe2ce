"""What happens in a lounge.

Who comes and goes is told with how many `players` are in then; what ends by itself, with when.
"""

from datetime import datetime
from typing import Literal

from domain.events import DomainEvent
from domain.lounges.commands import Access
from domain.personal import PersonId, Sealed, ThingId

Reason = Literal["left", "elsewhere", "kicked", "banned", "closed"]
"""Why somebody is out; `elsewhere`: they have joined another lounge."""


class LoungeOpened(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="lounge.opened.v1"
):
    """`owner` has opened the lounge; `plan` is its floor."""

    owner: PersonId
    capacity: int
    access: Access
    plan: ThingId
    name: Sealed | None = None


class LoungeClosed(DomainEvent, frozen=True, kw_only=True, tag="lounge.closed.v1"):
    """It is closed for good, and everybody is out."""


class LoungeJoined(DomainEvent, frozen=True, kw_only=True, tag="lounge.joined.v1"):
    """Somebody has come in, and stands at the door; `entries` counts all who ever came in."""

    user_id: PersonId
    x: int
    y: int
    players: int
    entries: int


class LoungeLeft(DomainEvent, frozen=True, kw_only=True, tag="lounge.left.v1"):
    """Somebody is out."""

    user_id: PersonId
    reason: Reason
    players: int


class TileSettled(DomainEvent, frozen=True, kw_only=True, tag="lounge.tile-settled.v1"):
    """Somebody has walked there, and stands."""

    user_id: PersonId
    x: int
    y: int


class PersonInvited(DomainEvent, frozen=True, kw_only=True, tag="lounge.invited.v1"):
    """Somebody may come in, also where not everybody may."""

    user_id: PersonId
    by: PersonId


class ModeratorAppointed(DomainEvent, frozen=True, kw_only=True, tag="lounge.moderator-made.v1"):
    """Somebody is a moderator."""

    user_id: PersonId
    by: PersonId


class ModeratorDismissed(DomainEvent, frozen=True, kw_only=True, tag="lounge.moderator-gone.v1"):
    """Somebody is a moderator no more."""

    user_id: PersonId
    by: PersonId


class PersonMuted(DomainEvent, frozen=True, kw_only=True, tag="lounge.muted.v1"):
    """Somebody may say nothing until then."""

    user_id: PersonId
    by: PersonId
    until: datetime


class PersonUnmuted(DomainEvent, frozen=True, kw_only=True, tag="lounge.unmuted.v1"):
    """Somebody may speak again."""

    user_id: PersonId
    by: PersonId


class PersonKicked(DomainEvent, frozen=True, kw_only=True, tag="lounge.kicked.v1"):
    """Somebody was sent out, and may not come in until then."""

    user_id: PersonId
    by: PersonId
    until: datetime


class PersonBanned(DomainEvent, frozen=True, kw_only=True, tag="lounge.banned.v1"):
    """Somebody may not come in until then, and is neither invited nor a moderator any more."""

    user_id: PersonId
    by: PersonId
    until: datetime


class PersonUnbanned(DomainEvent, frozen=True, kw_only=True, tag="lounge.unbanned.v1"):
    """Somebody may come in again."""

    user_id: PersonId
    by: PersonId
