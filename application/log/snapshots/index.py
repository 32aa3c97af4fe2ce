"""What a partition of a snapshots topic holds, and how a shard begins with it.

No record is wrong, but all of them together may be: a writer that was frozen puts an old snapshot
in the place of a newer one, a crash leaves parts without their aggregate. Whoever writes notices
that as it reads back, and writes again; whoever restores notices it (`restored.py`) and folds the
log instead.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import msgspec

from application.log.fold import Fold
from application.log.places import Places, Whereabouts
from application.log.snapshots.records import (
    BEGINNING,
    SnapshotCodec,
    StoredCheckpoint,
    StoredSnapshot,
    id_in,
    is_at_rest,
    is_final,
    is_final_key,
    part_in,
    part_key,
    whole_in,
    whole_key,
)
from application.log.snapshots.restored import RestoredFold, SnapshotsWrong
from domain.aggregate import Aggregate
from domain.category import Category
from domain.snapshot import State


class Kept(msgspec.Struct, gc=False):
    """The newest snapshot of an aggregate; `state` where it is held."""

    offset: int
    version: int
    seq: int
    parts: Mapping[int, int]
    state: State | None


class Restored(NamedTuple):
    """What a shard begins with: the gate at an offset, and the fold for the records from there."""

    checkpoint: StoredCheckpoint
    fold: Fold


class SnapshotIndex:
    """The newest record of every key of a partition.

    `put` takes the records in order. States are held for `restore`, until `forget_states`.
    """

    def __init__(self, category: Category) -> None:
        self.end = 0
        self.checkpoint: StoredCheckpoint | None = None
        self.snapshots: dict[str, Kept] = {}
        self.finals: dict[str, Kept] = {}
        self.wholes = Places()
        """Of those that may be idle, the newest version; an older one is superseded."""
        self._older: dict[str, set[int]] = {}
        self._newest_seq = 0
        self.unreadable: dict[str, str] = {}
        self._parts: dict[str, dict[tuple[int, int], bytes]] = {}
        self._holds_states = True
        self._category = category
        self._codec = SnapshotCodec(category)

    def put(self, offset: int, key: str, value: bytes | None) -> None:
        """Take the next record; one without a value takes away those before it."""
        self.end = offset + 1
        if self.unreadable:
            self.unreadable.pop(key, None)
        place = None if is_final_key(key) else part_in(key)
        if (version := whole_in(key)) is not None:
            self._put_whole(Whereabouts(offset, version), key, value)
        elif place is None:
            self._put(offset, key, value)
        elif value is None:
            self._parts.get(id_in(key), {}).pop(place, None)
        else:
            self._parts.setdefault(id_in(key), {})[place] = value if self._holds_states else b""

    def _put(self, offset: int, key: str, value: bytes | None) -> None:
        id, final = id_in(key), is_final_key(key)
        kept = self.finals if final else self.snapshots
        record = None if value is None else self._read(key, value)
        if record is None:
            kept.pop(id, None)
            return
        if isinstance(record, StoredCheckpoint):
            self.checkpoint = record
            return
        state = record.state if self._holds_states and not final else None
        kept[id] = Kept(offset, record.originator_version, record.seq, record.parts, state)

    def _put_whole(self, place: Whereabouts, key: str, value: bytes | None) -> None:
        id, version = id_in(key), place.version
        known = self.wholes.get(id)
        record = None if value is None else self._read(key, value)
        if record is None:
            self._forget_older(id, version)
            if known is not None and known.version == version:
                self.wholes.pop(id)
            return
        assert isinstance(record, StoredSnapshot)
        self._newest_seq = max(self._newest_seq, record.seq)
        if known is None or version >= known.version:
            self.wholes.put(id, place)
        if known is not None and version != known.version:
            self._supersede(id, min(version, known.version))

    def _supersede(self, id: str, version: int) -> None:
        """Take note that a snapshot of this version is there still, and a newer one too."""
        self._older.setdefault(id, set()).add(version)

    def _forget_older(self, id: str, version: int) -> None:
        if (versions := self._older.get(id)) is not None:
            versions.discard(version)
            if not versions:
                del self._older[id]

    def _read(self, key: str, value: bytes) -> StoredSnapshot[State] | StoredCheckpoint | None:
        try:
            return self._codec.decode(value)
        except msgspec.DecodeError as error:
            self.unreadable[key] = str(error)
            return None

    def holds(self, aggregate: Aggregate) -> bool:
        """Whether the newest snapshot is of this version, or a later one, and whole."""
        if is_final(aggregate):
            return aggregate.id in self.finals
        place = self.wholes.get(aggregate.id)
        if place is not None and place.version >= aggregate.version:
            return True
        if is_at_rest(aggregate):
            return False
        kept = self.snapshots.get(aggregate.id)
        return kept is not None and kept.version >= aggregate.version and self._whole(aggregate.id)

    def holds_part(self, id: str, number: int, changed: int) -> bool:
        """Whether this part is there."""
        return (number, changed) in self._parts.get(id, ())

    def _whole(self, id: str) -> bool:
        return all(self.holds_part(id, *place) for place in self.snapshots[id].parts.items())

    @property
    def outdated(self) -> Collection[str]:
        """The ids of aggregates of which older versions are kept beside the newest."""
        return self._older.keys()

    def before(self, id: str, version: int) -> Iterator[str]:
        """The keys of all that a snapshot of this version, which is whole, makes void."""
        yield from (whole_key(id, each) for each in self._older.get(id, ()) if each < version)
        kept = self.snapshots.get(id)
        if kept is not None and kept.version <= version:
            yield id
        yield from (part_key(id, *each) for each in self._parts.get(id, ()) if each[1] <= version)

    def superseded(self, id: str) -> Iterator[str]:
        """The keys of what no newer snapshot of this aggregate will name, either."""
        kept, whole = self.snapshots.get(id), self.wholes.get(id)
        if whole is not None:
            yield from self.before(id, whole.version)
        if kept is not None and self._whole(id) and (whole is None or kept.version > whole.version):
            for number, changed in self._parts.get(id, ()):
                if changed < kept.parts.get(number, kept.version + 1):
                    yield part_key(id, number, changed)

    def all_of(self, id: str) -> Iterator[str]:
        """The keys of everything about an aggregate but the final snapshot."""
        if id in self.snapshots:
            yield id
        yield from (part_key(id, *place) for place in self._parts.get(id, ()))
        yield from (whole_key(id, version) for version in self._older.get(id, ()))
        if whole := self.wholes.get(id):
            yield whole_key(id, whole.version)

    def restore(self) -> Restored:
        """Begin the fold of the shard; raises `SnapshotsWrong` where that is certain by now."""
        if not (self.snapshots or self.finals or self.wholes or self.checkpoint or self.unreadable):
            return Restored(BEGINNING, Fold(self._category))
        for key, reason in [*self.unreadable.items()]:
            if not self._is_outdated(key):
                raise SnapshotsWrong(f"The record of {key!r} cannot be read: {reason}.")
            del self.unreadable[key]
            self._supersede(id_in(key), whole_in(key) or 0)
        checkpoint = self.checkpoint or BEGINNING
        fold = RestoredFold(self._category, checkpoint.next_seq)
        for id, kept in self.finals.items():
            fold.include_evicted(id, kept.version, kept.seq, kept.offset)
            self._set_aside(id)
        for id, kept in self.snapshots.items():
            whole = self.wholes.get(id)
            if id not in self.finals and (whole is None or whole.version < kept.version):
                fold.include(self._aggregate(id, kept), kept.seq)
                self._set_aside(id)
        idle, self.wholes = self.wholes, Places()
        fold.include_idle(idle, self._newest_seq)
        fold.check()
        return Restored(checkpoint, fold)

    def _is_outdated(self, key: str) -> bool:
        """Whether a record that holds a whole aggregate is older than another that can be read."""
        id, version = id_in(key), whole_in(key)
        kept, whole = self.snapshots.get(id), self.wholes.get(id)
        newest = max(kept.version if kept else 0, whole.version if whole else 0)
        return version is not None and (id in self.finals or newest > version)

    def _set_aside(self, id: str) -> None:
        """Begin with something newer than the whole snapshot of an aggregate, if there is one."""
        if whole := self.wholes.pop(id):
            self._supersede(id, whole.version)

    def _aggregate(self, id: str, kept: Kept) -> Aggregate:
        assert kept.state is not None
        held = self._parts.get(id, {})
        try:
            parts = [(n, changed, held[n, changed]) for n, changed in kept.parts.items()]
            return self._codec.restore(id, kept.version, kept.state, parts)
        except Exception as error:  # whatever is wrong with it, the log can be folded instead
            raise SnapshotsWrong(
                f"The snapshot of {id!r} cannot be restored: {type(error).__name__}: {error}."
            ) from error

    def forget_states(self) -> None:
        """Hold no more than what is there, from here on; it is not restored from again."""
        self._holds_states = False
        for kept in self.snapshots.values():
            kept.state = None
        for parts in self._parts.values():
            parts.update(dict.fromkeys(parts, b""))
