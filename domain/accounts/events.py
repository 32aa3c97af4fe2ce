"""What can happen to an account."""

from datetime import datetime

from domain.events import DomainEvent
from domain.personal import OpenText, PersonId, Sealed, ThingId


class AccountRegistered(
    DomainEvent, frozen=True, kw_only=True, omit_defaults=True, tag="account.registered.v1"
):
    """Somebody has an account."""

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
    """The account has the handle that it was asked about."""

    handle: OpenText
    claimed_until: datetime


class ClaimForgone(DomainEvent, frozen=True, kw_only=True, tag="account.claim-forgone.v1"):
    """The account has not that handle, and takes none by this claim any more."""

    handle: OpenText
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
