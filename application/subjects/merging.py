"""Merging a guest into an account, step by step, with a report, as an erasure is done."""

from collections.abc import Sequence

import msgspec

from application.ports.commands import Unavailable
from application.ports.people import Execute, Knowledge
from application.subjects.steps import Stays, StepsTaken, StepTaken, Undone, staying, take
from domain.refusals import Refusal


class MergeReport(msgspec.Struct, frozen=True, kw_only=True):
    """What has become an account's that was a guest's; `complete` where nothing is left to repeat.

    `stays` is what stays the guest's, and why.
    """

    guest_id: str
    user_id: str
    complete: bool
    merged: list[StepTaken]
    undone: list[Undone]
    stays: list[Stays]


async def merge_everywhere(
    families: Sequence[Knowledge], execute: Execute, guest: str, into: str, by: str
) -> MergeReport:
    """Let all that is a guest's be an account's, in each place whether or not another is away.

    Raises `Refusal` where they cannot be merged, and `Unavailable` where that is not known; then
    nothing has moved. An account that is closed meanwhile may be one that was erased, so what has
    moved after that is still to be forgotten: it is `undone`, and says so.
    """

    async def admit() -> None:
        for family in families:
            await family.admit(guest, into, by, execute)

    await admit()

    async def merge(family: Knowledge) -> int:
        return await family.merge(guest, into, by, execute)

    steps = StepsTaken([], [])
    await take(families, lambda family: family.merges, merge, steps)
    try:
        await admit()
    except (Refusal, Unavailable) as closed:
        why = f"{closed} If {into!r} was erased meanwhile, erase them once more."
        steps.undone.append(Undone(place="account", what="whether it is still there", why=why))
    return MergeReport(
        guest_id=guest,
        user_id=into,
        complete=not steps.undone,
        merged=steps.done,
        undone=steps.undone,
        stays=staying(families, lambda family: family.keeps),
    )
