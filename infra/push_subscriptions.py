"""Browsers that people asked to be told at, in PostgreSQL, each sealed for its person.

An endpoint is a word that opens: who knows it and its keys can push to that browser.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row, tuple_row
from psycopg.types.json import Jsonb

from application.ports.commands import Seals
from application.ports.people import Execute, Knowledge
from application.ports.push import KnownSubscription, Subscription
from domain.personal import Sealed
from infra.away import away_is_unavailable
from projections.people import TableSays
from projections.positions import Pool

MOST_OF_ONE = 20
"""Browsers of a person; with one more, the one that was added first is forgotten."""

AWAY = "The browsers that are pushed to cannot be looked up"

ADD = """
    INSERT INTO push_subscriptions (id, user_id, browser, made_at) VALUES (%s, %s, %s, now())
    ON CONFLICT (id) DO UPDATE
    SET user_id = excluded.user_id, browser = excluded.browser, made_at = excluded.made_at
    RETURNING id, made_at
"""

TOO_MANY = """
    DELETE FROM push_subscriptions WHERE id IN (
        SELECT id FROM push_subscriptions WHERE user_id = %s
        ORDER BY made_at DESC, id OFFSET %s
    )
"""

OF = """
    SELECT id, made_at, browser FROM push_subscriptions WHERE user_id = %s
    ORDER BY made_at DESC, id
"""

FORGET = "DELETE FROM push_subscriptions WHERE id = %s"
REMOVE = "DELETE FROM push_subscriptions WHERE user_id = %s AND id = %s"
FORGET_ALL = "DELETE FROM push_subscriptions WHERE user_id = %s"

SAYS = TableSays(
    of=("user_id",),
    sealed=("browser",),
    facts=("id", "made_at"),
    stays="no browser of yours, once you are forgotten",
)
"""What the table tells of people; see `projections.people`."""


class _Browser(msgspec.Struct):
    """What is sealed."""

    endpoint: str
    p256dh: bytes
    auth: bytes


class BrowsersInPostgres:
    """Implements `ports.push.OwnBrowsers`."""

    def __init__(self, pool: Pool, seals: Seals) -> None:
        self._pool = pool
        self._seals = seals

    async def add(self, person: str, subscription: Subscription) -> KnownSubscription:
        """See the port."""
        told = msgspec.json.encode(
            _Browser(subscription.endpoint, subscription.p256dh, subscription.auth)
        )
        sealed = await self._seals.seal(person, told.decode())
        browser = Jsonb(msgspec.to_builtins(sealed))
        with away_is_unavailable(AWAY):
            async with (
                self._pool.connection() as connection,
                connection.transaction(),
                connection.cursor(row_factory=class_row(KnownSubscription)) as cursor,
            ):
                added = await (
                    await cursor.execute(ADD, [subscription.id, person, browser])
                ).fetchone()
                await connection.execute(TOO_MANY, [person, MOST_OF_ONE])
        assert added is not None
        return added

    async def known(self, person: str) -> Sequence[KnownSubscription]:
        """See the port."""
        return [KnownSubscription(id=id, made_at=at) for id, at, _ in await self._rows(person)]

    async def of(self, person: str) -> Sequence[Subscription]:
        """See the port."""
        opened = [(id, self._opened(browser)) for id, _, browser in await self._rows(person)]
        return [
            Subscription(id=id, endpoint=told.endpoint, p256dh=told.p256dh, auth=told.auth)
            for id, told in opened
            if told is not None
        ]

    async def forget(self, id: str) -> None:
        """See the port."""
        await self._delete(FORGET, [id])

    async def remove(self, person: str, id: str) -> bool:
        """See the port."""
        return await self._delete(REMOVE, [person, id]) > 0

    async def forget_all(self, person: str) -> int:
        """Remove all of a person; gives how many there were. Raises `Unavailable`."""
        return await self._delete(FORGET_ALL, [person])

    async def _rows(self, person: str) -> Sequence[tuple[str, datetime, Any]]:
        with away_is_unavailable(AWAY):
            async with (
                self._pool.connection() as connection,
                connection.cursor(row_factory=tuple_row) as cursor,
            ):
                return await (await cursor.execute(OF, [person])).fetchall()

    async def _delete(self, statement: Any, values: Sequence[str]) -> int:
        with away_is_unavailable(AWAY):
            async with self._pool.connection() as connection:
                return (await connection.execute(statement, values)).rowcount

    def _opened(self, browser: Any) -> _Browser | None:
        text = self._seals.open(msgspec.convert(browser, Sealed))
        return None if text is None else msgspec.json.decode(text, type=_Browser)


class BrowsersOfPeople(Knowledge):
    """Where somebody is pushed to."""

    name = "push-subscriptions"
    forgets = "no browser is pushed to any more"
    merges = "browsers that the guest asked to be told at"

    def __init__(self, subscriptions: BrowsersInPostgres) -> None:
        self._subscriptions = subscriptions

    async def merge(self, guest: str, into: str, by: str, execute: Execute) -> int:
        """See `Knowledge`; what was the guest's is sealed anew, for the account."""
        found = await self._subscriptions.of(guest)
        for each in found:
            await self._subscriptions.add(into, each)
        return len(found)

    async def erase(self, user_id: str, by: str, execute: Execute) -> int:
        """See `Knowledge`."""
        return await self._subscriptions.forget_all(user_id)
