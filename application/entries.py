"""What people are told of what happens: each feature says it of its own events.

A feature declares it in `application.<its word>.feed`, as `FEED`; the process `feed` finds it there
by the feature's word, and adds it to the feeds of those whom it is for.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import NamedTuple

from domain.events import DomainEvent
from domain.snapshot import State


class NewEntry(NamedTuple):
    """What somebody is told: `kind` says what, and `about` by its id, what it is about.

    `other` is somebody else whom it is about. `data` are ids and numbers, and no text of anybody.
    A `pending` one asks for something, and is read once an `EntrySettled` of its kind says that
    about the same thing; there is no second one as long as it is unread.
    """

    user_id: str
    kind: str
    about: str
    other: str | None = None
    data: Mapping[str, str | int] = {}
    pending: bool = False


class EntrySettled(NamedTuple):
    """What a pending entry asks somebody for is done, or is not to be done any more."""

    user_id: str
    kind: str
    about: str


class Remembered(State, frozen=True, kw_only=True, tag="feed.remembered-snapshot.v1"):
    """What a feature has to know of earlier events: ids of people, and a text in its own words."""

    people: Sequence[str]
    text: str = ""


Memory = MutableMapping[str, Remembered]
"""What a feature remembers, by keys of its own. Entries are replaced, never changed."""

Tell = Callable[[DomainEvent, Memory], Sequence[NewEntry | EntrySettled]]
"""What an event leads to; pure, but for what it remembers. An event that comes again after it was
remembered changes nothing any more."""


class Tellings(NamedTuple):
    """What a feature tells people: the topics that it follows, and what their events lead to."""

    topics: tuple[str, ...]
    tell: Tell
