"""A text is readable as long as its key is there, and not a moment longer."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.personal import HALL, PersonalText, Sealed
from infra.subjects.cipher import BLOCK_BYTES, Master
from infra.subjects.keyring import TICK, KeyRecord, Keyring, MalformedKey

SECRET = "a master secret that is long enough"

names = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=100)


def ring(*subjects: str, master: Master | None = None) -> Keyring:
    keys = Keyring(master)
    for subject in subjects:
        keys.receive(*keys.make(subject), 0)
    return keys


def sealed(keys: Keyring, subject: str, text: str) -> Sealed:
    found = keys.seal(subject, text)
    assert found is not None
    return found


def erase(keys: Keyring, subject: str) -> None:
    for key in keys.records_of(subject):
        keys.receive(key, None, 0)


@given(names)
def test_what_was_sealed_is_opened_until_it_is_erased(name: str) -> None:
    keys = ring("ada", "bob")
    text = sealed(keys, "ada", name)
    assert keys.open(text) == name
    assert name not in text.sealed or len(name) < 3
    erase(keys, "ada")
    assert keys.open(text) is None
    assert keys.seal("ada", name) is None
    assert keys.open(sealed(keys, "bob", name)) == name


@given(names)
def test_every_name_that_is_let_in_comes_out_the_same(name: str) -> None:
    assert msgspec.convert(name, PersonalText) == name
    keys = ring("ada")
    assert keys.open(sealed(keys, "ada", name)) == name


def test_sealing_twice_gives_two_texts_that_tell_nothing_of_each_other() -> None:
    keys = ring("ada")
    first, second = sealed(keys, "ada", "Ada"), sealed(keys, "ada", "Ada")
    assert first != second
    assert len(first.sealed) == len(sealed(keys, "ada", "A" * BLOCK_BYTES).sealed)


def test_nobody_s_key_opens_what_is_about_somebody_else() -> None:
    keys = ring("ada", "bob")
    text = sealed(keys, "ada", "Ada")
    assert keys.open(Sealed(subject="bob", sealed=text.sealed)) is None


@pytest.mark.parametrize("rubbish", ["", "no base64!", "AAAA", "é"])
def test_what_was_never_sealed_is_not_opened(rubbish: str) -> None:
    assert ring("ada").open(Sealed(subject="ada", sealed=rubbish)) is None


def test_two_keys_that_were_made_at_once_both_open_and_are_both_erased() -> None:
    keys = ring("ada")
    before = sealed(keys, "ada", "Ada")
    keys.receive(*keys.make("ada"), 0)
    after = sealed(keys, "ada", "Ada L.")
    assert (keys.open(before), keys.open(after)) == ("Ada", "Ada L.")
    assert len(keys.ids("ada")) == 2
    erase(keys, "ada")
    assert (keys.open(before), keys.open(after), len(keys)) == (None, None, 0)


def test_who_comes_back_gets_a_new_key_that_does_not_open_the_past() -> None:
    keys = ring("ada")
    before = sealed(keys, "ada", "Ada")
    erase(keys, "ada")
    keys.receive(*keys.make("ada"), 0)
    assert keys.open(before) is None
    assert keys.open(sealed(keys, "ada", "Ada again")) == "Ada again"


def test_a_record_that_comes_twice_is_one_key() -> None:
    keys = Keyring()
    record = keys.make("ada")
    keys.receive(*record, 0)
    keys.receive(*record, 0)
    assert len(keys.ids("ada")) == 1


# -- under a master key ----------------------------------------------------------------------------


def test_a_wrapped_key_is_of_no_use_without_the_master_key() -> None:
    master = Master(SECRET)
    record = Keyring(master).make("ada")
    ours, theirs, nobodys = Keyring(Master(SECRET)), Keyring(Master(SECRET * 2)), Keyring()
    for keys in (ours, theirs, nobodys):
        keys.receive(*record, 0)
    text = sealed(ours, "ada", "Ada")
    assert ours.open(text) == "Ada"
    assert (theirs.open(text), nobodys.open(text)) == (None, None)
    assert (len(ours.foreign), len(theirs.foreign), len(nobodys.foreign)) == (0, 1, 1)


def test_keys_from_before_there_was_a_master_key_are_still_good() -> None:
    before = ring("ada")
    text = sealed(before, "ada", "Ada")
    after = Keyring(Master(SECRET))
    plain = before._held.of("ada")[0].stored
    stored = msgspec.json.encode({"key": plain})
    after.receive(before.records_of("ada")[0], stored, 0)
    assert after.open(text) == "Ada"


def test_somebody_can_be_erased_without_the_master_key() -> None:
    nobodys = Keyring()
    nobodys.receive(*Keyring(Master(SECRET)).make("ada"), 0)
    erase(nobodys, "ada")
    assert (len(nobodys), nobodys.foreign) == (0, set())


def test_a_wrapped_key_is_bound_to_its_subject() -> None:
    master = Master(SECRET)
    record = Keyring(master).make("ada")
    keys = Keyring(master)
    keys.receive(record.key.replace(b"ada", b"bob"), record.value, 0)
    assert keys.seal("bob", "Ada") is None


# -- the topic -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "record",
    [
        KeyRecord(b"ada/nothex", b"{}"),
        KeyRecord(b"\x80/00", b"{}"),
        KeyRecord(b"ada/0011223344556677", b"rubbish"),
        KeyRecord(b"ada/0011223344556677", b'{"key":"\x80"}'),
        KeyRecord(b"", b""),
    ],
)
def test_what_is_no_key_is_told_and_changes_nothing(record: KeyRecord) -> None:
    keys = ring("ada")
    with pytest.raises(MalformedKey):
        keys.receive(*record, 0)
    assert len(keys.ids("ada")) == 1


def test_a_subject_may_be_called_anything() -> None:
    for subject in ("", "tick", "a/b", "é ü", "x" * 200):
        keys = ring(subject)
        assert keys.open(sealed(keys, subject, "Ada")) == "Ada"


def test_the_time_since_the_last_tick_is_that_of_the_first_record_after_it() -> None:
    keys = Keyring()
    key = keys.make("ada")
    records = [(*key, 100), (*keys.make("bob"), 200), (TICK, b"{}", 300), (key.key, None, 400)]
    since = []
    for record in records:
        keys.receive(*record)
        since.append(keys.unrolled_since)
    assert since == [100, 100, None, 400]


@pytest.mark.parametrize("master", [None, Master("a secret of the hall that is long enough")])
def test_the_first_of_the_hall_s_keys_digests_for_all(master: Master | None) -> None:
    first, second = (Keyring(master).make(HALL) for _ in range(2))
    early, late = Keyring(master), Keyring(master)
    assert early.digest("ada@hall.example") is None
    early.receive(*first, 0)
    alone = early.digest("ada@hall.example")
    for ring in (early, late):
        for record in (first, second):
            ring.receive(*record, 0)
    assert alone == early.digest("ada@hall.example") == late.digest("ada@hall.example")
    assert re.fullmatch("[0-9a-f]{32}", alone or "")
    assert alone != early.digest("ada@hall.example ")
    alien = Keyring(master)
    alien.receive(*second, 0)
    assert alien.digest("ada@hall.example") != alone, "which is no hash that anybody can try out"
