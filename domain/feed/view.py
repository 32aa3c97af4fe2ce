"""How a feed stands, in a few numbers, and how they go on by what happens."""

from collections.abc import Mapping

import msgspec

from domain.events import DomainEvent
from domain.feed.events import EntriesRead, EntriesSeen, EntryAdded


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """A feed: the number of its newest entry, and up to which one its person has seen it.

    Entries are unread over all, and by kind; a kind without any is left out.
    """

    user_id: str
    newest: int
    seen: int
    unread: int
    by_kind: Mapping[str, int]

    def after(self, event: DomainEvent) -> "FeedView":
        """The feed once that has happened, too."""
        match event:
            case EntryAdded(number=number, kind=kind):
                counted = self._counted({kind: 1})
                return msgspec.structs.replace(counted, newest=number)
            case EntriesSeen(up_to=up_to):
                return msgspec.structs.replace(self, seen=up_to)
            case EntriesRead(numbers=numbers):
                return self._counted(
                    {
                        kind: -sum(last - first + 1 for first, last in ranges)
                        for kind, ranges in numbers.items()
                    }
                )
        return self

    def _counted(self, more: Mapping[str, int]) -> "FeedView":
        kinds = sorted({*self.by_kind, *more})
        counts = {kind: self.by_kind.get(kind, 0) + more.get(kind, 0) for kind in kinds}
        left = {kind: count for kind, count in counts.items() if count}
        return msgspec.structs.replace(self, by_kind=left, unread=sum(left.values()))
