"""What can be asked of an account."""

from typing import Literal

from domain.accounts.claimed_name import Until
from domain.accounts.names import Address, Claimable, HandleName, Language, TimeZone
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


Origin = Literal["elsewhere", "hall"]
"""Who has given out the id of an account: somebody elsewhere, who lets them in, or the hall."""


class RegisterAccount(AccountCommand, frozen=True, kw_only=True, tag="account.register"):
    """Open an account with a handle, by the claim that ends at `claimed_until`.

    With an `address`, which comes with the `email` itself and a claim of its own, it has that from
    the beginning, and can be entered by mail.
    """

    by_hall = True

    origin: Origin = "elsewhere"
    address: Address | None = None
    address_claimed_until: Until | None = None
    email: Sealed | None = None

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
    """Say whether the account has a name by now, or will never have it by this claim."""

    by_hall = True

    name: Claimable
    claimed_until: Until


class ChangeEmail(AccountCommand, frozen=True, kw_only=True, tag="account.change-email"):
    """Have an e-mail address that has been proven, in place of any other, by the claim on it."""

    by_hall = True

    address: Address
    claimed_until: Until | None = None
    email: Sealed | None = None


class RemoveEmail(AccountCommand, frozen=True, kw_only=True, tag="account.remove-email"):
    """Have no e-mail address any more."""


class ChangeProfile(AccountCommand, frozen=True, kw_only=True, tag="account.change-profile"):
    """Say all of a profile anew."""

    display_name: Sealed | None = None
    time_zone: TimeZone
    language: Language


class DeleteAccount(AccountCommand, frozen=True, kw_only=True, tag="account.delete"):
    """Close the account, and give up its handle and its address."""


class DisableAccount(AccountCommand, frozen=True, kw_only=True, tag="account.disable"):
    """Let nothing be changed in the account, nor be seen of it; `by` is who decides."""

    by: Key


class EnableAccount(AccountCommand, frozen=True, kw_only=True, tag="account.enable"):
    """Take that back."""

    by: Key
