"""What all families do to somebody, step by step; what is half done is done again."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import msgspec

from application.ports.commands import Unavailable
from application.ports.people import Knowledge


class StepTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What was done in a place, and how much of it there was to do this time."""

    place: str
    what: str
    count: int


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """What was not done in a place, and why; repeating all of it goes on there."""

    place: str
    what: str
    why: str


class Stays(msgspec.Struct, frozen=True, kw_only=True):
    """What is still in a place as it was, and why."""

    place: str
    why: str


class StepsTaken(NamedTuple):
    """What has come of the steps of all families."""

    done: list[StepTaken]
    undone: list[Undone]


async def take(
    families: Sequence[Knowledge],
    says: Callable[[Knowledge], str],
    act: Callable[[Knowledge], Awaitable[int]],
    steps: StepsTaken,
) -> None:
    """Let each family act that says what it does, whether or not another one is away."""
    for family in families:
        if what := says(family):
            try:
                steps.done.append(StepTaken(place=family.name, what=what, count=await act(family)))
            except Unavailable as away:
                steps.undone.append(Undone(place=family.name, what=what, why=str(away)))


def staying(families: Sequence[Knowledge], says: Callable[[Knowledge], str]) -> list[Stays]:
    """What families say that stays with them."""
    return [Stays(place=family.name, why=why) for family in families if (why := says(family))]
