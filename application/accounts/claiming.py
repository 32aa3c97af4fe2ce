"""Taking a handle or an address, by a claim that the account then uses (docs/adr/0031)."""

from typing import Protocol

import msgspec

from application.ports.commands import Answer, CommandLog, Envelope
from application.ports.limits import Limited, Tries
from domain.accounts.claimed_name import ClaimName, NameClaim
from domain.accounts.commands import ChangeEmail, ChangeHandle, RegisterAccount
from domain.accounts.names import ADDRESS_MARK, HANDLE_MARK
from domain.accounts.refusals import ClaimMissing
from domain.aggregate import Command
from domain.refusals import Refusal

Taking = RegisterAccount | ChangeHandle | ChangeEmail
"""A command by which an account takes names."""


class Circumstances(Protocol):
    """Under which ids, and on whose behalf, a command and the steps to it are decided."""

    def envelope(self, command: Command) -> Envelope:
        """The command itself, which is decided once however often it is asked."""

    def step(self, command: Command) -> Envelope:
        """A step on the way to it."""


MOST_CLAIMS, CLAIMS_S = 20, 3_600
"""So often an account asks for names within so many seconds: each is kept from others for a minute,
and a handle that it has and gives up for 30 days."""


class Claims:
    """Has accounts take names, and none of them too many."""

    def __init__(self, tries: Tries) -> None:
        self._tries = tries

    async def take(self, log: CommandLog, circumstances: Circumstances, command: Taking) -> Answer:
        """Have an account take what it asks for, by claims of its own.

        The account is asked first: it knows a repetition, which counts for nothing, and says no
        before anything is kept for it. Wherever this ends half-way, the claims go with their time.

        Raises `Limited`, and as the log does.
        """
        try:
            return await log.execute(circumstances.envelope(command))
        except Refusal as refusal:
            if refusal.type != ClaimMissing.type:
                raise
        await self._admit(command.user_id)
        for field, name in _wanted(command):
            claiming = ClaimName(name=name, user_id=command.user_id)
            answer = await log.execute(circumstances.step(claiming))
            command = msgspec.structs.replace(command, **{field: answer.told(NameClaim).until})
        return await log.execute(circumstances.envelope(command))

    async def _admit(self, user_id: str) -> None:
        if not await self._tries.may_try(f"claims:{user_id}", MOST_CLAIMS, CLAIMS_S):
            raise Limited(
                f"{user_id!r} has asked for {MOST_CLAIMS} handles and addresses within"
                f" {CLAIMS_S // 60} minutes; wait, and ask again.",
                limit=MOST_CLAIMS,
                remaining=0,
                reset_after=CLAIMS_S,
                retry_after=CLAIMS_S,
            )


def _wanted(command: Taking) -> list[tuple[str, str]]:
    """The names that a command takes, each behind the field for the end of its claim."""
    match command:
        case ChangeEmail(address=address):
            return [("claimed_until", ADDRESS_MARK + address)]
        case RegisterAccount(handle=handle, address=str(address)):
            return [
                ("claimed_until", HANDLE_MARK + handle),
                ("address_claimed_until", ADDRESS_MARK + address),
            ]
    return [("claimed_until", HANDLE_MARK + command.handle)]
