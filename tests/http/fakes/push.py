"""Browsers that people asked to be told at, in memory."""

from collections.abc import Sequence

from application.ports.push import KnownSubscription, Subscription
from tests.given import T0


class FakeBrowsers:
    """Implements `ports.push.OwnBrowsers`."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, Subscription]] = {}

    async def add(self, person: str, subscription: Subscription) -> KnownSubscription:
        self.rows.pop(subscription.id, None)
        self.rows[subscription.id] = person, subscription
        return KnownSubscription(id=subscription.id, made_at=T0)

    async def known(self, person: str) -> Sequence[KnownSubscription]:
        return [KnownSubscription(id=each.id, made_at=T0) for each in await self.of(person)]

    async def of(self, person: str) -> Sequence[Subscription]:
        return [each for owner, each in reversed(self.rows.values()) if owner == person]

    async def forget(self, id: str) -> None:
        self.rows.pop(id, None)

    async def remove(self, person: str, id: str) -> bool:
        if id in self.rows and self.rows[id][0] == person:
            del self.rows[id]
            return True
        return False
