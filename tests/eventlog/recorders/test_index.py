"""The index finds events as a table with all of them would."""

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from application.log.records import Commit
from domain.events import DomainEvent, Metadata
from infra.eventlog.recorders.events import Stored, Tracked
from infra.eventlog.recorders.index import Index
from tests.given import T0

VERSIONS = st.tuples(st.sampled_from("abc"), st.integers(0, 30))
BATCHES = st.lists(
    st.lists(st.tuples(VERSIONS, st.sampled_from(("made", "moved"))), min_size=1, max_size=4),
    max_size=25,
)
BOUND = st.none() | st.integers(-1, 31)
LIMIT = st.none() | st.integers(0, 5)


class Row(NamedTuple):
    seq: int
    originator: str
    version: int
    topic: str
    offset: int


def stored(originator: str, version: int, topic: str = "made") -> Stored:
    return Stored(
        originator_id=originator, originator_version=version, timestamp=T0, topic=topic, state=b""
    )


def commit(seq: int, *events: DomainEvent) -> Commit[DomainEvent]:
    return Commit(
        epoch=1, owner="o", seq=seq, command_id=f"{seq}", metadata=Metadata(), events=events
    )


def filled(batches: Sequence[Sequence[tuple[tuple[str, int], str]]]) -> tuple[Index, list[Row]]:
    index, rows = Index(), list[Row]()
    for number, batch in enumerate(batches):
        new = {version: topic for version, topic in batch if not index.has(*version)}
        index.add(commit(len(index), *(stored(*v, t) for v, t in new.items())), number * 3)
        rows += [Row(len(rows) + i, *v, t, number * 3) for i, (v, t) in enumerate(new.items())]
    return index, rows


@given(BATCHES, st.sampled_from("abcd"), BOUND, BOUND, st.booleans(), LIMIT)
def test_an_originator_s_events_come_in_the_order_of_their_versions_whenever_they_were_stored(
    batches: list[list[tuple[tuple[str, int], str]]],
    originator: str,
    gt: int | None,
    lte: int | None,
    desc: bool,
    limit: int | None,
) -> None:
    index, rows = filled(batches)
    wanted = sorted(
        (
            row
            for row in rows
            if row.originator == originator
            and (gt is None or row.version > gt)
            and (lte is None or row.version <= lte)
        ),
        key=lambda row: row.version,
        reverse=desc,
    )[:limit]
    found = index.of(originator, gt, lte, desc=desc, limit=limit)
    assert found == [row.seq for row in wanted]
    assert [index.offset(seq) for seq in found] == [row.offset for row in wanted]


@given(BATCHES, BOUND, BOUND, st.sets(st.sampled_from(("made", "moved", "unknown"))))
def test_all_events_come_in_the_order_of_the_log(
    batches: list[list[tuple[tuple[str, int], str]]],
    first: int | None,
    end: int | None,
    topics: set[str],
) -> None:
    index, rows = filled(batches)
    wanted = [
        row.seq
        for row in rows
        if row.seq >= (first or 0)
        and (end is None or row.seq < end)
        and (not topics or row.topic in topics)
    ]
    assert list(index.stored(first or 0, end, sorted(topics))) == wanted


@given(BATCHES, VERSIONS)
def test_it_knows_what_is_stored(
    batches: list[list[tuple[tuple[str, int], str]]], version: tuple[str, int]
) -> None:
    index, rows = filled(batches)
    assert index.has(*version) == (version in {(row.originator, row.version) for row in rows})


def test_what_is_tracked_takes_a_place_and_is_no_stored_event() -> None:
    index = Index()
    tracked = Tracked(originator_id="upstream", originator_version=21, timestamp=T0)
    index.add(commit(0, tracked, stored("a", 1)), 1)
    index.add(commit(2, tracked), 2)
    assert index.tracked == {"upstream": 21}
    assert list(index.stored(0, None, ())) == [1]
    assert (index.last_stored, len(index)) == (1, 3)
    assert index.of("upstream", None, None, desc=False, limit=None) == []
