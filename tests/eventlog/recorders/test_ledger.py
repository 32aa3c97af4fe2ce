"""What may be stored, before and after it has come back from the log."""

from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import StoredEvent, Tracking

from application.log.records import Commit
from domain.events import DomainEvent, Metadata
from infra.eventlog.recorders.events import Stored, Tracked
from infra.eventlog.recorders.index import Index
from infra.eventlog.recorders.ledger import MOST_RECORD_BYTES, Conflict, Insert, Ledger, TooLarge
from tests.given import T0

ALICE = UUID("5f0f1b6e-3d52-4f6a-9f3c-0a1b2c3d4e5f")


class Book:
    """A ledger, with what it decided on its way."""

    def __init__(self) -> None:
        self.index = Index()
        self.ledger = Ledger(self.index)
        self.on_its_way: list[DomainEvent] = []

    def insert(self, *versions: int, tracking: int | None = None, id: UUID | str = ALICE) -> "Book":
        events = [StoredEvent(id, version, "made", b"{}") for version in versions]
        tracked = None if tracking is None else Tracking("upstream", tracking)
        self.ledger.decide(Insert(events=events, tracking=tracked), T0)
        self.on_its_way.extend(self.ledger.collect_events())
        return self

    def comes_back(self) -> "Book":
        events, self.on_its_way = self.on_its_way, []
        commit = Commit(
            epoch=1, owner="", seq=len(self.index), command_id="", metadata=Metadata(),
            events=events,
        )  # fmt: skip
        self.ledger.settle(commit, 0)
        return self

    def refuses(self, *versions: int, tracking: int | None = None) -> None:
        before = list(self.on_its_way)
        with pytest.raises(Conflict):
            self.insert(*versions, tracking=tracking)
        assert self.ledger.collect_events() == []
        assert self.on_its_way == before


@pytest.fixture(params=[False, True], ids=["on its way", "in the log"])
def book(request: pytest.FixtureRequest) -> Book:
    book = Book().insert(1, 2, 5, tracking=7)
    return book.comes_back() if request.param else book


def test_a_version_is_stored_once(book: Book) -> None:
    book.refuses(2)
    book.refuses(3, 2)
    book.insert(3).refuses(3)


def test_versions_may_leave_gaps_and_fill_them(book: Book) -> None:
    book.insert(9).insert(3, 4).comes_back()
    found = book.index.of(str(ALICE), None, None, desc=False, limit=None)
    assert found == [1, 2, 5, 6, 3, 4]  # the places of versions 1, 2, 3, 4, 5, 9


def test_one_batch_does_not_hold_a_version_twice(book: Book) -> None:
    book.refuses(6, 6)


def test_tracking_goes_upwards_only(book: Book) -> None:
    book.refuses(tracking=7)
    book.refuses(tracking=6)
    book.insert(tracking=9).refuses(tracking=8)


def test_events_are_not_stored_without_their_tracking(book: Book) -> None:
    book.refuses(6, tracking=7)
    book.insert(6)


def test_nothing_is_tracked_without_its_events(book: Book) -> None:
    book.refuses(1, tracking=8)
    book.insert(tracking=8)


def test_what_does_not_come_back_has_not_happened() -> None:
    book = Book().insert(1, tracking=7)
    book.ledger.forget()
    book.insert(1, tracking=7)


def test_a_uuid_and_the_text_of_it_are_one_originator(book: Book) -> None:
    with pytest.raises(Conflict):
        book.insert(1, id=str(ALICE))


def test_tracking_comes_before_the_events_in_its_commit() -> None:
    tracked, stored = Book().insert(1, tracking=7).on_its_way
    assert isinstance(tracked, Tracked)
    assert isinstance(stored, Stored)
    assert stored.timestamp == T0
    assert stored.restored() == StoredEvent(ALICE, 1, "made", b"{}")


def test_more_than_a_record_holds_is_refused() -> None:
    large = StoredEvent(uuid4(), 1, "made", b"x" * MOST_RECORD_BYTES)
    with pytest.raises(TooLarge, match="smaller batches"):
        Ledger(Index()).decide(Insert(events=[large]), T0)
