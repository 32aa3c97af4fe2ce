"""Effects are performed side by side, and whatever an adapter does, something is said of each."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import closing

import pytest

from application.effects import performing
from application.effects.performing import MOST_AT_ONCE, Performing
from application.effects.ports import Adapters, Effect
from application.ports.deliveries import Delivery
from domain.effects.actions import FileLine
from domain.events import Position


def effects(count: int) -> Sequence[Effect]:
    return [
        Effect(f"r:t:0:{n}", "r", Position("t", 0, n), FileLine(file="f"), b"{}")
        for n in range(count)
    ]


class Adapter:
    """Says yes to even ones, fails at odd ones, and counts how many there are at once."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def perform(self, effect: Effect) -> Delivery:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        if effect.position.seq % 2:
            raise ValueError("a secret")
        return Delivery("accepted")

    async def close(self) -> None:
        """Hold nothing."""


class Silent(Adapter):
    async def perform(self, effect: Effect) -> Delivery:
        await asyncio.Event().wait()
        raise AssertionError


class SilentFirst(Adapter):
    """Says nothing to the first one until it is told to, from any thread."""

    def __init__(self) -> None:
        super().__init__()
        self.speaks = threading.Event()
        self.is_closed = False

    async def perform(self, effect: Effect) -> Delivery:
        if effect.position.seq == 0:
            await asyncio.to_thread(self.speaks.wait)
        return Delivery("accepted")

    async def close(self) -> None:
        self.is_closed = True


def test_who_takes_long_is_told_of_later_and_keeps_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(performing, "SLOW_S", 0.05)
    adapter = SilentFirst()
    with closing(Performing({"file": adapter})) as performs:
        first = performs(effects(40))
        assert sorted(each.effect.position.seq for each in first) == list(range(1, 40))
        monkeypatch.setattr(performing, "SLOW_S", 10.0)
        assert {each.effect.rule for each in performs([*effects(3)[1:]])} == {"r"}
        adapter.speaks.set()
        (late,) = performs(())
        assert (late.effect.position.seq, late.delivery.outcome) == (0, "accepted")
    assert adapter.is_closed


def test_what_is_under_way_is_broken_off_where_nobody_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(performing, "SLOW_S", 0.0)
    performs = Performing({"file": Silent()})
    assert performs(effects(2)) == []
    performs.close()


def all_told(adapters: Adapters, some: Sequence[Effect]) -> list[Delivery]:
    """What is said of each, in their order, once something is said of all."""
    with closing(Performing(adapters)) as performs:
        came = list(performs(some))
        while len(came) < len(some):
            came += performs(())
    assert len({each.effect.id for each in came}) == len(came) == len(some)
    return [each.delivery for each in sorted(came, key=lambda each: each.effect.position.seq)]


def test_each_gets_its_own_answer_and_a_failure_is_unknown() -> None:
    adapter = Adapter()
    told = all_told({"file": adapter}, effects(100))
    assert [each.outcome for each in told] == ["accepted", "unknown"] * 50
    assert "secret" not in told[1].reason
    assert 1 < adapter.most <= MOST_AT_ONCE


def test_who_says_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performing, "LONGEST_S", 0.01)
    (told,) = all_told({"file": Silent()}, effects(1))
    assert (told.outcome, told.again) == ("unknown", True)


def test_a_kind_that_nobody_performs_is_rejected() -> None:
    (told,) = all_told({}, effects(1))
    assert told.outcome == "rejected"
