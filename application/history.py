"""The past of one aggregate: its events up to a moment, and the state that they made.

There is no index from aggregates to their events: a shard is read from its beginning, up to the
moment or to its end. `History` keeps what it found, so the next look at the same aggregate reads
only what was added since.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import takewhile
from threading import Lock
from typing import Annotated, NamedTuple

import msgspec

from application.ports.commands import Unavailable
from application.ports.reading import Batch, Checkpoint, LogReader, ShardId
from domain.aggregate import Aggregate
from domain.category import Category
from domain.events import Position, Recorded
from domain.refusals import Refusal

SLICE_RECORDS = 500
"""Records read at a time; between two slices, a look gives way to all else in its process."""

READ_TIMEOUT_S = 0.2
"""Seconds to wait for a slice before looking at the time again."""

LOOK_TIMEOUT_S = 5.0
"""Seconds that a look may take, waiting for others included."""

MOST_EVENTS = 50_000
"""Events of one aggregate that a look goes through, and of all aggregates that are kept."""

MOST_STREAMS = 100
"""Aggregates that are kept."""


class Moment(NamedTuple):
    """The last of an aggregate's events that count: all that are in each of the limits given.

    `version` is that of the aggregate, `position` one of its shard; an event at exactly the
    limit counts.
    """

    version: int | None = None
    position: Position | None = None
    time: datetime | None = None

    def includes(self, recorded: Recorded) -> bool:
        """Whether an event of the aggregate had happened."""
        event, position = recorded.event, recorded.position
        return (
            (self.version is None or event.originator_version <= self.version)
            and (self.position is None or position.seq <= self.position.seq)
            and (self.time is None or event.timestamp <= self.time)
        )

    def is_over(self, checkpoint: Checkpoint) -> bool:
        """Whether nothing that is read from there on had happened."""
        return self.position is not None and checkpoint.includes(self.position)

    def require(self, shard: ShardId) -> None:
        """Raise `OtherShard` where the moment says nothing of what happened in a shard."""
        if self.position is not None and self.position[:2] != shard:
            raise OtherShard(
                f"{self.position} is no position of {shard[0]}/{shard[1]}, where this is."
            )


LATEST = Moment()
"""The end of the log."""


class Past(NamedTuple):
    """An aggregate as it was, its last event then, and the last so many events up to that."""

    aggregate: Aggregate
    latest: Recorded
    events: Sequence[Recorded]


class OtherShard(Refusal, type="position-elsewhere", status=422):
    """What is looked at is in another shard than the `position`."""


class HistoryUnreadable(Refusal, type="history-unreadable", status=422):
    """It has an event that only a newer program can read."""


class HistoryTooLong(Refusal, type="history-too-long", status=422):
    """It has more events than a request looks through; the command line does."""


def read_time(text: str) -> datetime:
    """A moment as people write it; raises `ValueError` with a sentence when it is none."""
    try:
        moment: datetime = msgspec.convert(text, Annotated[datetime, msgspec.Meta(tz=True)])
    except msgspec.ValidationError:
        raise ValueError(
            f"{text!r} is no time; write one with its offset, for example 2026-11-01T12:00:00Z."
        ) from None
    return moment


def batches(reader: LogReader, start: Sequence[Checkpoint], moment: Moment) -> Iterator[Batch]:
    """Read one shard from a place on, to its end now or to where the moment is over."""
    reader.start(start)
    (end,) = reader.ends().values()
    (at,) = reader.checkpoints()
    while at.offset < end and not moment.is_over(at):
        yield reader.read(SLICE_RECORDS, READ_TIMEOUT_S)
        (at,) = reader.checkpoints()


def events_of(reader: LogReader, aggregate_id: str, moment: Moment = LATEST) -> Iterator[Recorded]:
    """An aggregate's events up to a moment, from the reader of its shard, one after the other."""
    return takewhile(
        moment.includes,
        (
            recorded
            for batch in batches(reader, (), moment)
            for recorded in batch.events
            if recorded.event.originator_id == aggregate_id
        ),
    )


def fold(category: Category, events: Iterable[Recorded], keep: int = 0) -> Past | None:
    """Fold an aggregate's events, of which the last `keep` are kept; None where there is none.

    Raises `HistoryUnreadable`.
    """
    aggregate: Aggregate | None = None
    kept: deque[Recorded] = deque(maxlen=keep)
    for latest in events:
        evolver = _evolver(category, latest)
        if aggregate is None:
            aggregate = evolver(latest.event.originator_id)
        aggregate.evolve(latest.event)
        kept.append(latest)
    return None if aggregate is None else Past(aggregate, latest, kept)


def _evolver(category: Category, recorded: Recorded) -> type[Aggregate]:
    evolver = category.evolvers.get(type(recorded.event))
    if evolver is None:
        raise HistoryUnreadable(
            f"The event at {recorded.position} is none that this program knows; use a newer one."
        )
    return evolver


class Stream:
    """What is known of one aggregate: its events up to a place in its shard."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []
        self.at: Sequence[Checkpoint] = ()

    def take(self, aggregate_id: str, batch: Batch) -> None:
        """Add what the next batch has of it."""
        self.events.extend(r for r in batch.events if r.event.originator_id == aggregate_id)
        self.at = batch.checkpoints or self.at

    def reaches(self, moment: Moment) -> bool:
        """Whether all that had happened by then is known."""
        if not self.events:
            return False
        last = self.events[-1]
        return last.event.originator_version == moment.version or not moment.includes(last)


class History:
    """Looks into the past on behalf of people: one look at a time, none for too long.

    `shard_of(category, aggregate_id)` tells where an aggregate is,
    `open_reader(shard, aggregate_id)` reads it there.
    """

    def __init__(
        self,
        shard_of: Callable[[Category, str], ShardId],
        open_reader: Callable[[ShardId, str], LogReader],
        *,
        patience: float = LOOK_TIMEOUT_S,
        most_events: int = MOST_EVENTS,
    ) -> None:
        self._shard_of = shard_of
        self._open_reader = open_reader
        self._patience = patience
        self._most_events = most_events
        self._known: OrderedDict[tuple[str, str], Stream] = OrderedDict()
        self._turn = Lock()

    async def look(
        self, category: Category, aggregate_id: str, moment: Moment, keep: int
    ) -> Past | None:
        """The aggregate as of a moment, with its last `keep` events; None if it was not there.

        Raises `Unavailable` when the log was not read to the moment in time; the next look at
        this aggregate goes on from there. Raises `OtherShard` for a position that is not of the
        aggregate's shard, `HistoryTooLong` and `HistoryUnreadable`.
        """
        moment.require(self._shard_of(category, aggregate_id))
        return await asyncio.to_thread(self._look, category, aggregate_id, moment, keep)

    def _look(
        self, category: Category, aggregate_id: str, moment: Moment, keep: int
    ) -> Past | None:
        deadline = time.monotonic() + self._patience
        if not self._turn.acquire(timeout=self._patience):
            raise Unavailable("Others are looking into the past at the moment.")
        try:
            events = self._events(category, aggregate_id, moment, deadline)
            return fold(category, takewhile(moment.includes, events), keep)
        finally:
            self._turn.release()

    def _events(
        self, category: Category, aggregate_id: str, moment: Moment, deadline: float
    ) -> Sequence[Recorded]:
        key = category.topic, aggregate_id
        stream = self._known.setdefault(key, Stream())
        self._known.move_to_end(key)
        try:
            if not stream.reaches(moment):
                shard = self._shard_of(category, aggregate_id)
                with closing(self._open_reader(shard, aggregate_id)) as reader:
                    self._read_on(reader, aggregate_id, stream, moment, deadline)
        finally:
            self._forget()
        return stream.events

    def _read_on(
        self, reader: LogReader, aggregate_id: str, stream: Stream, moment: Moment, deadline: float
    ) -> None:
        for batch in batches(reader, stream.at, moment):
            stream.take(aggregate_id, batch)
            if stream.reaches(moment):
                return
            self._check(aggregate_id, stream, deadline)
            time.sleep(0)  # whoever waits for the interpreter gets it

    def _check(self, aggregate_id: str, stream: Stream, deadline: float) -> None:
        if len(stream.events) > self._most_events:
            raise HistoryTooLong(
                f"{aggregate_id!r} has more than {self._most_events:,} events, which is too many "
                "to look through from here; use `gamehall events state`."
            )
        if time.monotonic() > deadline:
            read = sum(checkpoint.offset for checkpoint in stream.at)
            raise Unavailable(f"{read:,} records of the log have been read, and there are more.")

    def _forget(self) -> None:
        """Keep what was looked at last, and no more than there is room for."""
        while (
            len(self._known) > MOST_STREAMS
            or sum(len(stream.events) for stream in self._known.values()) > self._most_events
        ):
            self._known.popitem(last=False)
