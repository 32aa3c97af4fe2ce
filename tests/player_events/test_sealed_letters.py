"""A letter says what a game has told of somebody, so it is sealed until it is looked at."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from domain.events import Position
from domain.personal import sealed_in
from domain.player_events.corrections import replacing
from domain.player_events.letters import (
    FORGOTTEN,
    DeadLetter,
    Decided,
    Decision,
    LetterRecord,
    fold,
    read,
    subject_of,
    unsealed,
)
from infra.dead_letters import TEXT_LIMIT_BYTES, VALUE_LIMIT_BYTES, fitting
from infra.player_events.dead_letters import decision_record
from infra.player_events.sealed_letters import PlainLetter, record_of_sealed, texts_of
from infra.subjects.keyring import Keyring
from tests.player_events.told import NOON, scored
from tests.subjects.test_sealing import erase, ring, sealed

SAID = "Ada of Nowhere"
WHERE = "player.events.raw/1@17"
FROM_CONSUMER = {"reason": "why", "position": WHERE, "consumer": "leaderboards"}
REPORT = b'{"player_id": "ada", "chat": "Ada of Nowhere"'


def written(keys: Keyring, plain: PlainLetter) -> LetterRecord:
    """A letter as its topic has it."""
    letter = plain.letter
    event, reason = (sealed(keys, *text) for text in texts_of([letter]))
    key, value, headers = record_of_sealed(plain, letter, event, reason)
    short, kept, told = fitting(key, value, headers)
    assert (short, kept) == (key.encode(), value), "none of it is cut once it is sealed"
    texts = {name: said.decode() for name, said in told if isinstance(said, bytes)}
    assert texts == headers
    return LetterRecord(Position(plain.topic, 1, 5), key, value.decode(), texts, NOON)


def of_event(**data: Any) -> PlainLetter:
    event = msgspec.structs.replace(scored("ada", id=str(uuid.uuid4())), data=as_raw(data))
    return PlainLetter("leaderboards.dlq", "ada", msgspec.json.encode(event), FROM_CONSUMER)


def as_raw(data: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(data))


def refused(value: bytes = REPORT, by: str = "game-server") -> PlainLetter:
    return PlainLetter("ingest.dlq", by, value, {"reason": f"not {SAID}", "field": "$.chat"})


def letter_in(record: LetterRecord) -> DeadLetter:
    letter = read(record)
    assert isinstance(letter, DeadLetter)
    return letter


@pytest.mark.parametrize("plain", [of_event(chat=SAID), refused(b"{}"), refused(REPORT + b"}")])
def test_who_has_the_key_reads_what_would_stand_there_in_the_open(plain: PlainLetter) -> None:
    keys = ring("ada", "game-server")
    record = written(keys, plain)
    assert SAID not in f"{record}"
    found = unsealed(letter_in(record), keys.open)
    there = msgspec.structs.replace(plain.letter, id=found.id, created_at=found.created_at)
    assert found == there


def test_whoever_is_erased_has_letters_that_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = ring("ada")
    letter = letter_in(written(keys, of_event(chat=SAID)))
    erase(keys, "ada")
    found = unsealed(letter, keys.open)
    assert (found.original_event, found.error_message) == ("", FORGOTTEN)
    assert (found.player_id, found.position) == ("ada", WHERE)


def test_it_is_sealed_for_whom_it_is_about_or_who_reported_what_names_nobody() -> None:
    assert subject_of(refused(REPORT + b"}").letter) == "ada"
    assert subject_of(refused(b"rubbish").letter) == "game-server"
    long = msgspec.json.encode({"player_id": "x" * 201})
    assert subject_of(refused(long).letter) == "game-server"
    assert len(subject_of(refused(b"rubbish", by="s" * 999).letter)) == 200


def test_the_same_event_is_one_letter_however_often_it_fails() -> None:
    keys, plain = ring("ada"), of_event(score="x")
    first = written(keys, plain)
    later = {**plain.headers, "position": "player.events.raw/1@99"}
    again = written(keys, plain._replace(headers=later))._replace(
        position=Position("leaderboards.dlq", 1, 9)
    )
    (letter,) = fold([], [read(first), read(again)])
    assert (letter.attempts, letter.position) == (2, "player.events.raw/1@99")


def test_a_repaired_event_that_failed_again_is_what_it_replaced() -> None:
    event = scored("ada", id=str(uuid.uuid4()))
    correction = replacing(event, by="ops", event_id=str(uuid.uuid4()), at=NOON)
    plain = PlainLetter("leaderboards.dlq", "ada", msgspec.json.encode(correction), FROM_CONSUMER)
    keys = ring("ada")
    letter = unsealed(letter_in(written(keys, plain)), keys.open)
    assert letter.event_id == event.event_id
    assert msgspec.json.decode(letter.original_event)["event_type"] == "player_score"


@pytest.mark.parametrize("size", [0, 1, 179 * 1024, 250 * 1024, 2_000_000])
def test_every_letter_fits_also_when_it_is_sealed(size: int) -> None:
    value = b'"' * size
    headers: Mapping[str, str] = {**FROM_CONSUMER, "reason": "é" * size}
    name = "\u00e9" * 200
    keys = ring(name)
    record = written(keys, PlainLetter("leaderboards.dlq", name, value, headers))
    assert len(record.value) <= VALUE_LIMIT_BYTES
    assert all(len(text.encode()) <= TEXT_LIMIT_BYTES for text in record.headers.values())
    assert ("cut" in record.headers) == (size > 180 * 1024)


def test_what_was_edited_is_read_by_who_has_the_key_too() -> None:
    keys = ring("ada")
    letter = letter_in(written(keys, of_event(score="x")))
    text = sealed(keys, "ada", '{"edited": true}')
    said = Decision(by="ann", attempt=1, sealed=text)
    record = decision_record(letter, "edit", said)
    assert b"edited" not in (record.value or b"")
    headers = {name: str(told) for name, told in record.headers}
    at = datetime.now(UTC)
    decided = read(
        LetterRecord(
            Position(*record[:1], 1, 6), "ada", (record.value or b"").decode(), headers, at
        )
    )
    assert isinstance(decided, Decided)
    letter.decide(decided)
    assert sealed_in(letter.edited_event or "") == text
    assert unsealed(letter, keys.open).edited_event == '{"edited": true}'


def test_what_only_looks_sealed_is_read_as_nothing_and_hurts_nobody() -> None:
    keys = ring("ada")
    for text in ('sealed:{"subject":"ada","sealed":"AAAA"}', "sealed:rubbish"):
        record = LetterRecord(Position("ingest.dlq", 0, 1), "x", text, {"reason": "why"}, NOON)
        found = unsealed(letter_in(record), keys.open)
        assert found.original_event in ("", "sealed:rubbish")
