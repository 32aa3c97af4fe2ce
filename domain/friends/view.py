"""How it stands between two people, as one of them sees it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

Relation = Literal["none", "requested", "asked", "friends"]
"""`requested`: one has asked and waits; `asked`: the other has asked and waits."""


class FriendView(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is to whom is asking, and since when; `blocked`: by who is asking.

    Whether the other has blocked who is asking does not show.
    """

    user_id: str
    relation: Relation
    since: datetime | None
    blocked: bool


class PresenceView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody is `hidden`: nobody is told then whether they are there."""

    hidden: bool


class RelationshipView(msgspec.Struct, frozen=True, kw_only=True):
    """What the hall knows of two people: whether they are friends, and who blocks the other."""

    friends: bool
    blockers: Sequence[str]
