"""Effects are performed side by side, and whatever an adapter does, something is said of each."""

import asyncio
from collections.abc import Sequence

from application.effects.performing import MOST_AT_ONCE, perform
from application.effects.ports import Effect
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


async def test_each_gets_its_own_answer_in_order_and_a_failure_is_unknown() -> None:
    adapter = Adapter()
    told = await perform({"file": adapter}, effects(100))
    assert [each.outcome for each in told] == ["accepted", "unknown"] * 50
    assert "secret" not in told[1].reason
    assert 1 < adapter.most <= MOST_AT_ONCE


async def test_who_says_nothing_is_not_waited_for_for_ever() -> None:
    (told,) = await perform({"file": Silent()}, effects(1), longest_s=0.01)
    assert (told.outcome, told.again) == ("unknown", True)


async def test_a_kind_that_nobody_performs_is_rejected() -> None:
    (told,) = await perform({}, effects(1))
    assert told.outcome == "rejected"
