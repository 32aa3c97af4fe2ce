"""Who owns a shard, and what becomes of what is in flight when that changes."""

from application.log.shard import Role
from application.ports.commands import NotOwned, Unavailable
from tests.eventlog.counter import (
    Count,
    Look,
)
from tests.eventlog.shard.bench import Bench, total


def test_who_does_not_own_the_shard_answers_unavailable() -> None:
    bench = Bench()
    assert isinstance(bench.ask(Count()).verdict, Unavailable)
    bench.shard.claim()
    assert isinstance(bench.ask(Count()).verdict, Unavailable)
    assert bench.shard.role is Role.CANDIDATE


def test_a_claim_that_comes_second_makes_its_candidate_follow_again() -> None:
    bench = Bench()
    bench.shard.claim()
    rival = bench.another("rival")
    rival.claim()
    bench.append(bench.sent.pop())
    bench.deliver()
    assert bench.shard.role is Role.FOLLOWER
    assert bench.shard.gate.owner == "rival"


def test_a_newer_claim_ends_ownership_and_leaves_nobody_waiting() -> None:
    bench = Bench().owned()
    asked = bench.ask(Count())
    overtaken(bench)
    assert isinstance(asked.verdict, Unavailable)
    assert bench.restarted
    assert bench.shard.role is Role.FOLLOWER


def overtaken(bench: Bench) -> None:
    rival = bench.another("rival")
    for offset, value in enumerate(bench.log):
        rival.receive(offset, value)
    rival.claim()
    bench.append(bench.sent.pop())


def test_an_owner_with_nothing_in_flight_keeps_its_fold_when_it_is_overtaken() -> None:
    bench = Bench().owned()
    bench.ask(Count(times=3))
    bench.deliver()
    overtaken(bench)
    assert not bench.restarted
    assert bench.shard.role is Role.FOLLOWER
    assert total(bench.owned().ask(Look())) == 3


def test_who_released_a_shard_answers_what_is_in_flight_and_takes_nothing_new() -> None:
    bench = Bench().owned()
    asked = bench.ask(Count())
    bench.shard.release()
    assert isinstance(bench.ask(Count()).verdict, NotOwned)
    bench.deliver()
    assert total(asked) == 1
    overtaken(bench)
    assert not bench.restarted


def test_a_released_shard_is_read_again_when_its_last_commits_came_too_late() -> None:
    bench = Bench().owned()
    asked = bench.ask(Count())
    [late] = bench.sent
    bench.sent.clear()
    bench.shard.release()
    overtaken(bench)
    assert isinstance(asked.verdict, NotOwned)
    assert bench.restarted
    bench.append(late)
    assert bench.shard.gate.next_seq == 0


def test_a_released_shard_is_not_claimed_on_top_of_a_commit_that_is_lost() -> None:
    bench = Bench().owned()
    bench.ask(Count())
    bench.sent.clear()  # lost
    bench.shard.release()
    bench.shard.claim()
    assert bench.restarted
    assert bench.sent == []


def test_a_shard_says_where_its_owner_is() -> None:
    bench = Bench().owned()
    assert bench.shard.owner_url == "http://owner"
    overtaken(bench)
    assert bench.shard.owner_url == "http://rival"


def test_a_commit_of_its_own_that_is_refused_makes_the_owner_start_over() -> None:
    bench = Bench().owned()
    first, second = bench.ask(Count()), bench.ask(Count())
    del bench.sent[0]  # lost on the way
    bench.deliver()
    assert bench.restarted
    assert isinstance(first.verdict, Unavailable)
    assert isinstance(second.verdict, Unavailable)


def test_no_epoch_is_claimed_twice_even_by_who_has_not_read_its_own_claim_again() -> None:
    bench = Bench().owned()
    bench.ask(Count())
    bench.sent.clear()
    bench.shard.start_over("Kafka did not take a record")
    bench.shard.claim()
    bench.shard.receive(0, bench.log[0])
    early = bench.ask(Look()).verdict
    assert isinstance(early, Unavailable), "its first claim says nothing of what followed it"
    bench.deliver()
    assert bench.shard.role is Role.OWNER
    assert bench.shard.gate.epoch == 2
