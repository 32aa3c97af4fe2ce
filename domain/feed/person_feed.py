"""The feed of a person: entries that the hall adds, and the person sees, reads and archives."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b

from domain.aggregate import Aggregate, decides, evolves
from domain.events import Position
from domain.feed.commands import (
    AddEntry,
    ArchiveEntries,
    ConfirmFeed,
    LookAtFeed,
    ReadEntries,
    SeeEntries,
    SettleEntry,
)
from domain.feed.events import Because, EntriesArchived, EntriesRead, EntriesSeen, EntryAdded
from domain.feed.ranges import Range, Ranges, merged
from domain.feed.refusals import EntryUnknown
from domain.feed.states import FeedState, PendingState
from domain.feed.view import FeedView
from domain.feed.window import SourceWindow
from domain.snapshot import Snapshot

MOST_OPEN = 5_000
"""Entries that are not in the archive. With one more, the oldest goes there, as read: so a snapshot
of a feed that nobody ever looks at is within the megabyte that Kafka takes in one record."""


def mark(kind: str, about: str) -> str:
    """What a pending entry is known by: a few bytes, however long an id is."""
    digest = blake2b(f"{kind}\n{about}".encode(), digest_size=12).digest()
    return urlsafe_b64encode(digest).decode()


class PersonFeed(Aggregate):
    """A feed; its stream key is the person's id.

    Guarantees: entries are numbered from 1 without gaps. An event leads to an entry once, however
    often its command comes, and in whatever order, as far as `SourceWindow` says. There is at most
    one unread pending entry of a kind about the same thing. Unread are those that were added and
    have not been read since; none of them is in the archive.
    """

    of_people = True
    evicted_when_idle = True
    states = (FeedState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._newest = 0
        self._seen = 0
        self._open = Ranges()
        self._unread: dict[str, Ranges] = {}
        self._waiting: dict[str, PendingState] = {}
        self._known: dict[str, SourceWindow] = {}

    # -- by the hall ----------------------------------------------------------------------------

    @decides(AddEntry)
    def add(self, command: AddEntry, _now: datetime) -> None:
        """Add an entry; one that came before, or asks for what another one does, is not added."""
        shard, seq = _place(command.source)
        window = self._known.get(shard)
        if window is not None and window.knows(seq, command.index):
            return
        if command.pending and mark(command.kind, command.about) in self._waiting:
            return
        self._make_room()
        self._record(
            EntryAdded,
            number=self._newest + 1,
            kind=command.kind,
            about=command.about,
            other=command.other,
            data=command.data,
            pending=command.pending,
            source=command.source,
            index=command.index,
        )

    @decides(SettleEntry)
    def settle(self, command: SettleEntry, _now: datetime) -> None:
        """Count a pending entry as read, unless something later has led to it.

        Whatever comes once more comes with all that followed it, in order; so an earlier event must
        not settle what a later one asks for.
        """
        waiting = self._waiting.get(mark(command.kind, command.about))
        if waiting is not None and _is_before(waiting.source, command.source):
            found = {command.kind: [(waiting.number, waiting.number)]}
            self._record(EntriesRead, numbers=found, because="settled")

    def _make_room(self) -> None:
        if self._open.size == MOST_OPEN:
            oldest = self._open.smallest
            self._put_away([(oldest, oldest)], "crowded")

    # -- by the person --------------------------------------------------------------------------

    @decides(SeeEntries)
    def see(self, command: SeeEntries, _now: datetime) -> FeedView:
        """Take note of what the person has seen, which never goes back; raises `EntryUnknown`."""
        self._require(command.up_to)
        if command.up_to > self._seen:
            self._record(EntriesSeen, up_to=command.up_to)
        return self._view

    @decides(ReadEntries)
    def read(self, command: ReadEntries, _now: datetime) -> FeedView:
        """Count entries as read; those that are so already stay so. Raises `EntryUnknown`."""
        self._read(self._meant(command), "read")
        return self._view

    @decides(ArchiveEntries)
    def archive(self, command: ArchiveEntries, _now: datetime) -> FeedView:
        """Put entries into the archive, as read; those there stay there. Raises `EntryUnknown`."""
        self._put_away(self._open.within(self._meant(command)), "archived")
        return self._view

    @decides(LookAtFeed)
    def look(self, _command: LookAtFeed, _now: datetime) -> FeedView:
        """Tell how it stands."""
        return self._view

    @decides(ConfirmFeed)
    def confirm(self, _command: ConfirmFeed, _now: datetime) -> FeedView:
        """The same."""
        return self._view

    def _meant(self, command: ReadEntries | ArchiveEntries) -> list[Range]:
        self._require(max([command.up_to, *command.numbers]))
        to_start = [(1, command.up_to)] if command.up_to else []
        return merged([*to_start, *((number, number) for number in command.numbers)])

    def _require(self, number: int) -> None:
        if number > self._newest:
            raise EntryUnknown(
                f"There is no entry {number} in the feed of {self.id!r}; the newest is "
                f"{self._newest}."
            )

    def _put_away(self, ranges: Sequence[Range], because: Because) -> None:
        if ranges:
            self._read(ranges, because)
            self._record(EntriesArchived, numbers=list(ranges))

    def _read(self, ranges: Iterable[Range], because: Because) -> None:
        ranges = list(ranges)
        found = {kind: unread.within(ranges) for kind, unread in self._unread.items()}
        if numbers := {kind: each for kind, each in found.items() if each}:
            self._record(EntriesRead, numbers=numbers, because=because)

    # -- what has happened ----------------------------------------------------------------------

    @evolves(EntryAdded)
    def _on_added(self, event: EntryAdded) -> None:
        self._newest = event.number
        self._open.append(event.number)
        self._unread.setdefault(event.kind, Ranges()).append(event.number)
        if event.pending:
            waiting = PendingState(number=event.number, source=event.source)
            self._waiting[mark(event.kind, event.about)] = waiting
        shard, seq = _place(event.source)
        self._known.setdefault(shard, SourceWindow()).note(seq, event.index)

    @evolves(EntriesSeen)
    def _on_seen(self, event: EntriesSeen) -> None:
        self._seen = event.up_to

    @evolves(EntriesRead)
    def _on_read(self, event: EntriesRead) -> None:
        read = Ranges(merged(each for ranges in event.numbers.values() for each in ranges))
        for kind, ranges in event.numbers.items():
            self._unread[kind].remove(ranges)
            if not self._unread[kind].size:
                del self._unread[kind]
        for each, waiting in [*self._waiting.items()]:
            if read.within([(waiting.number, waiting.number)]):
                del self._waiting[each]

    @evolves(EntriesArchived)
    def _on_archived(self, event: EntriesArchived) -> None:
        self._open.remove(event.numbers)

    # -- how it stands --------------------------------------------------------------------------

    @property
    def _view(self) -> FeedView:
        counts = {kind: unread.size for kind, unread in sorted(self._unread.items())}
        return FeedView(
            user_id=self.id,
            newest=self._newest,
            seen=self._seen,
            unread=sum(counts.values()),
            by_kind=counts,
        )

    @property
    def view(self) -> FeedView | None:
        """How it stands; None before its first entry."""
        return self._view if self.version else None

    def state(self) -> FeedState:
        """Counts and ranges."""
        return FeedState(
            newest=self._newest,
            seen=self._seen,
            open=list(self._open),
            unread={kind: list(unread) for kind, unread in sorted(self._unread.items())},
            pending=dict(sorted(self._waiting.items())),
            known={shard: window.keys for shard, window in sorted(self._known.items())},
        )

    def _restore(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        assert isinstance(state, FeedState)
        self._newest, self._seen = state.newest, state.seen
        self._open = Ranges(state.open)
        self._unread = {kind: Ranges(ranges) for kind, ranges in state.unread.items()}
        self._waiting = dict(state.pending)
        self._known = {shard: SourceWindow(keys) for shard, keys in state.known.items()}


def _place(source: str) -> tuple[str, int]:
    """The shard of an event, as it is written, and its sequence number."""
    topic, partition, seq = Position.parse(source)
    return f"{topic}/{partition}", seq


def _is_before(one: str, other: str) -> bool:
    """Whether an event came before another one; those of other shards are not compared."""
    (shard, seq), (its_shard, its_seq) = _place(one), _place(other)
    return shard != its_shard or seq < its_seq
