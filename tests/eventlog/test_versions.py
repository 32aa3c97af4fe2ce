"""Whatever version an event was written in, its readers get the newest."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.log.records import (
    Claim,
    Codec,
    Commit,
    StoredCommit,
    UnreadableEvent,
    recorded_events,
)
from application.log.shard import Shard
from application.log.snapshots.index import SnapshotIndex
from application.log.snapshots.records import SnapshotCodec
from application.log.snapshots.restored import SnapshotsWrong
from application.ports.commands import Answer, Envelope, Unavailable, Verdict
from application.ports.projections import Parked
from application.triage import STREAM_PARKED, ParkStream
from domain.category import Category
from domain.events import DomainEvent, Metadata, Recorded
from infra.dead_letters import unreadable
from tests.eventlog.guestbook import (
    GUESTBOOKS,
    OLD_GUESTBOOKS,
    Closed,
    Guestbook,
    Sign,
    Signed,
    SignedV1,
    SignedV2,
)
from tests.given import T0
from tests.projections.fakes import FakeLetters
from tests.snapshots import folds_the_same_from_any_snapshot


def v1(name: str, version: int = 1, id: str = "guestbook") -> SignedV1:
    return SignedV1(originator_id=id, originator_version=version, timestamp=T0, name=name)


def v2(first: str, last: str, version: int = 1, id: str = "guestbook") -> SignedV2:
    return SignedV2(
        originator_id=id, originator_version=version, timestamp=T0, first=first, last=last
    )


def v3(first: str, last: str, line: int | None, version: int = 1, id: str = "guestbook") -> Signed:
    return Signed(
        originator_id=id,
        originator_version=version,
        timestamp=T0,
        first=first,
        last=last,
        line=line,
    )


CLOSED = Closed(originator_id="guestbook", originator_version=9, timestamp=T0)


def record(*events: DomainEvent, seq: int = 0) -> bytes:
    commit: Commit[DomainEvent] = Commit(
        epoch=1, owner="writer", seq=seq, command_id="c", metadata=Metadata(), events=events
    )
    return msgspec.json.encode(commit)


def read(*events: DomainEvent, category: Category = GUESTBOOKS) -> Sequence[DomainEvent]:
    commit = Codec(category).decode(record(*events))
    assert isinstance(commit, StoredCommit)
    return commit.events


@pytest.mark.parametrize(
    "written", [v1("Ada Lovelace"), v2("Ada", "Lovelace"), v3("Ada", "Lovelace", None)]
)
def test_every_version_is_read_as_the_newest(written: DomainEvent) -> None:
    assert read(written) == [v3("Ada", "Lovelace", None)]


def test_one_record_may_hold_them_all() -> None:
    written = v1("Ada Lovelace"), CLOSED, v3("Alan", "Turing", 7), v2("Grace", "Hopper")
    assert read(*written) == [
        v3("Ada", "Lovelace", None),
        CLOSED,
        v3("Alan", "Turing", 7),
        v3("Grace", "Hopper", None),
    ]


word = st.text("abcdefghij", min_size=1)
anything = st.one_of(
    st.builds(lambda first, last: v1(f"{first} {last}"), word, word),
    st.builds(v2, word, word),
    st.builds(v3, word, word, st.none() | st.integers(1, 99)),
    st.just(CLOSED),
)


@given(st.lists(anything))
def test_all_at_once_is_read_as_one_after_the_other(written: list[DomainEvent]) -> None:
    found = read(*written)
    assert found == [read(each)[0] for each in written]
    assert {type(each) for each in found} <= set(GUESTBOOKS.evolvers)
    assert read(*found) == found


def test_what_cannot_be_made_into_the_newest_is_unreadable_and_keeps_its_place() -> None:
    first, broken, last = read(v2("Ada", "Lovelace"), v1("Aristotle", version=5), CLOSED)
    assert (first, last) == (v3("Ada", "Lovelace", None), CLOSED)
    assert isinstance(broken, UnreadableEvent)
    assert (broken.originator_id, broken.originator_version) == ("guestbook", 5)
    assert broken.reason == "guestbook.signed.v1: ValueError: 'Aristotle' is one name only."
    assert msgspec.json.decode(broken.raw, type=SignedV1) == v1("Aristotle", version=5)


def test_what_cannot_be_made_into_the_newest_is_so_beside_an_unknown_event_too() -> None:
    unknown = Sign(first="", last="")
    written = msgspec.json.decode(record(v1("Aristotle"), v1("Ada Lovelace"), CLOSED))
    written["events"][2] = msgspec.to_builtins(unknown)
    commit = Codec(GUESTBOOKS).decode(msgspec.json.encode(written))
    assert isinstance(commit, StoredCommit)
    assert [type(each) for each in commit.events] == [UnreadableEvent, Signed, UnreadableEvent]


# -- an owner --------------------------------------------------------------------------------------


class Owner:
    """A shard that reads what it has written at once."""

    def __init__(self, category: Category, *log: bytes) -> None:
        self.written: list[bytes] = []
        self.outcomes: list[Verdict] = []
        self.shard = Shard(
            category,
            0,
            owner="owner",
            url="",
            append=lambda key, value: self.written.append(value),
            restart=lambda: None,
            publish=lambda commit: None,
        )
        self.read(CLAIM, *log)
        self.shard.claim()
        self.read(self.written.pop())

    def read(self, *records: bytes) -> None:
        for value in records:
            self.shard.receive(self.shard.next_offset, value)

    def sign(self, first: str, last: str) -> Verdict:
        command = Sign(first=first, last=last)
        done = self.outcomes.append
        envelope = Envelope(command_id=first, command=command)
        self.shard.execute(envelope, done, now=T0, monotonic=0)
        self.read(*self.written)
        return self.outcomes[-1]


CLAIM = msgspec.json.encode(Claim(epoch=1, owner="writer", url=""))


def test_an_owner_folds_every_version_and_writes_the_newest() -> None:
    owner = Owner(
        GUESTBOOKS,
        record(v1("Ada Lovelace"), v2("Alan", "Turing", version=2)),
        record(v3("Grace", "Hopper", 3, version=3), seq=2),
    )
    assert isinstance(owner.sign("Edsger", "Dijkstra"), Answer)
    (written,) = owner.written
    (event,) = msgspec.json.decode(written)["events"]
    assert event["type"] == "guestbook.signed.v3"
    guestbook = owner.shard.fold.get("guestbook")
    assert isinstance(guestbook, Guestbook)
    assert guestbook.guests == [
        ("Ada", "Lovelace", None),
        ("Alan", "Turing", None),
        ("Grace", "Hopper", 3),
        ("Edsger", "Dijkstra", 4),
    ]


def test_a_former_version_cannot_be_recorded() -> None:
    with pytest.raises(KeyError):
        Guestbook("guestbook")._record(SignedV2, first="Ada", last="Lovelace")


# -- from a snapshot -------------------------------------------------------------------------------


def test_whatever_version_follows_a_snapshot_is_read_as_the_newest() -> None:
    written = v1("Ada Lovelace"), v2("Alan", "Turing", 2), v3("Grace", "Hopper", 3, 3), CLOSED
    folds_the_same_from_any_snapshot(GUESTBOOKS, Guestbook, "guestbook", read(*written))


@pytest.mark.parametrize(
    ("writing", "reading"), [(OLD_GUESTBOOKS, GUESTBOOKS), (GUESTBOOKS, OLD_GUESTBOOKS)]
)
def test_a_snapshot_of_another_program_is_no_basis_and_the_log_is_read(
    writing: Category, reading: Category
) -> None:
    (kind,) = writing.restorers.values()
    guestbook = kind.fold("guestbook", read(v2("Ada", "Lovelace"), category=writing))
    kept = SnapshotCodec(writing).encode(guestbook, seq=1)
    own, foreign = SnapshotIndex(writing), SnapshotIndex(reading)
    for index in (own, foreign):
        index.put(0, "guestbook", kept)
    assert own.restore().fold.get("guestbook") is not None
    with pytest.raises(SnapshotsWrong, match=r"guestbook\.snapshot"):
        foreign.restore()


# -- while processes are brought to a new version one by one ---------------------------------------


def test_an_older_process_does_not_serve_a_shard_that_holds_a_newer_version() -> None:
    log = record(v2("Ada", "Lovelace")), record(v3("Alan", "Turing", 2, version=2), seq=1)
    older, newer = Owner(OLD_GUESTBOOKS, *log), Owner(GUESTBOOKS, *log)
    refused = older.sign("Grace", "Hopper")
    assert isinstance(refused, Unavailable)
    assert "guestbook.signed.v3" in str(refused)
    assert not older.written
    assert isinstance(newer.sign("Grace", "Hopper"), Answer)


def test_an_older_read_model_parks_the_streams_that_hold_a_newer_version() -> None:
    events = [v2("Ada", "Lovelace"), v3("Alan", "Turing", 1, id="other"), v2("Grace", "Hopper")]
    commit = Codec(OLD_GUESTBOOKS).decode(record(*events, v2("Alan", "Turing", id="other")))
    assert isinstance(commit, StoredCommit)
    letters, applied = FakeLetters(), Applied()
    parking = ParkStream(letters, unreadable)
    (parked,) = parking.apply(applied, recorded_events("guestbook-log", 0, commit))
    assert applied.events == [v2("Ada", "Lovelace"), v2("Grace", "Hopper")]
    assert (parked.aggregate_id, parked.position) == ("other", "guestbook-log/0@1")
    assert "guestbook.signed.v3" in parked.reason
    assert letters.sent == [
        ("guestbook-log/0@1", parked.reason),
        ("guestbook-log/0@3", STREAM_PARKED),
    ]


class Applied:
    """A read model that remembers what was applied to it."""

    def __init__(self) -> None:
        self.events: list[DomainEvent] = []

    def apply(self, events: Sequence[Recorded]) -> None:
        self.events.extend(recorded.event for recorded in events)

    def park(self, parked: Sequence[Parked]) -> None:
        raise NotImplementedError


def test_an_older_process_passes_over_a_field_that_was_added_to_a_version() -> None:
    written = msgspec.json.decode(record(CLOSED))
    written["events"][0]["reason"] = "It is full."
    commit = Codec(GUESTBOOKS).decode(msgspec.json.encode(written))
    assert isinstance(commit, StoredCommit)
    assert commit.events == [CLOSED]
