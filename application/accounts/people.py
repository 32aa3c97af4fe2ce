"""What an erasure does to an account, which is closed, and a merge, which a guest is part of."""

from collections.abc import Sequence
from typing import Protocol

from application.ports.people import Execute, Knowledge
from domain.accounts.commands import AdmitGuest, EraseAccount, MergeGuest
from domain.accounts.names import ADDRESS_MARK, HANDLE_MARK
from domain.accounts.states import AccountView


class GuestList(Protocol):
    """Knows who was merged."""

    async def guests_of(self, user_id: str) -> Sequence[str]:
        """Who was merged into the account of a user by now.

        Raises `Unavailable`, also where that is not known yet.
        """


class AccountOfPeople(Knowledge):
    """The account of somebody who has one, or is merged into one."""

    name = "account"
    forgets = "the account is closed, and its e-mail address free"
    stays = "your handle, which is nobody else's for 30 days, in the history of your account"

    def __init__(self, merged: GuestList) -> None:
        self._merged = merged

    async def guests(self, user_id: str) -> Sequence[str]:
        """See `Knowledge`."""
        return await self._merged.guests_of(user_id)

    async def admit(self, guest: str, into: str, by: str, execute: Execute) -> None:
        """See `Knowledge`."""
        await execute(AdmitGuest(user_id=into, guest=guest))
        await execute(MergeGuest(user_id=guest, into=into, by=by))

    async def erase(self, user_id: str, by: str, execute: Execute) -> int:
        """See `Knowledge`; ids of handles and addresses are nobody's."""
        if user_id.startswith((HANDLE_MARK, ADDRESS_MARK)):
            return 0
        before = (await execute(EraseAccount(user_id=user_id))).told(AccountView)
        return int(before.handle is not None)
