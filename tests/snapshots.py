"""Snapshots and states of processes as they come back from where they were written."""

from collections.abc import Callable, Sequence

import msgspec

from application.ports.commands import Envelope
from application.ports.processes import StoredState
from application.process_runner import Process
from domain.aggregate import Aggregate
from domain.category import Category
from domain.events import DomainEvent, Recorded
from domain.snapshot import Part, Snapshot, State


def snapshot_of(category: Category, aggregate: Aggregate) -> Snapshot:
    """All that the aggregate gives away of itself, encoded and decoded again."""
    read = msgspec.json.Decoder(category.state_types).decode

    def kept(state: State) -> State:
        return read(msgspec.json.encode(state))  # type: ignore[no-any-return]

    parts = [Part(n, changed, kept(aggregate.part(n))) for n, changed in aggregate.parts.items()]
    return Snapshot(aggregate.id, aggregate.version, kept(aggregate.state()), parts)


def folds_the_same_from_any_snapshot(
    category: Category, kind: type[Aggregate], id: str, history: Sequence[DomainEvent]
) -> None:
    """Wherever a snapshot is taken: what is restored of it, and moved on, is the folded one."""
    ahead = kind(id)
    for cut, event in enumerate(history, start=1):
        ahead.evolve(event)
        restored = kind.restore(snapshot_of(category, ahead))
        assert snapshot_of(category, restored) == snapshot_of(category, ahead)
        for later in history[cut:]:
            restored.evolve(later)
        assert_same(category, restored, kind.fold(id, history))


def assert_same(category: Category, one: Aggregate, other: Aggregate) -> None:
    """Both have the same state, deadline and end."""
    assert snapshot_of(category, one) == snapshot_of(category, other)
    assert (one.deadline, one.finished) == (other.deadline, other.finished)


def reacts_the_same_from_any_state(build: Callable[[], Process], log: Sequence[Recorded]) -> None:
    """Wherever a process stops, one that begins with what was stored by then takes its place."""
    ahead, entries = build(), dict[str, str]()
    for cut in range(len(log) + 1):
        restored, folded = build(), build()
        kind = restored.state.take_changes(0).kind
        restored.state.restore(StoredState(kind, 0, len(ahead.state), entries), 0)
        for recorded in log[:cut]:
            folded.fold(recorded)
        assert restored.state == folded.state
        assert reactions(restored, log[cut:]) == reactions(folded, log[cut:])
        for recorded in log[cut : cut + 1]:
            ahead.react(recorded)
        for key, entry in ahead.state.take_changes(0).entries.items():
            entries.pop(key, None)
            if entry is not None:
                entries[key] = entry.decode()


def reactions(process: Process, log: Sequence[Recorded]) -> list[Envelope]:
    return [envelope for recorded in log for envelope in process.react(recorded)]
