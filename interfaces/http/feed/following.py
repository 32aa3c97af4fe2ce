"""A feed as a source of numbered entries: where it is decided, and where it can be looked up."""

from collections.abc import Sequence

import msgspec

from application.ports.commands import CommandLog
from domain.events import DomainEvent, Position
from domain.feed.commands import ConfirmFeed, LookAtFeed
from domain.feed.events import EntriesArchived, EntriesRead, EntriesSeen, EntryAdded
from domain.feed.ranges import Range, merged
from domain.feed.view import FeedView
from interfaces.http.platform.command_context import asked
from interfaces.http.platform.resume import Announced, Look
from projections.feed.feed_entries import FeedEntry, FeedQueries

CATCH_UP_S = 2.0
"""For which the read model is waited for before it is asked again."""


class NotCaughtUp(Exception):
    """The read model does not show a position yet."""


class SeenUpTo(msgspec.Struct, frozen=True, kw_only=True):
    """The person has seen all entries up to this one, at some device."""

    up_to: int


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """The person has read these entries, or put them away, at some device: ranges of numbers."""

    numbers: Sequence[Range]


async def look_at(log: CommandLog, user_id: str) -> Look:
    """How somebody's feed stands, by who decides it; raises `Unavailable`."""
    return await _asked(log, LookAtFeed(user_id=user_id))


async def _asked(log: CommandLog, command: LookAtFeed) -> Look:
    answer = await asked(log, command)
    view = answer.told(FeedView)
    return Look(view, view.newest, answer.position)


class FeedTeller:
    """The feed of one person; implements `platform.resume.Teller`."""

    def __init__(self, log: CommandLog, queries: FeedQueries, user_id: str) -> None:
        self._log = log
        self._queries = queries
        self.aggregate_id = user_id

    async def look(self) -> Look:
        """See the protocol."""
        return await look_at(self._log, self.aggregate_id)

    async def confirmed_newest(self) -> int:
        """See the protocol."""
        return (await _asked(self._log, ConfirmFeed(user_id=self.aggregate_id))).newest

    async def since(self, number: int, limit: int, position: Position) -> Sequence[Announced]:
        """See the protocol."""
        if not await self._queries.wait_for(position, CATCH_UP_S):
            raise NotCaughtUp(f"The read model does not show {position} yet.")
        entries = await self._queries.since(self.aggregate_id, number, limit)
        return [Announced("entry", each, each.number) for each in entries]

    def numbered(self, event: DomainEvent) -> Announced | None:
        """See the protocol."""
        return _entry(event) if isinstance(event, EntryAdded) else None

    def others(self, event: DomainEvent) -> Sequence[Announced]:
        """See the protocol."""
        match event:
            case EntriesSeen(up_to=up_to):
                return [Announced("seen", SeenUpTo(up_to=up_to))]
            case EntriesRead(numbers=numbers):
                read = merged(each for ranges in numbers.values() for each in ranges)
                return [Announced("read", Marked(numbers=read))]
            case EntriesArchived(numbers=numbers):
                return [Announced("archived", Marked(numbers=numbers))]
        return []

    def moved(self, state: FeedView, event: DomainEvent) -> FeedView:
        """See the protocol."""
        return state.after(event)


def _entry(event: EntryAdded) -> Announced:
    entry = FeedEntry(
        number=event.number,
        kind=event.kind,
        about=event.about,
        other=event.other,
        data=event.data,
        at=event.timestamp,
    )
    return Announced("entry", entry, event.number)
