"""What is told to who is there, without Redis."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from application.ports.told import Take


class FakeTold:
    """Passes everything on in this process."""

    def __init__(self) -> None:
        self.takers: dict[str, list[Take]] = defaultdict(list)

    async def tell(self, person: str, payload: Any) -> int:
        for take in self.takers[person]:
            take(payload)
        return bool(self.takers[person])

    @asynccontextmanager
    async def hear(self, person: str, take: Take) -> AsyncIterator[None]:
        self.takers[person].append(take)
        try:
            yield
        finally:
            self.takers[person].remove(take)
