"""A feed as a snapshot has it: counts and ranges, and none of its entries."""

from collections.abc import Mapping, Sequence

import msgspec

from domain.feed.ranges import Range
from domain.snapshot import State


class PendingState(msgspec.Struct, frozen=True, kw_only=True):
    """An unread entry that asks for something, and the position of what led to it."""

    number: int
    source: str


class FeedState(State, frozen=True, kw_only=True, tag="feed.snapshot.v1"):
    """A feed as it stands.

    `open` are the numbers of entries that are not in the archive, `unread` those of each kind that
    are not read; `pending` by a digest of what it is about, and `known` by shard, what led to
    entries.
    """

    newest: int
    seen: int
    open: Sequence[Range]
    unread: Mapping[str, Sequence[Range]]
    pending: Mapping[str, PendingState]
    known: Mapping[str, Sequence[int]]
