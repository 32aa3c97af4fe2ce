"""Erasing somebody everywhere, step by step, with a report; what is half done is done again."""

from collections.abc import Sequence

import msgspec

from application.ports.commands import Unavailable
from application.ports.people import Execute, Knowledge
from application.subjects.steps import Stays, StepsTaken, StepTaken, Undone, staying, take

WHO = "who was merged into the account"


class GoesLater(msgspec.Struct, frozen=True, kw_only=True):
    """What Kafka deletes by itself, so many hours after it was written."""

    place: str
    what: str
    hours: int


class ErasureReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of what the hall knew of somebody; `complete` where nothing is left to repeat.

    `guests` are those who were merged into the account, and are forgotten with it.
    """

    user_id: str
    guests: list[str]
    complete: bool
    forgotten: list[StepTaken]
    undone: list[Undone]
    stays: list[Stays]
    later: list[GoesLater]


async def erase_everywhere(
    families: Sequence[Knowledge],
    later: Sequence[GoesLater],
    execute: Execute,
    user_id: str,
    by: str,
) -> ErasureReport:
    """Forget somebody in every place, each whether or not another one is away.

    What is `last` waits until all else is forgotten.
    """
    guests, unknown = await _guests_of(families, user_id)
    steps = StepsTaken([], unknown)

    async def forget(family: Knowledge) -> int:
        if family.last and steps.undone:
            raise Unavailable("It waits until all else is forgotten; ask again.")
        return sum([await family.erase(each, by, execute) for each in (user_id, *guests)])

    in_order = sorted(families, key=lambda family: family.last)
    await take(in_order, lambda family: family.forgets, forget, steps)
    return ErasureReport(
        user_id=user_id,
        guests=guests,
        complete=not steps.undone,
        forgotten=steps.done,
        undone=steps.undone,
        stays=staying(families, lambda family: family.stays),
        later=list(later),
    )


async def _guests_of(families: Sequence[Knowledge], user_id: str) -> tuple[list[str], list[Undone]]:
    """Who is forgotten with somebody, and where that is not known."""
    guests: list[str] = []
    unknown: list[Undone] = []
    for family in families:
        try:
            guests += await family.guests(user_id)
        except Unavailable as away:
            unknown.append(Undone(place=family.name, what=WHO, why=str(away)))
    return guests, unknown
