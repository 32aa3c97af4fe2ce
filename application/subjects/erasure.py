"""Erasing somebody everywhere, step by step, with a report; what is half done is done again."""

from collections.abc import Iterator, Sequence

import msgspec

from application.ports.commands import Unavailable
from application.ports.people import Execute, Knowledge


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """What was forgotten in a place, and how much of it there was to forget this time."""

    place: str
    what: str
    count: int


class Stays(msgspec.Struct, frozen=True, kw_only=True):
    """What is still in a place, and why."""

    place: str
    why: str


class GoesLater(msgspec.Struct, frozen=True, kw_only=True):
    """What Kafka deletes by itself, so many hours after it was written."""

    place: str
    what: str
    hours: int


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """What was not forgotten in a place, and why; repeating the erasure goes on there."""

    place: str
    what: str
    why: str


class ErasureReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of what the hall knew of somebody; `complete` where nothing is left to repeat."""

    user_id: str
    complete: bool
    forgotten: list[Forgotten]
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
    forgotten: list[Forgotten] = []
    undone: list[Undone] = []
    for family in sorted(families, key=lambda each: each.last):
        if not family.forgets:
            continue
        told = {"place": family.name, "what": family.forgets}
        if family.last and undone:
            undone.append(Undone(**told, why="It waits until all else is forgotten; ask again."))
            continue
        try:
            forgotten.append(Forgotten(**told, count=await family.erase(user_id, by, execute)))
        except Unavailable as away:
            undone.append(Undone(**told, why=str(away)))
    return ErasureReport(
        user_id=user_id,
        complete=not undone,
        forgotten=forgotten,
        undone=undone,
        stays=list(_staying(families)),
        later=list(later),
    )


def _staying(families: Sequence[Knowledge]) -> Iterator[Stays]:
    for family in families:
        if family.stays:
            yield Stays(place=family.name, why=family.stays)
