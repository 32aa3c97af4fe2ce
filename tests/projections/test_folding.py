"""What a batch of events writes to Redis, whatever its size; without Redis."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from domain.events import DomainEvent
from domain.waitroom.events import SessionAdmitted, WaitroomArchived
from projections.waitroom.minutes import COUNT
from projections.waitroom.queue import ARCHIVE, QueueChanges
from tests.given import T0
from tests.projections.stories import tell_of_absence
from tests.projections.story import Narrator


class SortedSets:
    """Takes the commands of a pipeline, and does those that concern sorted sets."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, float]] = defaultdict(dict)
        self.evals: list[tuple[Any, ...]] = []

    def zadd(self, key: str, members: dict[str, float]) -> None:
        self.held[key] |= members

    def zrem(self, key: str, *members: str) -> None:
        for member in members:
            self.held[key].pop(member, None)

    def unlink(self, key: str) -> None:
        self.held.pop(key, None)

    def eval(self, script: str, keys: int, *arguments: Any) -> None:
        self.evals.append((script, *arguments))

    def hset(self, *_: Any, **__: Any) -> None: ...

    def hincrby(self, *_: Any) -> None: ...


def written(events: Iterable[DomainEvent], batch: int) -> SortedSets:
    pipeline, rest = SortedSets(), list(events)
    while rest:
        changes = QueueChanges()
        for event in rest[:batch]:
            changes.take(event)
        changes.write(pipeline, "g")  # type: ignore[arg-type]
        del rest[:batch]
    return pipeline


def test_nobody_is_missed_any_more_once_the_requirement_changes_in_whatever_batches() -> None:
    narrator = Narrator()
    tell_of_absence(narrator)
    events = [each.event for each in narrator.events]
    for batch in range(1, len(events) + 1):
        missed = written(events, batch).held["g:waitroom:attended:missed"]
        assert set(missed) == {"attended-5", "attended-6"}


def test_no_script_deletes_or_counts_more_than_redis_does_in_a_moment() -> None:
    def happened(kind: type[DomainEvent], **facts: Any) -> DomainEvent:
        return kind(originator_id="r", originator_version=1, timestamp=T0, **facts)

    admitted = [
        happened(SessionAdmitted, session_id=f"s{n}", user_id="u", deadline=T0)
        for n in range(4_500)
    ]
    archived = [happened(WaitroomArchived, sessions=n, left=0) for n in (2_000, 2_000, 1)]
    evals = written([*admitted, *archived], 10_000).evals
    deleted = [told[2:] for script, *told in evals if script == ARCHIVE]
    assert deleted == [[2_000, 0], [2_000, 0], [1, 0], [0, 1]]
    counted = [(told[2], len(told[3:]) // 3) for script, *told in evals if script == COUNT]
    assert counted == [(1, 2_000), (0, 2_000), (0, 501)], "one count, and 4,500 waits"
