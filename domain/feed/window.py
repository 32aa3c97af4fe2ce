"""What a feed knows of the events that it has taken in, so that none comes in twice."""

from bisect import bisect_left, insort
from collections.abc import Iterable

MOST_KNOWN = 512
"""Entries of one shard that are known to be in a feed. A process has at most 500 commands on their
way, and all behind the first of them that got no answer come again, so none is overtaken by more
than 499 others."""

MOST_AT_ONCE = 16
"""Entries in one feed that one event may lead to."""


class SourceWindow:
    """The newest events of one shard that led to entries of a feed.

    Guarantee: an event that was noted is told to be a repetition for ever, however late and in
    whatever order it comes again; one that was not is told to be new, unless `MOST_KNOWN` later
    ones of its shard have been noted before. What is below a full window counts as known: only to
    remember the latest would take an event for known that others have overtaken.
    """

    __slots__ = ("_keys",)

    def __init__(self, keys: Iterable[int] = ()) -> None:
        self._keys = list(keys)

    @property
    def keys(self) -> list[int]:
        """What is known, in order: sequence number times `MOST_AT_ONCE`, and the entry's place."""
        return list(self._keys)

    def knows(self, seq: int, index: int) -> bool:
        """Whether the entry at this place among those of an event is in the feed, or was once."""
        key = seq * MOST_AT_ONCE + index
        at = bisect_left(self._keys, key)
        is_known = at < len(self._keys) and self._keys[at] == key
        return is_known or (at == 0 and len(self._keys) == MOST_KNOWN)

    def note(self, seq: int, index: int) -> None:
        """The entry is in the feed."""
        insort(self._keys, seq * MOST_AT_ONCE + index)
        if len(self._keys) > MOST_KNOWN:
            del self._keys[0]
