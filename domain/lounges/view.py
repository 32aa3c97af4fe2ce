"""How a lounge stands, and how somebody stands in it."""

from datetime import datetime
from typing import Literal

import msgspec

from domain.lounges.commands import Access

LoungeRole = Literal["owner", "moderator"]


class LoungeView(msgspec.Struct, frozen=True, kw_only=True):
    """A room, and how many are in; `entries` counts all who ever came in."""

    room_id: str
    owner: str
    access: Access
    capacity: int
    players: int
    entries: int
    closed: bool


class LoungeStander(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a room, since when, and the tile on which they last stood still."""

    user_id: str
    since: datetime
    x: int
    y: int


class LoungeLook(msgspec.Struct, frozen=True, kw_only=True):
    """A room with its floor, and who is in it, in the order in which they came."""

    room_id: str
    owner: str
    capacity: int
    plan: str
    moderators: list[str]
    people: list[LoungeStander]
    closed: bool


class LoungePerson(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody stands in a room.

    `since` when they are in, and where; all are null while they are out. `muted_until` and
    `barred_until` are null where that is over, or never was.
    """

    room_id: str
    user_id: str
    role: LoungeRole | None
    invited: bool
    since: datetime | None
    x: int | None
    y: int | None
    muted_until: datetime | None
    barred_until: datetime | None
