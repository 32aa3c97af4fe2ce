"""What can happen to an account."""

from datetime import datetime
from typing import Literal

from domain.events import DomainEvent
from domain.personal import OpenText, PersonId, Sealed, ThingId


class AccountRegistered(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="account.registered.v1"
):
    """Somebody has an account, whose id was given out elsewhere, or by the hall."""

    origin: Literal["elsewhere", "hall"] = "elsewhere"
    handle: OpenText
    claimed_until: datetime
    display_name: Sealed | None = None
    time_zone: OpenText
    language: OpenText


class HandleChanged(DomainEvent, frozen=True, kw_only=True, tag="account.handle-changed.v1"):
    """The account has another handle, and no more the previous one, which it had by a claim too."""

    handle: OpenText
    claimed_until: datetime
    previous: OpenText
    previous_claimed_until: datetime


class ClaimKept(DomainEvent, frozen=True, kw_only=True, tag="account.claim-kept.v1"):
    """The account has the name that it was asked about."""

    name: OpenText
    claimed_until: datetime


class ClaimForgone(DomainEvent, frozen=True, kw_only=True, tag="account.claim-forgone.v1"):
    """The account has not that name, and takes none by this claim any more."""

    name: OpenText
    claimed_until: datetime


class EmailChanged(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="account.email-changed.v1"
):
    """The account has an e-mail address, by its digest, and no more the one that it had."""

    address: OpenText
    claimed_until: datetime
    email: Sealed | None = None
    previous: OpenText | None = None
    previous_claimed_until: datetime | None = None


class EmailRemoved(DomainEvent, frozen=True, kw_only=True, tag="account.email-removed.v1"):
    """The account has no e-mail address any more; this one is given up."""

    address: OpenText
    claimed_until: datetime


class ProfileChanged(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="account.profile-changed.v1"
):
    """All of the profile, as it is from here on."""

    display_name: Sealed | None = None
    time_zone: OpenText
    language: OpenText


class AvatarChanged(DomainEvent, frozen=True, kw_only=True, tag="account.avatar-changed.v1"):
    """The account has another picture, by the name of its files, or with None not any more."""

    avatar: ThingId | None


class AccountDisabled(DomainEvent, frozen=True, kw_only=True, tag="account.disabled.v1"):
    """An operator has disabled the account."""

    by: PersonId


class AccountEnabled(DomainEvent, frozen=True, kw_only=True, tag="account.enabled.v1"):
    """An operator has taken that back."""

    by: PersonId


class AccountDeleted(DomainEvent, frozen=True, kw_only=True, tag="account.deleted.v1"):
    """There is no account any more; the handle that it had is given up."""

    handle: OpenText
    claimed_until: datetime


class GuestMerged(DomainEvent, frozen=True, kw_only=True, tag="account.merged.v1"):
    """A guest, who has no account, has become part of somebody else's; `by` is who decided it."""

    into: PersonId
    by: PersonId


class PasskeyAdded(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="account.passkey-added.v1"
):
    """The owner of the account comes in by a passkey."""

    credential_id: OpenText
    public_key: OpenText
    synced: bool
    transports: list[OpenText]
    name: Sealed | None = None


class PasskeyRemoved(DomainEvent, frozen=True, kw_only=True, tag="account.passkey-removed.v1"):
    """Nobody comes in by this passkey any more."""

    credential_id: OpenText


class SignedIn(DomainEvent, frozen=True, kw_only=True, tag="account.signed-in.v1"):
    """Somebody has signed in to the account."""

    way: OpenText
    device: OpenText
