"""What is sent to rooms, and what is told of them."""

from datetime import datetime
from typing import Annotated

import msgspec

from domain.lounges.commands import Access, LoungeCapacity, Seconds
from domain.lounges.floor import PlanText
from domain.lounges.view import LoungeStander
from domain.personal import PersonalText
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.services import services_of
from projections.lounges.queries import EntriesOfDay, LoungeRow, LoungeStanding

USUAL_PLAN = "\n".join(["0" * 10] * 10)
"""A square of a hundred tiles, for who has no plan."""

USUAL_CAPACITY = 25


class LoungeOpening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A room to open; its floor is drawn with a digit for each tile, its height, or `x` for none.

    People come in at the first tile, row by row.
    """

    name: Annotated[PersonalText, msgspec.Meta(examples=["Night owls"])]
    capacity: LoungeCapacity = USUAL_CAPACITY
    access: Access = "public"
    plan: PlanText = USUAL_PLAN


class ForSeconds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long; ten years are the most, and as good as ever."""

    seconds: Annotated[Seconds, msgspec.Meta(examples=[600])]


class LoungeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A room; `players` are in it, and `entries` counts how often somebody came in.

    Its name is null where it has none, or who has opened it is erased.
    """

    room_id: str
    name: str | None
    owner: str
    access: Access
    capacity: int
    players: int
    entries: int
    opened_at: datetime
    closed: bool


class LoungeDetails(LoungeRecord, frozen=True, kw_only=True):
    """A room with its floor, and who is in it, in the order in which they came."""

    plan: str
    people: list[LoungeStander]
    moderators: list[str]


class LoungeList(msgspec.Struct, frozen=True, kw_only=True):
    """Some rooms, the newest first; with `before`, there are more."""

    rooms: list[LoungeRecord]
    before: str | None


class OwnLounges(msgspec.Struct, frozen=True, kw_only=True):
    """The open rooms of somebody, and the room in which they are.

    While they go from one to another they may be in both, the one that they have come into first.
    """

    opened: list[LoungeRecord]
    inside: list[str]


class LoungeStandings(msgspec.Struct, frozen=True, kw_only=True):
    """Who is a moderator of a room, who is invited, and until when who is muted or kept out."""

    people: list[LoungeStanding]


class LoungeEntries(msgspec.Struct, frozen=True, kw_only=True):
    """How often people came into a room, the latest day first."""

    days: list[EntriesOfDay]


def record_of(request: Request, row: LoungeRow) -> LoungeRecord:
    """A room as it is told."""
    return LoungeRecord(
        room_id=row.room_id,
        name=None if row.name is None else services_of(request).seals.open(row.name),
        owner=row.owner,
        access=row.access,
        capacity=row.capacity,
        players=row.players,
        entries=row.entries,
        opened_at=row.opened_at,
        closed=row.closed,
    )
