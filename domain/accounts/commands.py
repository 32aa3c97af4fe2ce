"""What can be asked of an account."""

from typing import Annotated, Literal

import msgspec

from domain.accounts.claimed_name import Until
from domain.accounts.names import Address, Claimable, HandleName, Language, TimeZone
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


Origin = Literal["elsewhere", "hall"]
"""Who has given out the id of an account: somebody elsewhere, who lets them in, or the hall."""


class RegisterAccount(AccountCommand, frozen=True, kw_only=True, tag="account.register"):
    """Open an account with a handle, by the claim that ends at `claimed_until`.

    With an `address`, which comes with the `email` itself and a claim of its own, or a `passkey`,
    it has that from the beginning, and its owner a way in.
    """

    by_hall = True

    origin: Origin = "elsewhere"
    address: Address | None = None
    address_claimed_until: Until | None = None
    email: Sealed | None = None

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
    """Close the account, and give up its handle and its address."""


class EraseAccount(AccountCommand, frozen=True, kw_only=True, tag="account.erase"):
    """Close the account of somebody who is being erased, if there is one, whatever it is like."""

    by_hall = True


class DisableAccount(AccountCommand, frozen=True, kw_only=True, tag="account.disable"):
    """Let nothing be changed in the account, nor be seen of it; `by` is who decides."""

    by: Key


class EnableAccount(AccountCommand, frozen=True, kw_only=True, tag="account.enable"):
    """Take that back."""

    by: Key


class AdmitGuest(AccountCommand, frozen=True, kw_only=True, tag="account.admit-guest"):
    """Tell whether a guest may be merged into the account; changes nothing."""

    by_hall = True
    confirmed = True

    guest: Key


class MergeGuest(AccountCommand, frozen=True, kw_only=True, tag="account.merge-guest"):
    """Let the guest `user_id` be part of the account `into` from now on; `by` is who decides."""

    by_hall = True

    into: Key
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
    """Somebody has signed in.

    `opened_by` is the credential id that has let them in, or the digest of the address, which is
    written in the same letters.
    """

    by_hall = True

    way: WayIn
    device: Device
    opened_by: CredentialId | None = None
