"""What a batch of events writes to Redis, whatever its size; without Redis."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from domain.events import DomainEvent
from projections.waitroom.queue import QueueChanges
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
