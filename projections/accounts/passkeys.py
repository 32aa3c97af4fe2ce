"""`passkeys`: by what people sign in to their accounts, a table of the read model `accounts`.

The name of a passkey is as in the log, sealed. How often one was used is not here: nothing of it is
in the log.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg

from domain.accounts.events import AccountDeleted, PasskeyAdded, PasskeyRemoved
from domain.events import DomainEvent
from domain.personal import Sealed
from projections.people import TableSays
from projections.projection import Table

PASSKEYS = Table(
    "passkeys",
    ("user_id", "credential_id"),
    says=TableSays(
        of=("user_id",),
        sealed=("name",),
        facts=("synced", "added_at"),
        open=("credential_id", "public_key", "transports"),
        stays="the public halves of your passkeys, in the history of your account",
    ),
)
CHANGES: tuple[type[DomainEvent], ...] = (PasskeyAdded, PasskeyRemoved, AccountDeleted)


class PasskeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table."""

    user_id: str
    credential_id: str
    public_key: str
    synced: bool
    transports: Sequence[str]
    name: Sealed | None
    added_at: datetime


PasskeyKey = tuple[str, str]
"""Whose a passkey is, and its credential id."""


class PasskeyChanges:
    """What events leave of the passkeys that they are about."""

    def __init__(self) -> None:
        self.rows: dict[PasskeyKey, PasskeyRow | None] = {}
        """None for one that is gone."""
        self.gone: set[str] = set()
        """Whose passkeys of before are all gone."""

    def fold(self, event: DomainEvent) -> None:
        """Change them as one of the events says that are handled."""
        user_id = event.originator_id
        if isinstance(event, PasskeyAdded):
            row = PasskeyRow(user_id=user_id, added_at=event.timestamp, **event.facts())
            self.rows[user_id, row.credential_id] = row
        elif isinstance(event, PasskeyRemoved):
            self.rows[user_id, event.credential_id] = None
        elif isinstance(event, AccountDeleted):
            self.gone.add(user_id)
            self.rows |= dict.fromkeys([key for key in self.rows if key[0] == user_id])

    @property
    def left(self) -> list[PasskeyRow]:
        """Those that there are afterwards."""
        return [row for row in self.rows.values() if row is not None]


DELETE_ALL = "DELETE FROM passkeys WHERE user_id = ANY(%s)"

DELETE = """
    DELETE FROM passkeys USING unnest(%s::text[], %s::text[]) AS removed (user_id, credential_id)
    WHERE passkeys.user_id = removed.user_id AND passkeys.credential_id = removed.credential_id
"""

PUT = """
    INSERT INTO passkeys SELECT * FROM json_populate_recordset(NULL::passkeys, %s::json)
    ON CONFLICT (user_id, credential_id) DO UPDATE
    SET public_key = excluded.public_key, synced = excluded.synced,
        transports = excluded.transports, name = excluded.name, added_at = excluded.added_at
"""


def write_passkeys(connection: psycopg.Connection[Any], events: Iterable[DomainEvent]) -> None:
    """Fold events into the table."""
    changes = PasskeyChanges()
    for event in events:
        changes.fold(event)
    if changes.gone:
        connection.execute(DELETE_ALL, [list(changes.gone)])
    if removed := [key for key, row in changes.rows.items() if row is None]:
        connection.execute(DELETE, [list(each) for each in zip(*removed, strict=True)])
    if left := changes.left:
        connection.execute(PUT, [msgspec.json.encode(left).decode()])


# -- queries ---------------------------------------------------------------------------------------

OF_USER = """
    SELECT to_json(passkeys)::text FROM passkeys WHERE user_id = %s ORDER BY added_at, credential_id
"""

CALLED = """
    SELECT to_json(passkeys)::text FROM passkeys WHERE credential_id = %s ORDER BY user_id LIMIT %s
"""

MOST_OF_ONE_NAME = 20
"""Accounts that may have a passkey of one credential id each: devices make ids that nobody guesses,
so a second one is made up."""
