"""What can be asked of an account."""

from typing import Annotated

import msgspec

from domain.accounts.handle import Until
from domain.accounts.names import HandleName, Language, TimeZone
from domain.accounts.passkey import CredentialId, NewPasskey
from domain.aggregate import Command
from domain.keys import Key
from domain.personal import Sealed

WayIn = Annotated[str, msgspec.Meta(min_length=1, max_length=20, pattern=r"^[a-z-]+$(?!\n)")]
"""By which kind of thing somebody signs in, such as `passkey`."""

Device = Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[A-Za-z ]*$(?!\n)")]
"""A browser and a system, such as `Firefox on Android`, and nothing that tells two of them
apart."""


class AccountCommand(Command, frozen=True, kw_only=True):
    """A command for the account of `user_id`, the subject of that person's tokens."""

    user_id: Key

    @property
    def aggregate_id(self) -> str:
        """The account."""
        return self.user_id


class RegisterAccount(AccountCommand, frozen=True, kw_only=True, tag="account.register"):
    """Open an account with a handle, by the claim that ends at `claimed_until`.

    With a `passkey`, whose owner has a way in as soon as there is the account.
    """

    by_hall = True

    handle: HandleName
    claimed_until: Until | None = None
    passkey: NewPasskey | None = None
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


class DeleteAccount(AccountCommand, frozen=True, kw_only=True, tag="account.delete"):
    """Close the account, and give up its handle."""


class DisableAccount(AccountCommand, frozen=True, kw_only=True, tag="account.disable"):
    """Let nothing be changed in the account, nor be seen of it; `by` is who decides."""

    by: Key


class EnableAccount(AccountCommand, frozen=True, kw_only=True, tag="account.enable"):
    """Take that back."""

    by: Key


class AddPasskey(AccountCommand, frozen=True, kw_only=True, tag="account.add-passkey"):
    """Let whoever has this passkey come in; `name` is what its owner calls it."""

    by_hall = True

    passkey: NewPasskey
    name: Sealed | None = None


class RemovePasskey(AccountCommand, frozen=True, kw_only=True, tag="account.remove-passkey"):
    """Let nobody come in by a passkey any more."""

    by_hall = True

    credential_id: CredentialId


class NoteSignIn(AccountCommand, frozen=True, kw_only=True, tag="account.note-sign-in"):
    """Somebody has signed in."""

    by_hall = True

    way: WayIn
    device: Device
