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
from application.log.snapshots.idle import IDLE_EVENTS, Idlers
from application.log.snapshots.index import SnapshotIndex
from application.log.snapshots.records import (
    BEGINNING,
    CHECKPOINT_KEY,
    Found,
    SnapshotCodec,
    StoredCheckpoint,
    id_in,
    is_at_rest,
    is_final,
    part_key,
    snapshot_key,
    whole_in,
    whole_key,
)
from application.log.snapshots.restored import SnapshotsWrong
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
        self,
        category: Category,
        index: SnapshotIndex,
        fold: Fold,
        begin: StoredCheckpoint,
        idle_events: int = IDLE_EVENTS,
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
        self._changed.update(index.outdated)
        self._idlers = Idlers(idle_events)

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

    def absent(self) -> Sequence[tuple[str, int]]:
        """The aggregates that are to be brought back before anything is written, and from where.

        They have left memory, something has happened to them since, and nobody has written it.
        """
        for id in [*self.fold.unfolded]:
            self._catch_up(id)
        unfolded = ((id, self.fold.idle(id)) for id in self.fold.unfolded if not self._is_kept(id))
        return [(id, place.offset) for id, place in unfolded if place is not None]

    def _is_kept(self, id: str) -> bool:
        whole = self._index.wholes.get(id)
        return whole is not None and whole.version >= self.fold.version_of(id)

    def _catch_up(self, id: str) -> None:
        """Take note of what others have written of an aggregate that is not in memory."""
        whole = self._index.wholes.get(id)
        if whole is not None and whole.version <= self.fold.version_of(id):
            self.fold.rest(id, whole)

    def bring_back(self, id: str, found: Found | None) -> None:
        """Take an aggregate as it is at its offset; raises `SnapshotsWrong` where it is not."""
        place = self.fold.idle(id)
        if place is None or found is None or found.key != whole_key(id, place.version):
            raise SnapshotsWrong(f"The snapshot of {id!r} is not where it was.")
        self.fold.bring_back(self._codec.read(found))
        self._index.wholes.put(id, place)

    def lacking(self) -> Iterator[Written]:
        """What to write, for the topic to have every aggregate as it is now.

        To be exhausted before the index or the fold moves on. Nothing while the fold is in doubt.
        """
        if self.fold.doubt is None:
            # A whole one may be all that there is, once it can be read again.
            yield from ((key, None) for key in self._index.unreadable if whole_in(key) is None)
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

        Evicts what is final, or idle. Says nothing where something is lacking still.
        """
        if self.fold.doubt is not None or self.absent() or any(self.lacking()):
            return
        for id in self._changed:
            yield from ((key, None) for key in self._void(id))
            self._note(id)
        self._changed.clear()
        for id in self._idlers.evict(self.fold, self.seq):
            self._void_of_idle(id)
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
        if self.fold.idle(id):
            return self._void_of_idle(id)
        return list(self._index.all_of(id)) if self.fold.evicted(id) else []

    def _void_of_idle(self, id: str) -> list[str]:
        self._catch_up(id)
        self._index.wholes.pop(id)  # the fold has it
        place = self.fold.idle(id)
        return list(self._index.before(id, place.version)) if place else []

    def _note(self, id: str) -> None:
        aggregate, place = self.fold.get(id), self._index.wholes.get(id)
        if aggregate is not None and place is not None and is_at_rest(aggregate):
            self._idlers.note(id, place, self.seq)

    def _newest_place(self) -> StoredCheckpoint:
        """The last mark that lies as many answers back as a shard remembers."""
        while (
            len(self._marks) > 1 and self._marks[1].answers <= self._answers - REMEMBERED_COMMANDS
        ):
            self._marks.popleft()
        return self._marks[0].checkpoint
