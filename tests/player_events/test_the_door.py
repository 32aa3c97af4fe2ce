"""What comes from outside is looked at once, at the door, whichever way it comes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from application.door import (
    DEPTH_LIMIT,
    DIGITS_LIMIT,
    EVENT_LIMIT_BYTES,
    PIECES_LIMIT,
    are_sound,
    flaw,
    items_of,
)
from application.player_events.intake import Intake, Report
from domain.player_events.event import PlayerEvent
from domain.player_events.scores import score_of
from domain.player_events.unreadable import UnreadableRecord
from infra.player_events.reader import events_in
from tests.player_events.told import NOON, scored

ID = "0d9d3b7c-1a5e-4f0f-8a3b-6c2d1e0f9a8b"
GOOD = {
    "event_id": ID,
    "event_type": "player_score",
    "player_id": "ada",
    "game_id": "tetris",
    "timestamp": "2026-11-01T12:00:00Z",
    "ingested_at": "2026-11-01T12:00:00Z",
    "data": {"score": 150},
}

TAKEN = [
    b"{}",
    b'{"path": "C:\\\\u0000"}',
    b'{"text": "' + b"[" * 100 + b'"}',
    b'{"text": "1e1000, ' + b"7" * 100 + b'"}',
    b'{"hex": "0e12345"}',
    b"[]," * 40 + b"1",
    b"[" * DEPTH_LIMIT + b"]" * DEPTH_LIMIT,
    b"1" * DIGITS_LIMIT,
    b"[1e99, -1E-99, 0.000000000001]",
    '{"name": "Zoë \U0001f3ae"}'.encode(),
]

REFUSED = {
    "huge": b'"' + b"x" * EVENT_LIMIT_BYTES + b'"',
    "not UTF-8": b'{"reason": "refus\xe9"}',
    "NUL": b'{"a": "\\u0000"}',
    "NUL behind a backslash": b'{"a": "\\\\\\u0000"}',
    "deep": b"[" * (DEPTH_LIMIT + 1) + b"]" * (DEPTH_LIMIT + 1),
    "deep beside what is not": b'[[],{"a":' * 20 + b"1" + b"}]" * 20,
    "deeper than anybody reads": b"[" * 1_500 + b"]" * 1_500,
    "many digits": b"1" * (DIGITS_LIMIT + 1),
    "more digits than Python reads": b"7" * 60_000,
    "exponent": b'{"x": 1e4300}',
    "exponent with its sign": b'{"x": 1E+4300}',
    "negative exponent": b"[1e-999999]",
}


@pytest.mark.parametrize("text", TAKEN)
def test_what_everybody_can_read_is_taken(text: bytes) -> None:
    assert flaw(text) is None


@pytest.mark.parametrize("kind", REFUSED)
def test_what_somebody_could_not_read_is_refused_with_its_reason(kind: str) -> None:
    reason = flaw(REFUSED[kind])
    assert reason is not None
    assert reason[0].isupper()


ORDINARY = [b'{"score":150,"level":7}', b"{}", b'{"path":["a","b"]}'] * 20


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_hides_among_nothing_ordinary(kind: str) -> None:
    assert are_sound(ORDINARY)
    assert not are_sound([*ORDINARY, REFUSED[kind], *ORDINARY])


class Record:
    """A record as the client gives it."""

    def __init__(self, value: bytes | None) -> None:
        self._value = value

    def value(self) -> bytes | None:
        return self._value

    def key(self) -> bytes:
        return b"ada"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return 7


def found(*values: bytes | None) -> list[PlayerEvent | UnreadableRecord]:
    return events_in([Record(value) for value in values])  # type: ignore[misc]


def an_event(**changes: Any) -> bytes:
    return json.dumps(GOOD | changes).encode()


def with_data(data: bytes) -> bytes:
    return an_event(data="DATA").replace(b'"DATA"', data)


CANARY = an_event(player_id="canary")

STRANGE = {
    "nothing": None,
    "empty": b"",
    "no object": b"[]",
    "deep": with_data(b"[" * 1_500 + b"]" * 1_500),
    **{f"data: {kind}": with_data(text) for kind, text in REFUSED.items()},
    **{
        f"{field}: {kind}": an_event(**{field: value})
        for field in ("player_id", "game_id", "event_type")
        for kind, value in {"null": None, "number": 7, "empty": "", "long": "x" * 4_000}.items()
    },
    **{f"id {value!r}": an_event(event_id=value) for value in (None, 7, "", "x", "x" * 4_000)},
    "no zone": an_event(timestamp="2026-11-01T12:00:00"),
    "half a pair": an_event(player_id="cut").replace(b'"cut"', b'"\\ud83d"'),
    "latin-1": an_event(player_id="cut").replace(b'"cut"', b'"\xe9"'),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_a_record_that_cannot_be_read_is_set_aside_alone(kind: str) -> None:
    before, strange, after = found(CANARY, STRANGE[kind], CANARY)
    assert isinstance(strange, UnreadableRecord)
    assert strange.reason
    assert isinstance(before, PlayerEvent)
    assert isinstance(after, PlayerEvent)


def test_one_id_is_one_id_however_it_is_written() -> None:
    spellings = [ID.upper(), ID.replace("-", ""), ID]
    events = found(*[an_event(event_id=spelling) for spelling in spellings])
    assert {event.event_id for event in events if isinstance(event, PlayerEvent)} == {ID}
    assert len(events) == 3


@pytest.mark.parametrize(
    ("array", "items"),
    [
        (
            b'[{"a":"cut \\ud83d, ]"},{"b":[1,2]}, 3 ]',
            [b'{"a":"cut \\ud83d, ]"}', b'{"b":[1,2]}', b"3"],
        ),
        (b'["\xe9",2]', [b'"\xe9"', b"2"]),
        (b"[" + b"[" * 1_500 + b"]" * 1_500 + b",1]", [b"[" * 1_500 + b"]" * 1_500, b"1"]),
    ],
)
def test_the_items_of_an_array_are_found_where_one_of_them_cannot_be_read(
    array: bytes, items: list[bytes]
) -> None:
    assert items_of(array) == items


@pytest.mark.parametrize("text", [b"", b"[", b"[]", b"[1", b"[1],[2]", b"{}", b"[1]]", b"nonsense"])
def test_what_is_no_array_has_no_items(text: bytes) -> None:
    assert items_of(text) is None


def test_a_text_in_which_no_string_ends_is_looked_through_once() -> None:
    quotes = b'\\"' * 500_000
    for end in (b"", b"\\", b"]"):
        assert items_of(b'["' + quotes + end) is None


def test_an_array_is_cut_as_far_as_a_batch_goes() -> None:
    assert len(items_of(b"[" + b"1," * 400_000) or ()) == PIECES_LIMIT + 1


def test_when_it_happened_is_left_as_it_was_told() -> None:
    (event,) = found(an_event())
    assert isinstance(event, PlayerEvent)
    assert event.timestamp == datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("points", [-5, 10**9 + 1, 2**53 + 1, 7.5, "7", None])
def test_a_score_that_is_none_counts_nowhere(points: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        score_of(scored(points=points))


@pytest.mark.parametrize(("written", "points"), [("7", 7), ("7.0", 7), ("1e3", 1_000), ("0e0", 0)])
def test_a_whole_number_of_points_may_be_written_in_any_way(written: str, points: int) -> None:
    data = msgspec.Raw(f'{{"score":{written}}}'.encode())
    report = Report(
        event_type="player_score", player_id="ada", game_id="chess", timestamp=NOON, data=data
    )
    taken = Intake(accept_unknown=False, oldest=timedelta(days=1)).take_one(
        report, NOON, trusted=True
    )

    assert score_of(taken) == points
