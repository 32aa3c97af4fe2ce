"""What can be asked of a person's feed."""

from typing import Annotated

import msgspec

from domain.aggregate import Command
from domain.feed.window import MOST_AT_ONCE
from domain.keys import Key

MOST_NUMBERS = 1_000
"""Entries that may be named one by one in a command."""

MOST_DATA = 8

Kind = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9-]*$(?!\n)")]
"""What an entry tells: `queue-ready`, `game-found`, `your-move`, and what features declare."""

Datum = Annotated[str, msgspec.Meta(max_length=200)]

EventPlace = Annotated[
    str,
    msgspec.Meta(
        max_length=100,
        pattern=r"^[a-z]+(-[a-z]+)*-log/[0-9]{1,9}@[0-9]{1,18}$(?!\n)",
        examples=["game-log/3@17"],
    ),
]
"""The position of an event."""

Number = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
"""Of an entry, from 1."""

UpTo = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""The number of the last entry that is meant with all before it; 0 means none."""

Numbers = Annotated[list[Number], msgspec.Meta(max_length=MOST_NUMBERS)]
"""Of entries, one by one."""


class FeedCommand(Command, frozen=True, kw_only=True):
    """A command for the feed of one person."""

    user_id: Key

    @property
    def aggregate_id(self) -> str:
        """The person."""
        return self.user_id


class AddEntry(FeedCommand, frozen=True, kw_only=True, tag="feed.add"):
    """Tell a person something, once; what the fields mean, see `EntryAdded`."""

    by_hall = True

    kind: Kind
    about: Key
    other: Key | None = None
    data: Annotated[dict[Kind, Datum | int], msgspec.Meta(max_length=MOST_DATA)] = msgspec.field(
        default_factory=dict
    )
    pending: bool = False
    source: EventPlace
    index: Annotated[int, msgspec.Meta(ge=0, lt=MOST_AT_ONCE)] = 0


class SettleEntry(FeedCommand, frozen=True, kw_only=True, tag="feed.settle"):
    """What a pending entry asks for was done, or is not to be done any more, by this event."""

    by_hall = True

    kind: Kind
    about: Key
    source: EventPlace


class SeeEntries(FeedCommand, frozen=True, kw_only=True, tag="feed.see"):
    """The person has seen that there are entries, up to this number."""

    up_to: UpTo


class ReadEntries(FeedCommand, frozen=True, kw_only=True, tag="feed.read"):
    """The person has read all entries up to a number, and those of other numbers."""

    up_to: UpTo = 0
    numbers: Numbers = msgspec.field(default_factory=list)


class ArchiveEntries(FeedCommand, frozen=True, kw_only=True, tag="feed.archive"):
    """The person needs all entries up to a number, and those of other numbers, no more."""

    up_to: UpTo = 0
    numbers: Numbers = msgspec.field(default_factory=list)


class LookAtFeed(FeedCommand, frozen=True, kw_only=True, tag="feed.look"):
    """Tell how the feed stands; changes nothing."""


class ConfirmFeed(LookAtFeed, frozen=True, kw_only=True, tag="feed.confirm"):
    """The same, by who certainly owns the shard; it takes an empty record."""

    confirmed = True
