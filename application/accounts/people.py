"""What an erasure does to an account: it is closed, and its handle and address given up."""

import msgspec

from application.ports.commands import Answer
from application.ports.people import Execute, Knowledge
from domain.accounts.account import AccountView
from domain.accounts.commands import EraseAccount
from domain.accounts.names import ADDRESS_MARK, HANDLE_MARK


class AccountOfPeople(Knowledge):
    """The account of somebody who has one."""

    name = "account"
    forgets = "the account is closed, and its e-mail address free"
    stays = "your handle, which is nobody else's for 30 days, in the history of your account"

    async def erase(self, user_id: str, by: str, execute: Execute) -> int:
        """See `Knowledge`; ids of handles and addresses are nobody's."""
        if user_id.startswith((HANDLE_MARK, ADDRESS_MARK)):
            return 0
        return int(_before(await execute(EraseAccount(user_id=user_id))).handle is not None)


def _before(answer: Answer) -> AccountView:
    """The account as it was; decided in another process, it comes as JSON."""
    if isinstance(answer.reply, msgspec.Raw):
        return msgspec.json.decode(answer.reply, type=AccountView)
    assert isinstance(answer.reply, AccountView)
    return answer.reply
