"""What snapshots of lounges hold."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from domain.lounges.commands import Access
from domain.personal import Sealed
from domain.snapshot import State


class LoungeTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a lounge was opened with."""

    owner: str
    name: Sealed | None
    capacity: int
    access: Access
    plan: str


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is in, since when, and where."""

    since: datetime
    x: int
    y: int


class LoungeState(State, frozen=True, kw_only=True, tag="lounge.snapshot.v1"):
    """A lounge as it stands; people are in it in the order in which they came."""

    terms: LoungeTerms | None
    inside: Mapping[str, Inside]
    entries: int
    moderators: Sequence[str]
    invited: Sequence[str]
    muted: Mapping[str, datetime]
    barred: Mapping[str, datetime]
    closed: bool
