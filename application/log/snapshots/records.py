"""The records of a snapshots topic, as JSON that people can read in Kafka tools.

Every record says something that is true for ever, because it follows from the accepted records of
the log alone: what an aggregate was at a version, what a part of it held since the version that
changed it last, what the gate's state was at an offset. So it does not matter who wrote a record,
nor how often.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from domain.aggregate import Aggregate
from domain.category import Category
from domain.snapshot import Part, Snapshot, State

S = TypeVar("S")
CHECKPOINT_KEY: Final = "/checkpoint"
"""No id of an aggregate holds a slash."""
WHOLE: Final = "whole@"


class StoredCheckpoint(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="checkpoint"
):
    """The gate's state at an offset of the log, before the event `next_seq`.

    `url` is where the owner answers forwarded commands.
    """

    offset: int
    epoch: int
    owner: str
    url: str
    next_seq: int


BEGINNING: Final = StoredCheckpoint(offset=0, epoch=0, owner="", url="", next_seq=0)


class StoredSnapshot(
    msgspec.Struct, Generic[S], frozen=True, kw_only=True, tag_field="record", tag="snapshot"
):
    """An aggregate as it was before the shard's event `seq`; its key is its id.

    `parts` names its parts, each with the version that changed it last. No older snapshot can ever
    take the place of one under another key, so the aggregate itself need not be held: one to which
    nothing will happen any more is under `<id>/final`, one that may be idle for long under
    `<id>/whole@<version>`.
    """

    originator_id: str
    originator_version: int
    seq: int
    parts: dict[int, int]
    state: S


class StoredPart(
    msgspec.Struct, Generic[S], frozen=True, kw_only=True, tag_field="record", tag="part"
):
    """A part of an aggregate; its key is `<id>/<number>@<changed>`, and has one content only."""

    state: S


class Found(NamedTuple):
    """A record of the snapshots topic."""

    key: str
    value: bytes


def is_final(aggregate: Aggregate) -> bool:
    """Whether a snapshot of this aggregate, in one record, will do for ever."""
    return aggregate.finished and not aggregate.parts


def is_at_rest(aggregate: Aggregate) -> bool:
    """Whether it need not be in memory until something happens to it."""
    return aggregate.evicted_when_idle and aggregate.deadline is None and not aggregate.parts


def snapshot_key(aggregate: Aggregate) -> str:
    """The key of an aggregate's snapshot."""
    if is_final(aggregate):
        return final_key(aggregate.id)
    return whole_key(aggregate.id, aggregate.version) if is_at_rest(aggregate) else aggregate.id


def final_key(id: str) -> str:
    """The key of a snapshot that will do for ever."""
    return f"{id}/final"


def whole_key(id: str, version: int) -> str:
    """The key of a snapshot for as long as nothing happens to an aggregate of this version."""
    return f"{id}/{WHOLE}{version}"


def part_key(id: str, number: int, changed: int) -> str:
    """The key of the part of this number, as the version `changed` left it."""
    return f"{id}/{number}@{changed}"


def id_in(key: str) -> str:
    """The id of the aggregate that a record is about; empty for a checkpoint."""
    return key.partition("/")[0]


def is_final_key(key: str) -> bool:
    """Whether this is the key of a snapshot that will do for ever."""
    return key.endswith("/final")


def whole_in(key: str) -> int | None:
    """The version of the aggregate in whose key it stands, if it stands there."""
    _, whole, version = key.partition(f"/{WHOLE}")
    return int(version) if whole and version.isdecimal() else None


def part_in(key: str) -> tuple[int, int] | None:
    """The number and the version of the part that a key names, if it names one."""
    number, at, changed = key.partition("/")[2].partition("@")
    return (
        (int(number), int(changed)) if at and number.isdecimal() and changed.isdecimal() else None
    )


class SnapshotCodec:
    """Encodes and decodes the records of one category's snapshots topic."""

    def __init__(self, category: Category) -> None:
        self._restorers = category.restorers
        self._encode = msgspec.json.Encoder().encode
        self._decode = _decoder(StoredSnapshot, category.state_types, StoredCheckpoint)
        self._decode_part = _decoder(StoredPart, category.state_types)

    def encode_checkpoint(self, checkpoint: StoredCheckpoint) -> bytes:
        """The record of a checkpoint."""
        return self._encode(checkpoint)

    def encode(self, aggregate: Aggregate, seq: int) -> bytes:
        """The record of an aggregate as it is before the event `seq`; its parts come before it."""
        return self._encode(
            StoredSnapshot(
                originator_id=aggregate.id,
                originator_version=aggregate.version,
                seq=seq,
                parts=dict(aggregate.parts),
                state=aggregate.state(),
            )
        )

    def encode_part(self, aggregate: Aggregate, number: int) -> bytes:
        """The record of one of its parts."""
        return self._encode(StoredPart(state=aggregate.part(number)))

    def decode(self, value: bytes) -> StoredSnapshot[State] | StoredCheckpoint:
        """Read a record that is no part; raises `msgspec.DecodeError` for another version's."""
        return self._decode(value)  # type: ignore[no-any-return]

    def read(self, found: Found) -> Aggregate:
        """The aggregate of a snapshot without parts; raises what decoding and restoring raise."""
        record = self.decode(found.value)
        assert isinstance(record, StoredSnapshot)
        return self.restore(record.originator_id, record.originator_version, record.state)

    def restore(
        self, id: str, version: int, state: State, parts: Sequence[tuple[int, int, bytes]] = ()
    ) -> Aggregate:
        """The aggregate of a snapshot; its parts are given as number, version and record.

        Raises what decoding and restoring raise where they do not fit together.
        """
        decoded = [Part(n, changed, self._decode_part(value).state) for n, changed, value in parts]
        return self._restorers[type(state)].restore(Snapshot(id, version, state, decoded))


def _decoder(record: Any, states: Any, *others: Any) -> Callable[[bytes], Any]:
    # The states are known at run time only, so the type has to be put together there.
    kind = record.__class_getitem__(states)
    for other in others:
        kind = kind | other
    return msgspec.json.Decoder(kind).decode
