"""Two ways to read a record, which must never disagree about what the gate gets to see."""

from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from application.log.records import Claim, Codec, Commit, MalformedRecord, UnreadableEvent
from domain.events import Metadata
from tests.eventlog.counter import COUNTERS, Counted, Rang
from tests.given import T0

CODEC = Codec(COUNTERS)
COMMIT = Codec(COUNTERS).encode(
    Commit(
        epoch=3,
        owner="owner",
        seq=7,
        command_id="c",
        metadata=Metadata(actor="ann"),
        events=[
            Counted(originator_id="counter", originator_version=1, timestamp=T0, total=1),
            Rang(originator_id="counter", originator_version=2, timestamp=T0),
        ],
        reply={"total": 1},
    )
)
CLAIM = CODEC.encode(Claim(epoch=4, owner="other", url="http://other"))


def seen(read: Any, value: bytes) -> Any:
    """What the gate sees of a record."""
    try:
        record = read(value)
    except MalformedRecord:
        return "malformed"
    if isinstance(record, Claim):
        return record.epoch, record.owner
    return record.epoch, record.owner, record.seq, len(record.events)


def without(path: list[str | int]) -> bytes:
    record = msgspec.json.decode(COMMIT)
    holder = record
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    return msgspec.json.encode(record)


paths = st.sampled_from(
    [
        *([name] for name in msgspec.json.decode(COMMIT)),
        *(["events", 0, name] for name in msgspec.json.decode(COMMIT)["events"][0]),
        ["metadata", "actor"],
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    value = bytearray(draw(st.sampled_from([COMMIT, CLAIM])))
    for _ in range(draw(st.integers(1, 3))):
        value[draw(st.integers(0, len(value) - 1))] = draw(st.integers(0, 255))
    return bytes(value)


@given(st.one_of(damaged(), st.builds(without, paths), st.binary(max_size=9)))
@example(COMMIT)
@example(CLAIM)
@example(b"")
@example(b"\x80")
@example(COMMIT.replace(b"ann", b"\x80"))
@example(COMMIT.replace(b'"total":1}]', b'"total":"\x80"}]'))
@example(COMMIT.replace(b'{"total":1}', b"[" * 200_000))
def test_skimming_shows_the_gate_what_reading_does(value: bytes) -> None:
    assert seen(CODEC.skim, value) == seen(CODEC.decode, value)


def test_an_event_that_is_not_even_text_is_unreadable_and_keeps_its_place() -> None:
    commit = CODEC.decode(COMMIT.replace(b'"counter.rang.v1"', b'"\x80"'))
    assert not isinstance(commit, Claim)
    assert [type(event) for event in commit.events] == [Counted, UnreadableEvent]


def test_skimming_looks_into_no_event() -> None:
    commit = CODEC.skim(COMMIT)
    assert not isinstance(commit, Claim)
    assert all(isinstance(event, msgspec.Raw) for event in commit.events)
