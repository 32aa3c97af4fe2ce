"""What a shard does between a command and its answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import msgspec
import pytest

from application.log.records import Codec, Commit, recorded_events
from application.log.shard import READ_BACK_TIMEOUT_S, IdempotencyKeyReused, Role, Shard
from application.ports.commands import Answer, Envelope, NotOwned, Unavailable, Verdict
from domain.aggregate import Aggregate, AggregateUnknown, Command
from domain.events import DomainEvent, Metadata, Recorded
from tests.eventlog.counter import (
    COUNTERS,
    Count,
    Counter,
    Look,
    LookClosely,
    SetAlarm,
    Stumble,
    TooHigh,
    Total,
)
from tests.given import T0, at


@dataclass
class Bench:
    """A shard on a log that delivers when told to."""

    sent: list[bytes] = field(default_factory=list)
    log: list[bytes] = field(default_factory=list)
    published: list[Recorded] = field(default_factory=list)
    now: datetime = T0
    monotonic: float = 0.0
    restarted: bool = False
    numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.shard = self.another("owner")

    def another(self, owner: str) -> Shard:
        return Shard(
            COUNTERS,
            0,
            owner=owner,
            url=f"http://{owner}",
            append=lambda key, value: self.sent.append(value),
            restart=self.restart,
            publish=self.publish,
        )

    def publish(self, commit: Commit[DomainEvent]) -> None:
        self.published.extend(recorded_events("counter-log", 0, commit))

    def restart(self) -> None:
        self.restarted = True

    def owned(self) -> "Bench":
        self.shard.claim()
        self.deliver()
        return self

    def deliver(self) -> None:
        """Append what was sent, and let the shard read it back."""
        sent, self.sent[:] = list(self.sent), []
        for value in sent:
            self.append(value)

    def append(self, value: bytes) -> None:
        self.log.append(value)
        self.shard.receive(len(self.log) - 1, value)

    def ask(
        self, command: Command, command_id: str = "", fingerprint: str | None = None
    ) -> "Asked":
        asked = Asked()
        self.shard.execute(
            Envelope(
                command_id=command_id or f"command-{next(self.numbers)}",
                command=command,
                metadata=Metadata(fingerprint=fingerprint),
            ),
            asked.verdicts.append,
            now=self.now,
            monotonic=self.monotonic,
        )
        return asked

    def reread(self) -> "Bench":
        """A fresh shard of the same process that has folded the whole log and owns it."""
        again = Bench(log=[], sent=[])
        for value in self.log:
            again.append(value)
        return again.owned()


@dataclass
class Asked:
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def verdict(self) -> Any:
        assert len(self.verdicts) == 1, f"answered {len(self.verdicts)} times"
        return self.verdicts[0]


class Other(Aggregate):
    pass


def total(asked: Asked) -> int:
    answer = asked.verdict
    assert isinstance(answer, Answer)
    if isinstance(answer.reply, msgspec.Raw):
        return msgspec.json.decode(answer.reply, type=Total).total
    assert isinstance(answer.reply, Total)
    return answer.reply.total


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
