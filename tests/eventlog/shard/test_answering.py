"""What a shard does between a command and its answer."""

from application.log.shard import READ_BACK_TIMEOUT_S, IdempotencyKeyReused
from application.ports.commands import Unavailable
from tests.eventlog.counter import (
    Count,
    Look,
    LookClosely,
    TooHigh,
)
from tests.eventlog.shard.bench import Bench, total


def test_a_command_is_answered_when_its_commit_has_been_read_back_and_not_before() -> None:
    bench = Bench().owned()
    asked = bench.ask(Count())
    assert asked.verdicts == []
    bench.deliver()
    assert total(asked) == 1
    assert str(asked.verdict.position) == "counter-log/0@0"
    assert [str(r.position) for r in bench.published] == ["counter-log/0@0"]


def test_commands_are_decided_on_top_of_each_other_without_waiting() -> None:
    bench = Bench().owned()
    asked = [bench.ask(Count(times=2)) for _ in range(3)]
    bench.deliver()
    assert [total(a) for a in asked] == [2, 4, 6]
    assert [a.verdict.position.seq for a in asked] == [1, 3, 5]


def test_a_refusal_waits_for_what_it_was_decided_on() -> None:
    bench = Bench().owned()
    assert isinstance(bench.ask(Count(times=101)).verdict, TooHigh)
    bench.ask(Count())
    refused = bench.ask(Count(times=101))
    assert refused.verdicts == []
    bench.deliver()
    assert isinstance(refused.verdict, TooHigh)


def test_a_look_adds_nothing_to_the_log() -> None:
    bench = Bench().owned()
    bench.ask(Count(times=3))
    bench.deliver()
    looked = bench.ask(Look())
    assert total(looked) == 3
    assert bench.sent == []


def test_a_confirmed_command_is_answered_through_an_empty_commit() -> None:
    bench = Bench().owned()
    looked = bench.ask(LookClosely())
    assert looked.verdicts == []
    bench.deliver()
    assert total(looked) == 0
    assert total(bench.ask(Look())) == 0


def test_a_confirmed_command_is_not_answered_by_an_owner_that_was_fenced() -> None:
    bench = Bench().owned()
    looked = bench.ask(LookClosely())
    rival = bench.another("rival")
    rival.receive(0, bench.log[0])
    rival.claim()
    bench.append(bench.sent.pop())
    bench.deliver()
    assert isinstance(looked.verdict, Unavailable)


def test_no_empty_commit_is_like_another_so_the_copy_of_an_old_one_confirms_nothing() -> None:
    bench = Bench().owned()
    bench.ask(LookClosely())
    old = bench.sent[0]
    bench.deliver()
    looked = bench.ask(LookClosely())
    bench.append(old)
    assert isinstance(looked.verdict, Unavailable)


def test_a_repeated_command_gets_its_first_answer_and_happens_once() -> None:
    bench = Bench().owned()
    bench.ask(Count(), "once")
    bench.ask(Count())
    while_in_flight = bench.ask(Count(), "once")
    assert while_in_flight.verdicts == []
    bench.deliver()
    afterwards = bench.ask(Count(), "once")
    for asked in (while_in_flight, afterwards):
        assert total(asked) == 1
        assert asked.verdict.repeated
        assert asked.verdict.position.seq == 0
    assert total(bench.ask(Look())) == 2


def test_a_later_owner_remembers_the_first_answer_too() -> None:
    bench = Bench().owned()
    bench.ask(Count(times=5), "once")
    bench.ask(Count())
    bench.deliver()
    later = bench.reread()
    repeated = later.ask(Count(times=5), "once")
    assert total(repeated) == 5
    assert repeated.verdict.repeated
    assert later.sent == []


def test_a_command_id_that_comes_back_with_another_request_is_refused() -> None:
    bench = Bench().owned()
    bench.ask(Count(), "key", fingerprint="one")
    bench.deliver()
    assert isinstance(bench.ask(Count(), "key", fingerprint="two").verdict, IdempotencyKeyReused)
    assert bench.ask(Count(), "key", fingerprint="one").verdict.repeated


def test_a_silent_log_is_answered_unavailable_in_time_and_takes_no_new_commands() -> None:
    bench = Bench().owned()
    asked = bench.ask(Count())
    bench.monotonic += READ_BACK_TIMEOUT_S + 0.01
    bench.shard.tick(bench.now, bench.monotonic)
    assert isinstance(asked.verdict, Unavailable)
    assert isinstance(bench.ask(Count()).verdict, Unavailable)
    assert len(bench.sent) == 1
    bench.deliver()
    assert total(bench.ask(Look())) == 1
