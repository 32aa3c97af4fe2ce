"""Commands of accounts and handles, as tests write them."""

from datetime import datetime

from domain.accounts.account import (
    Account,
)
from domain.accounts.commands import (
    ChangeHandle,
    ChangeProfile,
    RegisterAccount,
)
from domain.accounts.handle import (
    ClaimHandle,
    ConfirmHandle,
    GiveUpHandle,
    Handle,
    ReleaseHandle,
)
from domain.accounts.passkey import NewPasskey
from domain.aggregate import Command
from tests.given import Story, at, given

UNTIL = at(60)


def account(*commands: Command) -> Story:
    """Ada's account."""
    return given(Account("ada-1"), *commands)


def registering(
    handle: str = "ada", until: datetime | None = UNTIL, passkey: NewPasskey | None = None
) -> RegisterAccount:
    return RegisterAccount(
        user_id="ada-1",
        handle=handle,
        claimed_until=until,
        passkey=passkey,
        time_zone="UTC",
        language="en",
    )


def changing(handle: str = "owl", until: datetime | None = UNTIL) -> ChangeHandle:
    return ChangeHandle(user_id="ada-1", handle=handle, claimed_until=until)


def saying() -> ChangeProfile:
    return ChangeProfile(user_id="ada-1", time_zone="Europe/London", language="de")


def handle(*commands: Command) -> Story:
    """The handle `ada`."""
    return given(Handle("@ada"), *commands)


def claiming(user: str = "ada-1", name: str = "ada") -> ClaimHandle:
    return ClaimHandle(handle=name, user_id=user)


def confirming(user: str = "ada-1", until: datetime = UNTIL) -> ConfirmHandle:
    return ConfirmHandle(handle="ada", user_id=user, until=until)


def releasing(until: datetime = UNTIL) -> ReleaseHandle:
    return ReleaseHandle(handle="ada", user_id="ada-1", until=until)


def giving_up(until: datetime = UNTIL) -> GiveUpHandle:
    return GiveUpHandle(handle="ada", user_id="ada-1", until=until)
