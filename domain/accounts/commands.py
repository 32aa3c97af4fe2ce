"""What can be asked of an account."""

from typing import Annotated

import msgspec

from domain.accounts.handle import Until
from domain.accounts.names import HandleName, Language, TimeZone
from domain.aggregate import Command
from domain.keys import Key
from domain.personal import Sealed


class AccountCommand(Command, frozen=True, kw_only=True):
    """A command for the account of `user_id`, the subject of that person's tokens."""

    user_id: Key

    @property
    def aggregate_id(self) -> str:
        """The account."""
        return self.user_id


class RegisterAccount(AccountCommand, frozen=True, kw_only=True, tag="account.register"):
    """Open an account with a handle, by the claim that ends at `claimed_until`."""

    by_hall = True

    handle: HandleName
    claimed_until: Until | None = None
    display_name: Sealed | None = None
    time_zone: TimeZone
    language: Language


class ChangeHandle(AccountCommand, frozen=True, kw_only=True, tag="account.change-handle"):
    """Have another handle, by the claim that ends at `claimed_until`."""

    by_hall = True

    handle: HandleName
    claimed_until: Until | None = None


class SettleClaim(AccountCommand, frozen=True, kw_only=True, tag="account.settle-claim"):
    """Say whether the account has a handle by now, or will never have it by this claim."""

    by_hall = True

    handle: HandleName
    claimed_until: Until


class ChangeProfile(AccountCommand, frozen=True, kw_only=True, tag="account.change-profile"):
    """Say all of a profile anew."""

    display_name: Sealed | None = None
    time_zone: TimeZone
    language: Language


AvatarName = Annotated[
    str,
    msgspec.Meta(pattern=r"^[0-9a-f]{32}$(?!\n)", examples=["0f8fad5bd9cb469fa16570867728950e"]),
]
"""What the files of an avatar are called."""


class ChangeAvatar(AccountCommand, frozen=True, kw_only=True, tag="account.change-avatar"):
    """Have the picture as avatar whose files are called so, or with None no more."""

    by_hall = True

    avatar: AvatarName | None


class DeleteAccount(AccountCommand, frozen=True, kw_only=True, tag="account.delete"):
    """Close the account, and give up its handle."""


class EraseAccount(AccountCommand, frozen=True, kw_only=True, tag="account.erase"):
    """Close the account of somebody who is being erased, if there is one, whatever it is like."""

    by_hall = True


class DisableAccount(AccountCommand, frozen=True, kw_only=True, tag="account.disable"):
    """Let nothing be changed in the account, nor be seen of it; `by` is who decides."""

    by: Key


class EnableAccount(AccountCommand, frozen=True, kw_only=True, tag="account.enable"):
    """Take that back."""

    by: Key
