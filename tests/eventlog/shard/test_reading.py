"""What a shard makes of what it cannot decide, or cannot read."""

import msgspec
import pytest

from application.log.records import Codec, Commit
from application.log.shard import Role
from application.ports.commands import Unavailable
from domain.aggregate import Aggregate, AggregateUnknown
from domain.events import DomainEvent
from tests.eventlog.counter import (
    COUNTERS,
    Count,
    Counter,
    Stumble,
)
from tests.eventlog.shard.bench import Bench


class Other(Aggregate):
    pass


def test_a_decision_that_breaks_off_half_way_does_not_stay_in_memory() -> None:
    bench = Bench().owned()
    with pytest.raises(ZeroDivisionError):
        bench.ask(Stumble())
    assert bench.restarted
    assert bench.sent == []


def test_an_id_of_another_kind_of_aggregate_is_unknown() -> None:
    bench = Bench().owned()
    bench.ask(Count(counter="x"))
    bench.shard.fold._aggregates["x"].__class__ = type("Other", (Counter,), {})
    assert isinstance(bench.ask(Count(counter="x")).verdicts, list)
    bench.deliver()
    assert isinstance(bench.ask(Count(counter="x")).verdict, AggregateUnknown)


def test_garbage_on_the_topic_is_ignored_and_counted() -> None:
    bench = Bench().owned()
    bench.append(b"not json")
    bench.append(b'{"record":"poem"}')
    assert bench.shard.gate.refused["malformed"] == 2
    assert bench.shard.role is Role.OWNER


def test_a_shard_with_an_event_from_the_future_is_not_served() -> None:
    bench = Bench().owned()
    bench.ask(Count())
    value = bench.sent[0].replace(b"counter.counted.v1", b"counter.counted.v9")
    later = Bench()
    later.append(bench.log[0])
    later.append(value)
    later.shard.claim()
    unavailable = later.ask(Count()).verdict
    assert isinstance(unavailable, Unavailable)
    assert "counter.counted.v9" in str(unavailable)


def test_a_shard_that_cannot_be_folded_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(aggregate: Aggregate, event: DomainEvent) -> None:
        raise ZeroDivisionError("a bug")

    bench = Bench().owned()
    bench.ask(Count())
    bench.deliver()
    monkeypatch.setattr(Aggregate, "evolve", breaks)
    unavailable = bench.reread().ask(Count()).verdict
    assert isinstance(unavailable, Unavailable)
    assert "'counter'" in str(unavailable)
    assert "ZeroDivisionError: a bug" in str(unavailable)


def test_the_log_can_be_read_by_people() -> None:
    bench = Bench().owned()
    bench.ask(Count(), "command-1", fingerprint="f")
    stored = msgspec.json.decode(bench.sent[0])
    assert stored == {
        "record": "commit",
        "epoch": 1,
        "owner": "owner",
        "seq": 0,
        "command_id": "command-1",
        "metadata": {"fingerprint": "f"},
        "events": [
            {
                "type": "counter.counted.v1",
                "originator_id": "counter",
                "originator_version": 1,
                "timestamp": "2026-11-01T12:00:00Z",
                "total": 1,
            }
        ],
        "reply": {"total": 1},
    }
    assert isinstance(Codec(COUNTERS).decode(bench.sent[0]), Commit)
