"""What comes into a feed, what its person does with it, and how it stands then."""

from contextlib import suppress

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.aggregate import Command
from domain.categories import PEOPLE
from domain.feed import person_feed
from domain.feed.commands import ArchiveEntries, LookAtFeed, ReadEntries, SeeEntries
from domain.feed.events import EntriesArchived, EntriesRead, EntriesSeen, EntryAdded
from domain.feed.person_feed import PersonFeed
from domain.feed.refusals import EntryUnknown
from domain.feed.view import FeedView
from domain.refusals import Refusal
from tests.feed.people import ADA, adding, asking, feed, settling
from tests.given import T0
from tests.snapshots import folds_the_same_from_any_snapshot


def reading(*numbers: int, up_to: int = 0) -> ReadEntries:
    return ReadEntries(user_id=ADA, numbers=list(numbers), up_to=up_to)


def archiving(*numbers: int, up_to: int = 0) -> ArchiveEntries:
    return ArchiveEntries(user_id=ADA, numbers=list(numbers), up_to=up_to)


def seeing(up_to: int) -> SeeEntries:
    return SeeEntries(user_id=ADA, up_to=up_to)


def test_entries_are_numbered_from_one() -> None:
    story = feed(adding(5)).when(adding(7, other="bob", data={"move": 2})).then(EntryAdded)
    story.with_facts(number=2, kind="game-found", other="bob", data={"move": 2})


def test_an_event_leads_to_one_entry_however_often_it_comes() -> None:
    feed(adding(5), adding(7), adding(6)).when(adding(5)).then().when(adding(6)).then()


def test_one_event_may_lead_to_several_entries() -> None:
    feed(adding(5)).when(adding(5, index=1)).then(EntryAdded).when(adding(5, index=1)).then()


def test_events_of_other_shards_are_others() -> None:
    feed(adding(5)).when(adding(5, source="game-log/4@5")).then(EntryAdded)


def test_what_is_pending_is_not_asked_for_twice() -> None:
    story = (
        feed(asking(5)).when(asking(9)).then().when(asking(10, about="another")).then(EntryAdded)
    )
    story.when(settling(8)).then(EntriesRead).when(asking(9)).then(EntryAdded)


def test_what_is_settled_is_read() -> None:
    story = feed(adding(4), asking(5)).when(settling(6)).then(EntriesRead)
    story.with_facts(numbers={"your-move": [(2, 2)]}, because="settled")
    story.when(settling(7)).then()


def test_an_earlier_event_does_not_settle_what_a_later_one_asks_for() -> None:
    feed(asking(9)).when(settling(6)).then()


def test_what_was_read_is_asked_for_anew() -> None:
    feed(asking(5), reading(1)).when(asking(9)).then(EntryAdded)


def test_reading_counts_once() -> None:
    story = feed(adding(1), asking(2), adding(3), adding(4)).when(reading(4, up_to=2))
    story.then(EntriesRead)
    story.with_facts(numbers={"game-found": [(1, 1), (4, 4)], "your-move": [(2, 2)]})
    assert story.reply == FeedView(
        user_id=ADA, newest=4, seen=0, unread=1, by_kind={"game-found": 1}
    )
    story.when(reading(up_to=2)).then().when(reading(4, 4, 3)).then(EntriesRead)
    story.with_facts(numbers={"game-found": [(3, 3)]})


def test_what_is_seen_never_goes_back() -> None:
    story = feed(adding(1), adding(2)).when(seeing(2)).then(EntriesSeen).with_facts(up_to=2)
    story.when(seeing(1)).then().when(seeing(2)).then()


def test_what_goes_to_the_archive_is_read_and_stays_there() -> None:
    story = feed(adding(1), adding(2), reading(1)).when(archiving(up_to=2))
    story.then(EntriesRead, EntriesArchived)
    story.with_facts(numbers={"game-found": [(2, 2)]}, because="archived")
    story.with_facts(1, numbers=[(1, 2)])
    story.when(archiving(1, 2)).then()


@pytest.mark.parametrize("command", [reading(2), reading(up_to=2), archiving(2), seeing(2)])
def test_an_entry_that_is_not_there_is_refused(command: Command) -> None:
    feed(adding(1)).when(command).refuses(EntryUnknown)


def test_a_look_changes_nothing() -> None:
    story = feed(adding(1)).when(LookAtFeed(user_id=ADA)).then()
    assert story.reply == story.aggregate.view


def test_a_feed_that_nobody_reads_keeps_its_newest_entries_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(person_feed, "MOST_OPEN", 3)
    story = feed(adding(1), asking(2), adding(3), reading(1))
    story.when(adding(4)).then(EntriesArchived, EntryAdded).with_facts(numbers=[(1, 1)])
    story.when(adding(5)).then(EntriesRead, EntriesArchived, EntryAdded)
    story.with_facts(numbers={"your-move": [(2, 2)]}, because="crowded")
    story.when(asking(6)).then(EntriesRead, EntriesArchived, EntryAdded)


commands = st.one_of(
    st.builds(adding, st.integers(0, 30)),
    st.builds(asking, st.integers(0, 30), st.sampled_from(["one", "two"])),
    st.builds(settling, st.integers(0, 30), st.sampled_from(["one", "two"])),
    st.builds(reading, st.integers(1, 9), up_to=st.integers(0, 9)),
    st.builds(archiving, st.integers(1, 9), up_to=st.integers(0, 9)),
    st.builds(seeing, st.integers(0, 9)),
)


class Model:
    """A feed as a list of entries with marks, which anybody understands."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.read: set[int] = set()
        self.archived: set[int] = set()
        self.seen = 0

    def take(self, event: object) -> None:
        match event:
            case EntryAdded(number=number, kind=kind):
                self.kinds.append(kind)
                assert number == len(self.kinds)
            case EntriesRead(numbers=numbers):
                for kind, ranges in numbers.items():
                    self.mark(self.read, ranges, kind)
            case EntriesArchived(numbers=ranges):
                self.mark(self.archived, ranges)
            case EntriesSeen(up_to=up_to):
                assert self.seen < up_to <= len(self.kinds)
                self.seen = up_to

    def mark(
        self, marked: set[int], ranges: list[tuple[int, int]], kind: str | None = None
    ) -> None:
        for first, last in ranges:
            numbers = {*range(first, last + 1)}
            assert numbers
            assert not numbers & marked, "each is told once"
            assert all(kind in (None, self.kinds[n - 1]) for n in numbers)
            marked |= numbers

    @property
    def view(self) -> FeedView:
        left = [kind for n, kind in enumerate(self.kinds, 1) if n not in self.read]
        counts = {kind: left.count(kind) for kind in sorted(set(left))}
        return FeedView(
            user_id=ADA, newest=len(self.kinds), seen=self.seen, unread=len(left), by_kind=counts
        )


@for_all(st.lists(commands, max_size=30))
def test_a_feed_is_what_happened_in_it(asked: list[Command]) -> None:
    aggregate, model = PersonFeed(ADA), Model()
    followed = FeedView(user_id=ADA, newest=0, seen=0, unread=0, by_kind={})
    history = []
    for command in asked:
        with suppress(Refusal):
            aggregate.decide(command, T0)
        for event in aggregate.collect_events():
            history.append(event)
            model.take(event)
            followed = followed.after(event)
        assert model.archived <= model.read
        assert aggregate.decide(LookAtFeed(user_id=ADA), T0) == model.view == followed
    folds_the_same_from_any_snapshot(PEOPLE, PersonFeed, ADA, history)
