"""Time in a shard: deadlines of the fold, and a clock that does not run backwards."""

from tests.eventlog.counter import (
    Count,
    SetAlarm,
)
from tests.eventlog.shard.bench import Bench
from tests.given import at


def test_a_deadline_in_the_fold_is_fired_by_the_owner_once() -> None:
    bench = Bench().owned()
    bench.ask(SetAlarm(seconds=10))
    bench.deliver()
    bench.shard.tick(at(9), 0.0)
    assert bench.sent == []
    bench.shard.tick(at(10), 0.0)
    bench.shard.tick(at(11), 0.0)
    assert len(bench.sent) == 1
    bench.deliver()
    assert bench.published[-1].event.wire_name() == "counter.rang.v1"
    assert bench.published[-1].metadata.actor == "deadline"


def test_a_later_owner_has_the_deadlines() -> None:
    bench = Bench().owned()
    bench.ask(SetAlarm(seconds=10))
    bench.deliver()
    later = bench.reread()
    later.shard.tick(at(10), 0.0)
    later.deliver()
    assert later.published[-1].event.wire_name() == "counter.rang.v1"


def test_a_deadline_that_was_moved_fires_at_its_new_time() -> None:
    bench = Bench().owned()
    bench.ask(SetAlarm(seconds=10))
    bench.ask(SetAlarm(seconds=20))
    bench.deliver()
    bench.shard.tick(at(15), 0.0)
    assert bench.sent == []
    bench.shard.tick(at(20), 0.0)
    assert len(bench.sent) == 1


def test_time_in_a_shard_does_not_run_backwards() -> None:
    bench = Bench(now=at(100)).owned()
    bench.ask(Count())
    bench.now = at(50)
    bench.ask(Count())
    bench.deliver()
    assert [r.event.timestamp for r in bench.published] == [at(100), at(100)]
