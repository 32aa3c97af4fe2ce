"""Commands of accounts and handles, as tests write them."""

from datetime import datetime

from domain.accounts.account import Account
from domain.accounts.claimed_name import (
    ClaimedName,
    ClaimName,
    ConfirmName,
    GiveUpName,
    ReleaseName,
)
from domain.accounts.commands import (
    ChangeEmail,
    ChangeHandle,
    ChangeProfile,
    RegisterAccount,
)
from domain.accounts.passkey import NewPasskey
from domain.aggregate import Command
from tests.given import Story, at, given

UNTIL = at(60)
DIGEST, OTHER_DIGEST = "0" * 31 + "a", "0" * 31 + "b"
"""Of addresses."""


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
        origin="elsewhere" if passkey is None else "hall",
        passkey=passkey,
        time_zone="UTC",
        language="en",
    )


def changing(handle: str = "owl", until: datetime | None = UNTIL) -> ChangeHandle:
    return ChangeHandle(user_id="ada-1", handle=handle, claimed_until=until)


def mailing(digest: str = DIGEST, until: datetime | None = UNTIL) -> ChangeEmail:
    return ChangeEmail(user_id="ada-1", address=digest, claimed_until=until)


def saying() -> ChangeProfile:
    return ChangeProfile(user_id="ada-1", time_zone="Europe/London", language="de")


def handle(*commands: Command) -> Story:
    """The handle `ada`."""
    return given(ClaimedName("@ada"), *commands)


def claiming(user: str = "ada-1", name: str = "ada") -> ClaimName:
    return ClaimName(name=f"@{name}", user_id=user)


def confirming(user: str = "ada-1", until: datetime = UNTIL) -> ConfirmName:
    return ConfirmName(name="@ada", user_id=user, until=until)


def releasing(until: datetime = UNTIL) -> ReleaseName:
    return ReleaseName(name="@ada", user_id="ada-1", until=until)


def giving_up(until: datetime = UNTIL) -> GiveUpName:
    return GiveUpName(name="@ada", user_id="ada-1", until=until)
