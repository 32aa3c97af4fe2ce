"""Who asks for an export, an erasure or a merge, and how often they may."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from datetime import UTC, datetime

from application.ports.commands import Unavailable
from application.ports.limits import Tries
from application.ports.people import Execute, Knowledge
from application.subjects.erasure import ErasureReport, GoesLater, erase_everywhere
from application.subjects.export import archive_of
from application.subjects.merging import MergeReport, merge_everywhere
from interfaces.http.platform.problems import Problem

AT_ONCE = 2
"""Exports of one process: each reads the whole log."""

BUSY_RETRY_AFTER_S = 10.0
MOST_EXPORTS = 10
MOST_ERASURES = 10
MOST_MERGES = 60
"""More than erasures, as one takes over so many games and events at a time."""

WITHIN_S = 3_600


class People:
    """What all families know; `families` are those places that no feature has built itself."""

    def __init__(
        self, families: Sequence[Knowledge], later: Sequence[GoesLater], tries: Tries
    ) -> None:
        self._families = tuple(families)
        self._later = tuple(later)
        self._tries = tries
        self._running = 0

    def families(self, parts: Iterable[object]) -> Sequence[Knowledge]:
        """All places, those that features have built first."""
        return (*(part for part in parts if isinstance(part, Knowledge)), *self._families)

    async def admit_export(self, user_id: str) -> None:
        """Count somebody's export; raises `Problem` 429 and `Unavailable`."""
        await self._admit("export", user_id, MOST_EXPORTS)
        if self._running >= AT_ONCE:
            raise Unavailable(f"{AT_ONCE} exports are being written already.", BUSY_RETRY_AFTER_S)

    async def export(self, families: Sequence[Knowledge], user_id: str) -> AsyncGenerator[bytes]:
        """Somebody's archive in pieces; one of so many at a time until it is closed."""
        self._running += 1
        try:
            async for piece in archive_of(families, user_id, datetime.now(UTC)):
                yield piece
        finally:
            self._running -= 1

    async def erase(
        self, families: Sequence[Knowledge], execute: Execute, user_id: str, by: str
    ) -> ErasureReport:
        """Forget somebody; raises `Problem` 429."""
        await self._admit("erase", user_id, MOST_ERASURES)
        return await erase_everywhere(families, self._later, execute, user_id, by)

    async def merge(
        self, families: Sequence[Knowledge], execute: Execute, guest: str, into: str, by: str
    ) -> MergeReport:
        """Let a guest be part of an account; raises `Problem` 429, `Refusal` and `Unavailable`."""
        await self._admit("merge", guest, MOST_MERGES)
        return await merge_everywhere(families, execute, guest, into, by)

    async def _admit(self, what: str, user_id: str, most: int) -> None:
        if not await self._tries.may_try(f"{what}:{user_id}", most, WITHIN_S):
            raise Problem(
                429,
                "too-many-requests",
                f"That was asked for {most} times within an hour; wait, and ask again.",
                headers={"Retry-After": f"{WITHIN_S}"},
            )
