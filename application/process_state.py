"""What a process manager remembers, kept so that only what has changed needs to be stored."""

from collections.abc import Iterator, MutableMapping
from typing import TypeVar

import msgspec

from application.log.records import NOT_READ
from application.ports.processes import StateChanges, StoredState
from domain.snapshot import State

Entry = TypeVar("Entry", bound=State)


class StateUnusable(Exception):
    """What is stored of a state cannot be begun with; it is told in a sentence why."""


class ProcessState(MutableMapping[str, Entry]):
    """The entries that a process remembers, all of one kind, by key.

    An entry is frozen, so nothing changes but by the mapping, which takes note of it. To begin with
    all of it is a change: nothing is known of what is stored.
    """

    def __init__(self, kind: type[Entry]) -> None:
        self._kind = kind
        self._entries: dict[str, Entry] = {}
        self._changed: set[str] = set()
        self.is_stored = False
        """Whether what is stored, with the changes since, is this state."""

    def __getitem__(self, key: str) -> Entry:
        return self._entries[key]

    def __setitem__(self, key: str, entry: Entry) -> None:
        self._entries[key] = entry
        self._changed.add(key)

    def __delitem__(self, key: str) -> None:
        del self._entries[key]
        self._changed.add(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def forget(self) -> None:
        """Begin with nothing, and know nothing of what is stored."""
        self._entries, self._changed, self.is_stored = {}, set(), False

    def restore(self, stored: StoredState, offsets: int) -> None:
        """Begin with what is stored, for a process that stands at `offsets`.

        Raises `StateUnusable` where it is of another kind or version, stands elsewhere, or is not
        all there; then nothing has changed.
        """
        if stored.kind != self._kind.wire_name():
            raise StateUnusable(f"It holds {stored.kind}, and not {self._kind.wire_name()}.")
        if stored.offsets != offsets:
            raise StateUnusable(
                f"Its offsets add up to {stored.offsets}, and those of the process to {offsets}."
            )
        if stored.size != len(stored.entries):
            raise StateUnusable(f"It has {len(stored.entries)} entries in place of {stored.size}.")
        try:
            read = msgspec.json.Decoder(self._kind).decode
            entries = {key: read(entry) for key, entry in stored.entries.items()}
        except NOT_READ as error:
            raise StateUnusable(f"An entry cannot be read: {error}.") from error
        self._entries, self._changed, self.is_stored = entries, set(), True

    def take_changes(self, offsets: int) -> StateChanges:
        """What is to be stored at `offsets`; it counts as stored from here on."""
        changed = self._changed if self.is_stored else self._entries
        changes = StateChanges(
            kind=self._kind.wire_name(),
            offsets=offsets,
            size=len(self),
            entries={key: self._encoded(key) for key in changed},
            is_whole=not self.is_stored,
        )
        self._changed, self.is_stored = set(), True
        return changes

    def _encoded(self, key: str) -> bytes | None:
        entry = self._entries.get(key)
        return None if entry is None else msgspec.json.encode(entry)
