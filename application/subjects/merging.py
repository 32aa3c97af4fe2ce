"""Merging a guest into an account, step by step, with a report, as an erasure is done."""

from collections.abc import Sequence

import msgspec

from application.ports.people import Execute, Knowledge
from application.subjects.steps import Stays, StepsTaken, StepTaken, Undone, staying, take


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
    nothing has moved.
    """
    for family in families:
        await family.admit(guest, into, by, execute)

    async def merge(family: Knowledge) -> int:
        return await family.merge(guest, into, by, execute)

    steps = StepsTaken([], [])
    await take(families, lambda family: family.merges, merge, steps)
    return MergeReport(
        guest_id=guest,
        user_id=into,
        complete=not steps.undone,
        merged=steps.done,
        undone=steps.undone,
        stays=staying(families, lambda family: family.keeps),
    )
