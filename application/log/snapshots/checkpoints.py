"""The checkpoints of one shard: what to write to its snapshots topic, and when that is enough.

A checkpoint is a place to start reading. Everything before it that a shard remembers must be in
the snapshots, or be remembered no more: the answers by command id are not in snapshots, so it lies
as many answers back as a shard remembers.

Pure: records go out and come back by hand, so that the same code runs in simulations.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from application.log.answers import REMEMBERED_COMMANDS
from application.log.fold import Fold
from application.log.snapshots.index import SnapshotIndex
from application.log.snapshots.records import (
    BEGINNING,
    CHECKPOINT_KEY,
    SnapshotCodec,
    StoredCheckpoint,
    id_in,
    is_final,
    part_key,
    snapshot_key,
)
from application.ports.reading import Checkpoint
from domain.aggregate import Aggregate
from domain.category import Category
from domain.events import Recorded

ANSWERS_BETWEEN_MARKS = 1_000
"""Answers between two places where a checkpoint may be made."""

Written = tuple[str, bytes | None]
"""A record by its key; without a value, it takes away those before it."""


class Mark(NamedTuple):
    """A place in the log, and how many answers have been given before it."""

    answers: int
    checkpoint: StoredCheckpoint


class Checkpoints:
    """Follows one shard, and says what its snapshots topic lacks.

    `index` is what the topic holds. Everything that is written there, by whoever, is to be `put`
    here as it is read back: a record that was lost, or replaced by an older one, is written again.
    """

    def __init__(
        self, category: Category, index: SnapshotIndex, fold: Fold, begin: StoredCheckpoint
    ) -> None:
        self._index = index
        self.fold = fold
        self.seq = begin.next_seq
        self._url = begin.url
        self._codec = SnapshotCodec(category)
        self._answers = 0
        self._command_id = ""
        self._marks = deque([Mark(0, begin)])
        self._changed = {aggregate.id for aggregate in fold if not index.holds(aggregate)}

    def put(self, offset: int, key: str, value: bytes | None) -> None:
        """Take the next record of the topic."""
        self._index.put(offset, key, value)
        self._changed.add(id_in(key))

    def take(self, events: Sequence[Recorded], reached: Checkpoint, url: str | None) -> None:
        """Fold the next events, after which the reader stands there; raises `CannotFold`.

        `url` is the owner's there, where it is another than at the last call.
        """
        self.fold.take(each.event for each in events)
        for each in events:
            self._changed.add(each.event.originator_id)
            if each.command_id != self._command_id:
                self._command_id = each.command_id
                self._answers += 1
        self.seq = reached.next_seq
        self._url = self._url if url is None else url
        if self._answers - self._marks[-1].answers >= ANSWERS_BETWEEN_MARKS:
            self._marks.append(Mark(self._answers, self._place(reached)))

    def _place(self, reached: Checkpoint) -> StoredCheckpoint:
        return StoredCheckpoint(
            offset=reached.offset,
            epoch=reached.epoch,
            owner=reached.owner,
            url=self._url,
            next_seq=reached.next_seq,
        )

    def lacking(self) -> Iterator[Written]:
        """What to write, for the topic to have every aggregate as it is now.

        To be exhausted before the index or the fold moves on. Nothing while the fold is in doubt.
        """
        if self.fold.doubt is None:
            yield from ((key, None) for key in self._index.unreadable)
            for aggregate in self._not_held():
                yield from self._records(aggregate)

    def _not_held(self) -> Iterator[Aggregate]:
        changed = (self.fold.get(id) for id in self._changed)
        return (a for a in changed if a is not None and not self._index.holds(a))

    def _records(self, aggregate: Aggregate) -> Iterator[Written]:
        for number, changed in aggregate.parts.items():
            if not self._index.holds_part(aggregate.id, number, changed):
                key = part_key(aggregate.id, number, changed)
                yield key, self._codec.encode_part(aggregate, number)
        yield snapshot_key(aggregate), self._codec.encode(aggregate, self.seq)

    def conclude(self) -> Iterator[Written]:
        """What to write once everything has been read back: a checkpoint, and what it makes void.

        Evicts what is final. Says nothing where something is lacking still.
        """
        if self.fold.doubt is not None or any(self.lacking()):
            return
        for id in self._changed:
            yield from ((key, None) for key in self._void(id))
        self._changed.clear()
        place = self._newest_place()
        if place.offset > (self._index.checkpoint or BEGINNING).offset:
            yield CHECKPOINT_KEY, self._codec.encode_checkpoint(place)

    def _void(self, id: str) -> list[str]:
        """The keys of what is of no use any more; lets go of an aggregate that is final."""
        aggregate = self.fold.get(id)
        if aggregate is not None and not is_final(aggregate):
            return list(self._index.superseded(id))
        if final := self._index.finals.pop(id, None):
            self.fold.evict(id, final.offset)
        return list(self._index.all_of(id)) if self.fold.evicted(id) else []

    def _newest_place(self) -> StoredCheckpoint:
        """The last mark that lies as many answers back as a shard remembers."""
        while (
            len(self._marks) > 1 and self._marks[1].answers <= self._answers - REMEMBERED_COMMANDS
        ):
            self._marks.popleft()
        return self._marks[0].checkpoint
