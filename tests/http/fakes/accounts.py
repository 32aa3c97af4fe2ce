"""Accounts as the read model would show them."""

from domain.accounts.account import (
    Status,
)
from domain.accounts.events import GuestMerged
from projections.accounts.accounts import (
    OF_ACCOUNTS,
    AccountPage,
    AccountRecord,
    AccountRow,
    fold,
    shown,
)
from projections.accounts.passkeys import PasskeyChanges, PasskeyRow
from tests.http.fakes.log import FakeLog, FakeReadModel
from tests.http.fakes.subjects import FakeSeals


class FakeAccounts(FakeReadModel):
    """Accounts, straight from the log."""

    def __init__(self, log: FakeLog, seals: FakeSeals) -> None:
        super().__init__(log)
        self.seals = seals
        self.looks = 0

    def _rows(self) -> dict[str, AccountRow]:
        rows: dict[str, AccountRow] = {}
        for recorded in self.log.events["user-log"]:
            if isinstance(recorded.event, OF_ACCOUNTS):
                fold(rows, recorded.event)
        return rows

    def _all(self) -> list[AccountRecord]:
        listed = sorted(self._rows().values(), key=lambda row: (row.handle, row.user_id))
        return [shown(row, self.seals.open) for row in listed]

    async def avatar(self, user_id: str) -> str | None:
        row = self._rows().get(user_id)
        return row.avatar if row is not None and row.status == "active" else None

    async def by_address(self, address: str) -> AccountRecord | None:
        self.looks += 1
        found = (row for row in self._rows().values() if row.address == address)
        return next((shown(row, self.seals.open) for row in found), None)

    async def account(self, user_id: str) -> AccountRecord | None:
        return next((each for each in self._all() if each.user_id == user_id), None)

    async def by_handle(self, handle: str) -> AccountRecord | None:
        return next((each for each in self._all() if each.handle == handle), None)

    async def page(
        self, *, prefix: str, status: Status | None, after: str | None, limit: int
    ) -> AccountPage:
        found = [
            each
            for each in self._all()
            if each.handle.startswith(prefix)
            and status in (None, each.status)
            and (after is None or f"{each.handle}/{each.user_id}" > after)
        ]
        last = found[limit - 1] if len(found) > limit else None
        return AccountPage(
            accounts=found[:limit], after=f"{last.handle}/{last.user_id}" if last else None
        )

    async def guests_of(self, user_id: str) -> list[str]:
        events = [each.event for each in self.log.events["user-log"]]
        merged = [each for each in events if isinstance(each, GuestMerged)]
        return [each.originator_id for each in merged if each.into == user_id]

    async def passkeys(self, user_id: str) -> list[PasskeyRow]:
        return [each for each in self._passkeys() if each.user_id == user_id]

    async def passkeys_called(self, credential_id: str) -> list[PasskeyRow]:
        return [each for each in self._passkeys() if each.credential_id == credential_id]

    def _passkeys(self) -> list[PasskeyRow]:
        changes = PasskeyChanges()
        for recorded in self.log.events["user-log"]:
            changes.fold(recorded.event)
        return sorted(changes.left, key=lambda each: (each.added_at, each.user_id))


class FakePasskeyUses:
    """Counts as PostgreSQL does."""

    def __init__(self) -> None:
        self.uses: dict[str, int] = {}

    async def advance(self, passkey: str, uses: int) -> bool:
        if uses <= self.uses.get(passkey, -1 if uses == 0 else 0):
            return False
        if uses:
            self.uses[passkey] = uses
        return True
