"""Where the accepted events of a topic are."""

from array import array
from collections.abc import Iterator, Sequence

from application.log.records import Commit
from domain.events import DomainEvent
from infra.eventlog.recorders.events import Stored

NO_NUMBER = -1


class Index:
    """Four numbers for each event, found by its sequence number or through its originator.

    The events of an originator form a chain from the highest version down, whatever the order
    they came in. One thread adds while others look, without a lock: the numbers of an event are
    complete before anything leads to them, and those of a commit are shown all at once.

    Memory: 28 bytes an event, and some 200 bytes an originator (`bench/replay.py` measures it).
    """

    def __init__(self) -> None:
        self.tracked: dict[str, int] = {}
        """By application: the highest id of its notifications that has been processed."""
        self.last_stored = NO_NUMBER
        """The sequence number of the last stored event."""
        self._end = 0
        self._offsets = array("q")
        self._versions = array("q")
        self._lower = array("q")
        self._topics = array("i")
        self._highest: dict[str, int] = {}
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return self._end

    def add(self, commit: Commit[DomainEvent], offset: int) -> None:
        """Take the next accepted commit; `offset` is where it stands in the topic."""
        assert commit.seq == self._end, "the accepted commits of a shard are dense"
        last, tracked = self.last_stored, self.tracked
        for seq, event in enumerate(commit.events, commit.seq):
            if isinstance(event, Stored):
                self._add(event, seq, offset)
                last = seq
            else:
                self._append(NO_NUMBER, event.originator_version, NO_NUMBER, offset)
                tracked = {**tracked, event.originator_id: event.originator_version}
        self._end += len(commit.events)
        self.last_stored, self.tracked = last, tracked

    def _add(self, event: Stored, seq: int, offset: int) -> None:
        topic = self._numbers.setdefault(event.topic, len(self._numbers))
        higher, lower = self._place(event.originator_id, event.originator_version)
        self._append(lower, event.originator_version, topic, offset)
        if higher == NO_NUMBER:
            self._highest[event.originator_id] = seq
        else:
            self._lower[higher] = seq

    def _append(self, lower: int, version: int, topic: int, offset: int) -> None:
        self._lower.append(lower)
        self._versions.append(version)
        self._topics.append(topic)
        self._offsets.append(offset)

    def _place(self, originator_id: str, version: int) -> tuple[int, int]:
        """The events above and below a version: the end of the chain is nearly always enough."""
        higher, lower = NO_NUMBER, self._highest.get(originator_id, NO_NUMBER)
        while lower != NO_NUMBER and self._versions[lower] > version:
            higher, lower = lower, self._lower[lower]
        return higher, lower

    def has(self, originator_id: str, version: int) -> bool:
        """Whether this version has been stored."""
        _, found = self._place(originator_id, version)
        return found != NO_NUMBER and self._versions[found] == version

    def offset(self, seq: int) -> int:
        """Where the commit that holds an event stands in the topic."""
        return self._offsets[seq]

    def of(
        self, originator_id: str, gt: int | None, lte: int | None, *, desc: bool, limit: int | None
    ) -> Sequence[int]:
        """The events of one originator with versions in `(gt, lte]`, in the order of versions."""
        found: list[int] = []
        end = self._end
        for seq in self._down(originator_id, gt):
            if desc and len(found) == limit:
                break
            if seq < end and (lte is None or self._versions[seq] <= lte):
                found.append(seq)
        return found if desc else found[::-1][:limit]

    def _down(self, originator_id: str, gt: int | None) -> Iterator[int]:
        seq = self._highest.get(originator_id, NO_NUMBER)
        while seq != NO_NUMBER and (gt is None or self._versions[seq] > gt):
            yield seq
            seq = self._lower[seq]

    def stored(self, first: int, end: int | None, topics: Sequence[str]) -> Iterator[int]:
        """The stored events in `[first, end)`, of all topics if none is named."""
        numbers = {self._numbers[topic] for topic in topics if topic in self._numbers}
        end = self._end if end is None else min(end, self._end)
        for seq in range(max(first, 0), end):
            topic = self._topics[seq]
            if topic != NO_NUMBER and (not topics or topic in numbers):
                yield seq
