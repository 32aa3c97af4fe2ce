"""What goes in and out where people have accounts."""

from datetime import datetime
from typing import Annotated

import msgspec

from domain.accounts.names import Language, TimeZone
from domain.personal import PersonalText
from projections.accounts.accounts import AccountRecord

AnyHandle = Annotated[str, msgspec.Meta(min_length=1, max_length=30, examples=["ada"])]
"""As somebody writes it; `canonical` says whether it is one."""


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody says of themselves; what is left out is not said any more.

    `display_name` is kept so that it can be erased, and is shown to everybody.
    """

    display_name: Annotated[PersonalText, msgspec.Meta(examples=["Ada Lovelace"])] | None = None
    time_zone: TimeZone = "UTC"
    language: Language = "en"


class Registering(Profile, frozen=True, kw_only=True):
    """An account to open: a handle, of which case does not count, and a profile."""

    handle: AnyHandle


class SigningUp(Registering, frozen=True, kw_only=True):
    """An account to open at a page; `keep` is for who stays who they are signed in as."""

    keep: bool = False


class NewHandle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A handle to have in place of the one that there is."""

    handle: AnyHandle


class PublicAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody may see of an account."""

    user_id: str
    handle: str
    display_name: str | None
    registered_at: datetime


class SignedOut(msgspec.Struct, frozen=True, kw_only=True):
    """Who was signed out, and at how many browsers."""

    user_id: str
    ended: int


def public(account: AccountRecord) -> PublicAccount:
    """The part of an account that everybody may see."""
    return msgspec.convert(account, PublicAccount, from_attributes=True)
