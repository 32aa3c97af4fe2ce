"""What can happen in a person's feed. Stream key: the person's id."""

from typing import Literal

import msgspec

from domain.events import DomainEvent
from domain.feed.ranges import Range
from domain.personal import PersonId, ThingId

Because = Literal["read", "settled", "archived", "crowded"]
"""Why entries count as read: the person has read them; what they ask for is done; they went to the
archive; or so many had come after them that they went there by themselves."""


class EntryAdded(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="feed.entry-added.v1"
):
    """The person was told something: `kind` says what, and `about` by its id, what it is about.

    `number` counts the feed's entries from 1, without gaps. `other` is somebody else whom it is
    about. `data` are ids and numbers, never a text of anybody. A `pending` one asks for something,
    and is read when that is done. `source` is the position of the event that led to it, of whose
    entries for this person it is the one at `index`.
    """

    number: int
    kind: ThingId
    about: ThingId
    other: PersonId | None = None
    data: dict[ThingId, ThingId | int] = msgspec.field(default_factory=dict)
    pending: bool = False
    source: ThingId
    index: int = 0


class EntriesSeen(DomainEvent, frozen=True, kw_only=True, tag="feed.entries-seen.v1"):
    """The person has seen that there are entries, up to this number."""

    up_to: int


class EntriesRead(DomainEvent, frozen=True, kw_only=True, tag="feed.entries-read.v1"):
    """Entries are unread no more: by kind, ranges of numbers, all of which were unread."""

    numbers: dict[ThingId, list[Range]]
    because: Because


class EntriesArchived(DomainEvent, frozen=True, kw_only=True, tag="feed.entries-archived.v1"):
    """Entries stand in the archive: ranges of numbers, none of which stood there before."""

    numbers: list[Range]
