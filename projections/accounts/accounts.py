"""`accounts`: who has an account, in PostgreSQL.

- `accounts`: every account that is not deleted, with its handle, since when it has that, and its
  profile, and the digest of its e-mail address; name and address as in the log, sealed.
- `merged_guests`: who was merged into which account, whether or not there still is one.
- `passkeys`: see `projections.accounts.passkeys`.

Two accounts may have the same handle or address here for a moment, as their events lie in different
shards: who has it since later has it. Nothing is decided by this table.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.rows import tuple_row

from domain.accounts.account import (
    Status,
)
from domain.accounts.events import (
    AccountDeleted,
    AccountDisabled,
    AccountEnabled,
    AccountRegistered,
    AvatarChanged,
    EmailChanged,
    EmailRemoved,
    GuestMerged,
    HandleChanged,
    ProfileChanged,
)
from domain.events import DomainEvent, Recorded
from domain.personal import Sealed
from projections.accounts.passkeys import (
    CALLED,
    CHANGES,
    MOST_OF_ONE_NAME,
    OF_USER,
    PASSKEYS,
    PasskeyRow,
    write_passkeys,
)
from projections.people import TableSays
from projections.positions import Pool, PostgresQueries
from projections.projection import InvalidCursor, Table

NAME = "accounts"


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table."""

    user_id: str
    handle: str
    handle_at: datetime
    display_name: Sealed | None
    time_zone: str
    language: str
    status: Status
    registered_at: datetime
    address: str | None = None
    address_at: datetime | None = None
    email: Sealed | None = None
    avatar: str | None = None


class AccountRecord(msgspec.Struct, frozen=True, kw_only=True):
    """All of an account; without name and address where none was told, or somebody was erased."""

    user_id: str
    handle: str
    display_name: str | None
    time_zone: str
    language: str
    status: Status
    registered_at: datetime
    email: str | None = None
    has_avatar: bool = False


class AccountPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some accounts by handle; with `after`, the next page begins."""

    accounts: list[AccountRecord]
    after: str | None


OF_ACCOUNTS: tuple[type[DomainEvent], ...] = (
    AccountRegistered,
    HandleChanged,
    ProfileChanged,
    AvatarChanged,
    EmailChanged,
    EmailRemoved,
    AccountDisabled,
    AccountEnabled,
    AccountDeleted,
)
"""What changes the first table."""

KNOWN = """
    SELECT coalesce(json_agg(known), '[]')::text FROM accounts AS known WHERE user_id = ANY(%s)
"""

PUT = """
    INSERT INTO accounts SELECT * FROM json_populate_recordset(NULL::accounts, %s::json)
    ON CONFLICT (user_id) DO UPDATE
    SET handle = excluded.handle, handle_at = excluded.handle_at,
        display_name = excluded.display_name, time_zone = excluded.time_zone,
        language = excluded.language, status = excluded.status,
        registered_at = excluded.registered_at, address = excluded.address,
        address_at = excluded.address_at, email = excluded.email, avatar = excluded.avatar
"""

MERGE = "INSERT INTO merged_guests (guest_id, user_id, merged_at) VALUES (%s, %s, %s)"

DELETE = "DELETE FROM accounts WHERE user_id = ANY(%s)"


class Accounts:
    """The projection."""

    name = NAME
    handles: tuple[type[DomainEvent], ...] = tuple({*OF_ACCOUNTS, *CHANGES, GuestMerged})
    tables = (
        Table(
            "accounts",
            ("user_id",),
            says=TableSays(
                of=("user_id",),
                sealed=("display_name", "email"),
                facts=("handle_at", "status", "registered_at", "avatar", "address_at"),
                open=("handle", "time_zone", "language", "address"),
                stays="your handle, time zone and language, in the history of your account",
            ),
        ),
        Table(
            "merged_guests",
            ("guest_id",),
            says=TableSays(
                of=("guest_id", "user_id"),
                facts=("merged_at",),
                stays="whoever is erased by the account's id is so by the guest's, too",
            ),
        ),
        PASSKEYS,
    )

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[Recorded]
    ) -> Sequence[Any]:
        """Fold events into the rows of those whom they are about."""
        write_passkeys(connection, [each.event for each in events])
        for recorded in events:
            if isinstance(recorded.event, GuestMerged):
                connection.execute(MERGE, _merged(recorded.event))
        news = [recorded.event for recorded in events if isinstance(recorded.event, OF_ACCOUNTS)]
        ids = list({event.originator_id for event in news})
        rows = {row.user_id: row for row in _known(connection, ids)}
        for event in news:
            fold(rows, event)
        if gone := [id for id in ids if id not in rows]:
            connection.execute(DELETE, [gone])
        if rows:
            connection.execute(PUT, [msgspec.json.encode([*rows.values()]).decode()])
        return ()


def _merged(event: GuestMerged) -> Sequence[Any]:
    return event.originator_id, event.into, event.timestamp


def _known(connection: psycopg.Connection[Any], ids: list[str]) -> Sequence[AccountRow]:
    row = connection.execute(KNOWN, [ids]).fetchone()
    assert row is not None
    return msgspec.json.decode(row[0], type=list[AccountRow])


def fold(rows: dict[str, AccountRow], event: DomainEvent) -> None:
    """Change the rows, by user, as one of the events says that are handled."""
    id = event.originator_id
    if isinstance(event, AccountRegistered):
        rows[id] = AccountRow(
            user_id=id,
            handle=event.handle,
            handle_at=event.timestamp,
            display_name=event.display_name,
            time_zone=event.time_zone,
            language=event.language,
            status="active",
            registered_at=event.timestamp,
        )
    elif isinstance(event, AccountDeleted):
        del rows[id]
    else:
        rows[id] = msgspec.structs.replace(rows[id], **_changed_by(event))


def _changed_by(event: DomainEvent) -> dict[str, Any]:
    match event:
        case HandleChanged(handle=handle, timestamp=at):
            return {"handle": handle, "handle_at": at}
        case ProfileChanged(display_name=name, time_zone=time_zone, language=language):
            return {"display_name": name, "time_zone": time_zone, "language": language}
        case EmailChanged(address=address, email=email, timestamp=at):
            return {"address": address, "address_at": at, "email": email}
        case EmailRemoved():
            return {"address": None, "address_at": None, "email": None}
        case AvatarChanged(avatar=avatar):
            return {"avatar": avatar}
    return {"status": "disabled" if isinstance(event, AccountDisabled) else "active"}


# -- queries ---------------------------------------------------------------------------------------

BY_ID = "SELECT to_json(accounts)::text FROM accounts WHERE user_id = %s"

AVATAR = "SELECT avatar FROM accounts WHERE user_id = %s AND status = 'active'"

GUESTS_OF = "SELECT guest_id FROM merged_guests WHERE user_id = %s ORDER BY merged_at, guest_id"

BY_HANDLE = """
    SELECT to_json(accounts)::text FROM accounts WHERE handle = %s ORDER BY handle_at DESC LIMIT 1
"""

BY_ADDRESS = """
    SELECT to_json(accounts)::text FROM accounts WHERE address = %s ORDER BY address_at DESC LIMIT 1
"""

LIST = """
    SELECT to_json(accounts)::text FROM accounts
    WHERE starts_with(handle, %(prefix)s)
        AND (%(status)s::text IS NULL OR status = %(status)s)
        AND (handle, user_id) > (%(handle)s, %(user_id)s)
    ORDER BY handle, user_id LIMIT %(limit)s
"""


class AccountQueries(PostgresQueries):
    """Accounts; `open` gives a sealed text as it reads, or None for somebody who was erased."""

    name = NAME

    def __init__(self, pool: Pool, open: Callable[[Sealed], str | None]) -> None:
        super().__init__(pool)
        self._open = open

    async def account(self, user_id: str) -> AccountRecord | None:
        """The account of a user, or None."""
        return next(iter(await self._accounts(BY_ID, [user_id])), None)

    async def avatar(self, user_id: str) -> str | None:
        """The name of the avatar of a user whose account is active, or None."""
        rows = await self._select(AVATAR, [user_id], tuple_row)
        return rows[0][0] if rows else None

    async def guests_of(self, user_id: str) -> list[str]:
        """The guests who were merged into the account of a user, the first of them first."""
        return [guest for (guest,) in await self._select(GUESTS_OF, [user_id], tuple_row)]

    async def by_handle(self, handle: str) -> AccountRecord | None:
        """The account with a handle, or None."""
        return next(iter(await self._accounts(BY_HANDLE, [handle])), None)

    async def by_address(self, address: str) -> AccountRecord | None:
        """The account with the digest of an address, or None."""
        return next(iter(await self._accounts(BY_ADDRESS, [address])), None)

    async def page(
        self,
        *,
        prefix: str = "",
        status: Status | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> AccountPage:
        """Accounts whose handles begin so, by handle; raises `InvalidCursor`."""
        handle, slash, user_id = (after or "/").partition("/")
        if not slash:
            raise InvalidCursor(f"{after!r} is no `after`; take it from the page before.")
        asked = {"prefix": prefix, "status": status, "handle": handle, "user_id": user_id}
        found = await self._accounts(LIST, {**asked, "limit": limit + 1})
        page = found[:limit]
        more = len(found) > limit
        return AccountPage(
            accounts=page, after=f"{page[-1].handle}/{page[-1].user_id}" if more else None
        )

    async def passkeys(self, user_id: str) -> list[PasskeyRow]:
        """The passkeys of a user, the first of them first."""
        return await self._passkeys(OF_USER, [user_id])

    async def passkeys_called(self, credential_id: str) -> list[PasskeyRow]:
        """The passkeys of this credential id: one, unless somebody has made up the same id."""
        return await self._passkeys(CALLED, [credential_id, MOST_OF_ONE_NAME])

    async def _passkeys(self, query: str, asked: Any) -> list[PasskeyRow]:
        rows: Iterable[tuple[str]] = await self._select(query, asked, tuple_row)
        return [msgspec.json.decode(row, type=PasskeyRow) for (row,) in rows]

    async def _accounts(self, query: str, asked: Any) -> list[AccountRecord]:
        rows: Iterable[tuple[str]] = await self._select(query, asked, tuple_row)
        return [shown(msgspec.json.decode(row, type=AccountRow), self._open) for (row,) in rows]


def shown(row: AccountRow, open: Callable[[Sealed], str | None]) -> AccountRecord:
    """An account as people may read it."""
    facts = msgspec.structs.asdict(row) | {
        "display_name": None if row.display_name is None else open(row.display_name),
        "email": None if row.email is None else open(row.email),
        "has_avatar": row.avatar is not None,
    }
    for name in ("handle_at", "address", "address_at", "avatar"):
        del facts[name]
    return AccountRecord(**facts)
