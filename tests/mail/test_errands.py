"""What is done after an answer: in order, some at a time, and so many may wait."""

import asyncio

import pytest

from application.errands import Errands
from application.ports.commands import Unavailable


async def test_an_errand_that_fails_keeps_no_other_from_being_run() -> None:
    done: list[int] = []

    async def good(number: int) -> None:
        done.append(number)

    async def bad() -> None:
        raise RuntimeError("ada@hall.example")

    errands = Errands()
    async with errands.running(1):
        errands.add(lambda: good(1))
        errands.add(bad)
        errands.add(lambda: good(2))
        await errands.done()
    assert done == [1, 2]


async def test_what_waits_at_the_end_is_still_done() -> None:
    done: list[str] = []

    async def late() -> None:
        await asyncio.sleep(0)
        done.append("late")

    errands = Errands()
    async with errands.running():
        errands.add(late)
    assert done == ["late"]


async def test_no_more_waits_than_there_is_room_for() -> None:
    async def never() -> None:
        raise AssertionError

    errands = Errands(most=2)
    errands.add(never)
    errands.add(never)
    with pytest.raises(Unavailable):
        errands.add(never)
