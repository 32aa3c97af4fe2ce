"""The fold of the topic `subject-keys`: who has which keys.

A record's key is `<subject>/<id>`, its value the key, and no value takes that key away. There may
be several for a subject, where two processes made one at the same time; each opens what was sealed
with it. Erasing takes all of them away. The hall itself is a subject too, and is never erased.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from domain.personal import HALL, Sealed
from infra.subjects.cipher import KEY_BYTES, Master, digest, new_key, seal, unseal
from infra.subjects.held_keys import ID_BYTES, MOST_KEY_BYTES, HeldKeys

TICK = b"tick"
"""The key of a record that says nothing, and makes Kafka close the segment before it."""


class StoredKey(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a record: a key as it is, or wrapped with the master key of this id."""

    key: bytes
    master: str = ""


class KeyRecord(NamedTuple):
    """A record for the topic."""

    key: bytes
    value: bytes


class MalformedKey(ValueError):
    """A record that holds no key."""


class Keyring:
    """Every subject's keys; `foreign` are the records that need another master key.

    `unrolled_since` is the time, in milliseconds, of the first record after the last tick.
    """

    def __init__(self, master: Master | None = None) -> None:
        self._master = master
        self._masters = {"", master.id} if master else {""}
        self._held = HeldKeys()
        self.foreign: set[bytes] = set()
        self.unrolled_since: int | None = None

    def __len__(self) -> int:
        return len(self._held)

    def receive(self, key: bytes | None, value: bytes | None, at: int) -> str | None:
        """Take the topic's next record, of that time in milliseconds; returns whom it is about.

        Raises `MalformedKey`.
        """
        if key == TICK:
            self.unrolled_since = None
            return None
        if self.unrolled_since is None:
            self.unrolled_since = at
        subject, id = _read_key(key)
        stored = None if value is None else _read_value(value)
        record = _write_key(subject, id)
        self.foreign.discard(record)
        if stored is None:
            self._held.remove(subject, id)
        else:
            self._held.add(subject, id, stored.key)
            if stored.master not in self._masters:
                self.foreign.add(record)
        return subject

    def make(self, subject: str) -> KeyRecord:
        """The record of a new key, which counts once the topic has it."""
        id, key = os.urandom(ID_BYTES), new_key()
        stored = StoredKey(key=key)
        if self._master is not None:
            stored = StoredKey(key=self._master.wrap(key, subject), master=self._master.id)
        return KeyRecord(_write_key(subject, id), msgspec.json.encode(stored))

    def ids(self, subject: str) -> Sequence[str]:
        """The ids of a subject's keys, the latest last."""
        return [held.id.hex() for held in self._held.of(subject)]

    def records_of(self, subject: str) -> Sequence[bytes]:
        """The keys of the records that hold a subject's keys; what erasing takes away."""
        return [_write_key(subject, held.id) for held in self._held.of(subject)]

    def seal(self, subject: str, text: str) -> Sealed | None:
        """A text that only the subject's latest key opens; None where there is no key."""
        held = self._held.of(subject)
        key = self._key(held[-1].stored, subject) if held else None
        return None if key is None else seal(key, subject, text)

    def digest(self, text: str) -> str | None:
        """What tells a text from others to who has the hall's key; None where there is none.

        It is the first of the hall's keys, whoever made others at the same time: the topic has one
        order for all.
        """
        held = self._held.of(HALL)
        key = self._key(held[0].stored, HALL) if held else None
        return None if key is None else digest(key, text)

    def open(self, sealed: Sealed) -> str | None:
        """The text; None when its key is gone."""
        for held in self._held.of(sealed.subject):
            key = self._key(held.stored, sealed.subject)
            text = None if key is None else unseal(key, sealed)
            if text is not None:
                return text
        return None

    def _key(self, stored: bytes, subject: str) -> bytes | None:
        if len(stored) == KEY_BYTES:
            return stored
        return None if self._master is None else self._master.unwrap(stored, subject)


def _read_value(value: bytes) -> StoredKey:
    try:
        stored = msgspec.json.decode(value, type=StoredKey)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedKey(f"The value is no key: {error}.") from error
    if len(stored.key) > MOST_KEY_BYTES:
        raise MalformedKey(f"A key has at most {MOST_KEY_BYTES} bytes, and not {len(stored.key)}.")
    return stored


def _write_key(subject: str, id: bytes) -> bytes:
    return f"{subject}/{id.hex()}".encode()


def _read_key(key: bytes | None) -> tuple[str, bytes]:
    try:
        subject, _, text = (key or b"").decode().rpartition("/")
        id = bytes.fromhex(text)
    except ValueError as error:
        raise MalformedKey(f"{key!r} names no key: {error}.") from error
    if len(id) != ID_BYTES:
        raise MalformedKey(f"{key!r} names no key: an id has {ID_BYTES} bytes, and not {len(id)}.")
    return subject, id
