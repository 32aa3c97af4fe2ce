"""Feeds as the read model would show them."""

from typing import Any

import msgspec

from domain.events import Position
from domain.feed.events import EntriesArchived, EntriesRead, EntriesSeen, EntryAdded
from domain.feed.ranges import Range
from projections.feed.feed_entries import FeedEntry, FeedPage, downwards, upwards
from projections.projection import ReadModelMissing
from tests.http.fakes.log import FakeLog, FakeReadModel


def told(event: EntryAdded) -> FeedEntry:
    return FeedEntry(
        number=event.number,
        kind=event.kind,
        about=event.about,
        other=event.other,
        data=event.data,
        at=event.timestamp,
    )


class FakeFeeds(FakeReadModel):
    """Feeds, straight from the log; as many of its events as are `shown`, by default all."""

    def __init__(self, log: FakeLog) -> None:
        super().__init__(log)
        self.shown: int | None = None
        self.is_missing = False

    async def wait_for(self, position: Position, timeout: float) -> bool:  # noqa: ASYNC109
        if self.is_missing:
            raise ReadModelMissing("It is being built.")
        return position.seq < (len(self._events) if not self.lags else 0)

    @property
    def _events(self) -> list[Any]:
        return self.log.events["person-log"][: self.shown]

    def _entries(self, user_id: str) -> list[FeedEntry]:
        entries: list[FeedEntry] = []
        for recorded in self._events:
            if recorded.event.originator_id != user_id:
                continue
            match recorded.event:
                case EntryAdded() as event:
                    entries.append(told(event))
                case EntriesSeen(up_to=up_to):
                    _mark(entries, [(1, up_to)], seen=True)
                case EntriesRead(numbers=numbers):
                    for ranges in numbers.values():
                        _mark(entries, ranges, read=True)
                case EntriesArchived(numbers=ranges):
                    _mark(entries, ranges, archived=True)
        return entries

    async def page(
        self,
        user_id: str,
        *,
        before: int | None = None,
        after: int | None = None,
        kind: str | None = None,
        unread: bool = False,
        archived: bool | None = None,
        limit: int = 50,
    ) -> FeedPage:
        chosen = [
            each
            for each in self._entries(user_id)
            if kind in (None, each.kind)
            and not (unread and each.read)
            and archived in (None, each.archived)
        ]
        if after is not None:
            return upwards([each for each in chosen if each.number > after][:limit], after)
        older = [each for each in reversed(chosen) if before is None or each.number < before]
        return downwards(older[: limit + 1], limit)

    async def since(self, user_id: str, number: int, limit: int) -> list[FeedEntry]:
        return [each for each in self._entries(user_id) if each.number > number][:limit]


def _mark(entries: list[FeedEntry], ranges: list[Range], **marks: bool) -> None:
    for first, last in ranges:
        for n in range(first - 1, last):
            entries[n] = msgspec.structs.replace(entries[n], **marks)
